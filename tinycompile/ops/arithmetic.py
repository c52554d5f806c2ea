"""Add, Sub, Mul, Div with broadcasting: float32, int8, and integers that stand for themselves.

int8: real results are rounded to nearest by the fixed-point rules of docs/numerics.md. Add and Sub
rescale both operands with one shift, Mul and Div rescale a product. Integers wrap around.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import Bounds, ChannelSite, DType, GraphBuilder, Op, Types
from tinycompile.ir.channels import corner_bounds
from tinycompile.numeric import (
    PairMultiplier,
    add_multipliers,
    quantize_multiplier,
    quantize_multipliers,
    requantize_pair,
    requantize_s8,
)
from tinycompile.ops.broadcast import Elementwise, add_elementwise, fits_loops, looped, loops
from tinycompile.ops.common import clamp_bounds, clamp_float, quant_of
from tinycompile.ops.integers import SUFFIXES, WIDTHS, quotient, raw_of, raw_of_width
from tinycompile.ops.kernel import Arg, Data, In, Kernel, Out, Purpose, Site, Struct, elementwise_in_place
from tinycompile.ops.layout import Reshape
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import SourceNode
from tinycompile.ops.traits import Clamped


@dataclass(frozen=True)
class Arithmetic(Elementwise, Clamped):
    """Base: a function of two tensors, its real result clamped to [lo, hi] (a fused activation).

    The clamp holds for float32 and int8; raw integers are never clamped.
    """

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        if not all(t.per_tensor_int8 for t in (*ins, *outs)):
            return None
        try:
            self.factors(ins, outs)
        except ValueError:  # the scales are too far apart
            return None
        return self

    def channel_bounds(self, at: ChannelSite) -> Bounds | None:
        return corner_bounds(self, at)

    @abstractmethod
    def factors(self, ins: Types, outs: Types) -> object:
        """The fixed-point factors for int8 operands.

        Raises:
            ValueError: a factor has no fixed-point form.
        """

    @abstractmethod
    def exact(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """The result on float32 or on raw integers, unclamped."""

    @abstractmethod
    def int8(self, x: np.ndarray, z: np.ndarray, ins: Types, outs: Types) -> np.ndarray:
        """The int8 result from zero-based int32 operands."""

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        if ins[0].dtype is DType.INT8 and ins[0].quantised:
            x, z = (v.astype(np.int32) - quant_of(t).zero0 for v, t in zip(xs, ins, strict=True))
            return (self.int8(x, z, ins, outs),)
        with np.errstate(all="ignore"):
            result = self.exact(xs[0], xs[1])
        return (clamp_float(result, self.lo, self.hi) if ins[0].dtype is DType.FLOAT32 else result,)


@dataclass(frozen=True)
class Add(Arithmetic):
    """x + z, clamped."""

    def affine(self, constants: Sequence[np.ndarray | None]) -> tuple[np.ndarray, np.ndarray] | None:
        shift = constants[0] if constants[1] is None else constants[1]
        return None if self.clamped or shift is None else (np.ones(()), shift.astype(np.float64))

    def exact(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        return np.asarray(np.add(x, z))

    def factors(self, ins: Types, outs: Types) -> PairMultiplier:
        x, z, y = (quant_of(t).scale0 for t in (*ins, *outs))
        return add_multipliers(x / y, z / y)

    def int8(self, x: np.ndarray, z: np.ndarray, ins: Types, outs: Types) -> np.ndarray:
        total = requantize_pair(x, z, self.factors(ins, outs)) + quant_of(outs[0]).zero0
        return np.clip(total, *clamp_bounds(outs[0], self.lo, self.hi)).astype(np.int8)


@dataclass(frozen=True)
class Sub(Add):
    """x - z, clamped."""

    def affine(self, constants: Sequence[np.ndarray | None]) -> tuple[np.ndarray, np.ndarray] | None:
        x, z = constants
        if self.clamped:
            return None
        if z is not None:
            return np.ones(()), -z.astype(np.float64)
        return None if x is None else (-np.ones(()), x.astype(np.float64))

    def exact(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        return np.asarray(np.subtract(x, z))

    def factors(self, ins: Types, outs: Types) -> PairMultiplier:
        x, z, y = (quant_of(t).scale0 for t in (*ins, *outs))
        return add_multipliers(x / y, -z / y)


@dataclass(frozen=True)
class Mul(Arithmetic):
    """x * z, clamped."""

    def affine(self, constants: Sequence[np.ndarray | None]) -> tuple[np.ndarray, np.ndarray] | None:
        factor = constants[0] if constants[1] is None else constants[1]
        return None if self.clamped or factor is None else (factor.astype(np.float64), np.zeros(()))

    def exact(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        return np.asarray(np.multiply(x, z))

    def factors(self, ins: Types, outs: Types) -> tuple[int, int]:
        x, z, y = (quant_of(t).scale0 for t in (*ins, *outs))
        found = quantize_multiplier(x * z / y)
        return found.multiplier, found.shift

    def int8(self, x: np.ndarray, z: np.ndarray, ins: Types, outs: Types) -> np.ndarray:
        bounds = clamp_bounds(outs[0], self.lo, self.hi)
        return requantize_s8(x * z, *self.factors(ins, outs), quant_of(outs[0]).zero0, *bounds)


@dataclass(frozen=True)
class Div(Arithmetic):
    """x / z, clamped. int8: one factor per value of z; x / 0 saturates, 0 / 0 is the zero point."""

    def affine(self, constants: Sequence[np.ndarray | None]) -> tuple[np.ndarray, np.ndarray] | None:
        divisor = constants[1]
        if self.clamped or divisor is None or not divisor.all():
            return None
        return 1.0 / divisor.astype(np.float64), np.zeros(())

    def exact(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        return np.asarray(np.divide(x, z)) if x.dtype == np.float32 else quotient(x, z)

    def factors(self, ins: Types, outs: Types) -> tuple[np.ndarray, np.ndarray]:
        """(multipliers, shifts), int32[256] each: scale_x / (z * scale_z * scale_y) for z from -128 on."""
        x, z, y = (quant_of(t).scale0 for t in (*ins, *outs))
        steps = np.arange(-128, 128) - quant_of(ins[1]).zero0
        real = np.divide(x / (z * y), steps, out=np.zeros(256), where=steps != 0)
        multipliers, shifts = quantize_multipliers(real)
        # A factor of about 2**30 sends every dividend but 0 out of the int8 range.
        multipliers, shifts = np.where(steps == 0, 2**31 - 1, multipliers), np.where(steps == 0, 1, shifts)
        return multipliers.astype(np.int32), shifts.astype(np.int32)

    def channel_bounds(self, at: ChannelSite) -> Bounds | None:
        """By the corners, unless a divisor may be 0: on either side of it quotients are monotonic."""
        divisor, zero = at.bounds[1], quant_of(at.ins[1]).zero0
        crosses = (divisor.low <= zero) & (zero <= divisor.high)
        return None if crosses.any() else corner_bounds(self, at)

    def int8(self, x: np.ndarray, z: np.ndarray, ins: Types, outs: Types) -> np.ndarray:
        multipliers, shifts = self.factors(ins, outs)
        index = z + quant_of(ins[1]).zero0 + 128
        bounds = clamp_bounds(outs[0], self.lo, self.hi)
        return requantize_s8(x, multipliers[index], shifts[index], quant_of(outs[0]).zero0, *bounds)


def add_values(b: GraphBuilder, x: str, z: str, origins: Sequence[str]) -> str:
    """x + z with broadcasting."""
    return add_elementwise(b, Add(), [x, z], origins)


def scale_value(b: GraphBuilder, x: str, factor: float, origins: Sequence[str]) -> str:
    """x * factor; x itself when the factor is 1."""
    if factor == 1.0:
        return x
    constant = b.const(np.asarray(factor, b.type(x).dtype.numpy), "factor")
    return add_elementwise(b, Mul(), [x, constant], origins)


_OPS: dict[str, type[Arithmetic]] = {"Add": Add, "Sub": Sub, "Mul": Mul, "Div": Div}


@imports(*_OPS)
def _import_binary(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    operands = _legacy_operands(node, b)
    return [add_elementwise(b, _OPS[node.op_type](), operands, node.origins, node.name)]


def _legacy_operands(node: SourceNode, b: GraphBuilder) -> list[str]:
    """Both operands. Before opset 7 the second is aligned to `axis` of the first instead of to its end."""
    x, z = node.input(0), node.input(1)
    if node.opset >= 7 or not node.attr_int("broadcast", 0) or "axis" not in node.attributes:
        return [x, z]
    axis, rank = node.attr_int("axis"), b.type(x).rank
    trailing = rank - axis % rank - b.type(z).rank
    return [x, b.add1(Reshape((*b.type(z).shape, *(1,) * trailing)), z, origins=node.origins)]


@imports("Sum", "Mean")
def _import_sum(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    total = node.input(0)
    for index in range(1, len(node.inputs)):
        total = add_values(b, total, node.input(index), node.origins)
    return [scale_value(b, total, 1.0 / len(node.inputs), node.origins) if node.op_type == "Mean" else total]


def _raw_args(site: Site) -> tuple[Arg, ...]:
    return (In(0), In(1), Out(0), loops(site))


def _float_args(site: Site) -> tuple[Arg, ...]:
    op = _op(site)
    return (*_raw_args(site), Struct("tc_range_f32_t", (("lo", float(op.lo)), ("hi", float(op.hi)))))


def _op(site: Site) -> Arithmetic:
    assert isinstance(site.op, Arithmetic)
    return site.op


def _zeros_and_range(site: Site) -> dict[str, int]:
    lo, hi = clamp_bounds(site.outs[0], _op(site).lo, _op(site).hi)
    zeros = {f"{label}_zero": quant_of(t).zero0 for label, t in zip("ab", site.ins, strict=True)}
    return {**zeros, "y_zero": quant_of(site.outs[0]).zero0, "lo": lo, "hi": hi}


def add_int8_args(site: Site) -> tuple[Arg, ...]:
    """The arguments of tc_add_s8. Zero points and the rounding term go into one constant; it and all partial
    sums fit int32.
    """
    op = _op(site)
    assert isinstance(op, Add)
    factors, values = op.factors(site.ins, site.outs), _zeros_and_range(site)
    offset = (1 << (factors.shift - 1)) - factors.mx * values["a_zero"] - factors.mz * values["b_zero"]
    fields = (
        ("a_multiplier", factors.mx),
        ("b_multiplier", factors.mz),
        ("offset", offset),
        ("shift", factors.shift),
        ("y_zero", values["y_zero"]),
        ("lo", values["lo"]),
        ("hi", values["hi"]),
    )
    return (*_raw_args(site), Struct("tc_add_s8_t", fields))


def mul_int8_args(site: Site) -> tuple[Arg, ...]:
    """The arguments of tc_mul_s8."""
    op = _op(site)
    assert isinstance(op, Mul)
    multiplier, shift = op.factors(site.ins, site.outs)
    fields = (("multiplier", multiplier), ("shift", shift), *_zeros_and_range(site).items())
    return (*_raw_args(site), Struct("tc_mul_s8_t", fields))


def _div_int8_args(site: Site) -> tuple[Arg, ...]:
    """The factors are packed for the divisors that occur: all 256 unless the divisor is constant."""
    op = _op(site)
    assert isinstance(op, Div)
    first, last = -128, 127
    if site.has_const(1) and site.const(1).size:
        first, last = int(site.const(1).min()), int(site.const(1).max())
    factors = np.stack(op.factors(site.ins, site.outs), axis=1).astype(np.int32)[first + 128 : last + 129]
    values = _zeros_and_range(site)
    del values["b_zero"]
    params = Struct("tc_div_s8_t", (("first", first), *values.items()))
    return (*_raw_args(site), Data(factors, "factors", Purpose.TABLE), params)


def is_int8_pair(site: Site) -> bool:
    """True for int8 operands and result with one scale each, and few enough loops."""
    return all(t.per_tensor_int8 for t in (*site.ins, *site.outs)) and fits_loops(site)


def _kernel(
    symbol: str,
    accepts: Callable[[Site], bool],
    args: Callable[[Site], tuple[Arg, ...]],
    dtype: str,
    per_element: float,
) -> Kernel:
    """`per_element`: estimated Cortex-M4F cycles."""

    def fits(site: Site) -> bool:
        return accepts(site) and fits_loops(site)

    return Kernel(
        symbol, args, fits, in_place=elementwise_in_place, dtype=dtype, cycles=looped(per_element, 80.0)
    )


def _int8_kernel(symbol: str, args: Callable[[Site], tuple[Arg, ...]], per_element: float) -> Kernel:
    return _kernel(symbol, is_int8_pair, args, "int8", per_element)


def _float_kernel(stem: str, per_element: float = 21.0) -> Kernel:
    return _kernel(f"tc_{stem}_f32", raw_of(DType.FLOAT32), _float_args, "float32", per_element)


def _width_kernels(stem: str) -> tuple[Kernel, ...]:
    return tuple(
        _kernel(f"tc_{stem}_{bits}", raw_of_width(bits), _raw_args, f"int{bits}", 11.0 if bits < 64 else 16.0)
        for bits in WIDTHS
    )


_INTEGERS = {dtype: suffix for dtype, suffix in SUFFIXES.items() if dtype is not DType.FLOAT32}

_ADD_INT8 = _int8_kernel("tc_add_s8", add_int8_args, 24.0)

kernels(Add, _ADD_INT8, _float_kernel("add"), *_width_kernels("add"))
kernels(Sub, _ADD_INT8, _float_kernel("sub"), *_width_kernels("sub"))
kernels(
    Mul,
    _int8_kernel("tc_mul_s8", mul_int8_args, 37.4),
    _float_kernel("mul"),
    *_width_kernels("mul"),
)
kernels(
    Div,
    _kernel("tc_div_s8", is_int8_pair, _div_int8_args, "int8", 48.0),
    _float_kernel("div", 34.0),
    *(
        _kernel(
            f"tc_quotient_{s}", raw_of(dtype), _raw_args, dtype.value, 23.0 if dtype.itemsize < 8 else 123.0
        )
        for dtype, s in _INTEGERS.items()
    ),
)
