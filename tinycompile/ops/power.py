"""Pow and Mod with broadcasting, and Power, the power with a constant exponent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, GraphBuilder, TensorType, Types
from tinycompile.numeric.float_math import fmodf, powf
from tinycompile.ops.broadcast import Elementwise, add_elementwise, fits_loops, looped, loops
from tinycompile.ops.cast import Cast
from tinycompile.ops.integers import SUFFIXES, power, raw_of, remainder
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Site, elementwise_in_place
from tinycompile.ops.pointwise import Pointwise, pointwise_kernels
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import SourceNode

#: Integer types with a C power; others go through one of these or through float32.
_POWER_TYPES = (DType.INT32, DType.INT64)


@dataclass(frozen=True)
class Power(Pointwise):
    """x to a constant exponent."""

    exponent: float

    @property
    def symbol(self) -> str:
        return "tc_square_f32" if self.exponent == 2.0 else "tc_pow_const_f32"

    @property
    def parameters(self) -> tuple[float, ...]:
        return () if self.exponent == 2.0 else (self.exponent,)

    def real(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(np.power(x, self.exponent))

    def single(self, x: np.ndarray) -> np.ndarray:
        return x * x if self.exponent == 2.0 else powf(x, np.float32(self.exponent))


@dataclass(frozen=True)
class Pow(Elementwise):
    """x to the power z, on float32, int32 and int64 (modulo 2**bits)."""

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        if ins[0].dtype is DType.FLOAT32:
            return (np.asarray(powf(xs[0], xs[1])),)
        return (power(xs[0], xs[1]),)


@dataclass(frozen=True)
class Mod(Elementwise):
    """What is left of x after division by z; the sign of z, or with `cut` (C's fmod and %) that of x.

    An integer divided by 0 leaves 0, a float leaves NaN.
    """

    cut: bool = False

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        if ins[0].dtype is DType.FLOAT32:
            return (np.asarray(fmodf(xs[0], xs[1]) if self.cut else _modf(xs[0], xs[1])),)
        return (remainder(xs[0], xs[1], floored=not self.cut),)


def _modf(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """The remainder of floats with the sign of the divisor, also when it is zero."""
    rest = fmodf(x, z)
    moved = np.where((rest < 0) != (z < 0), rest + z, rest)
    return np.where(rest == 0, np.copysign(np.float32(0), z), moved)


@imports("Pow")
def _import_pow(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """The result has the type of the base. Types of base and exponent may differ."""
    base, exponent = node.input(0), node.input(1)
    x, z = b.type(base), b.type(exponent)
    data = b.settled(exponent)
    if x.dtype is DType.FLOAT32 and data is not None and data.size == 1 and data.ndim <= x.rank:
        return [b.add1(Power(float(data.item())), base, origins=node.origins, hint=node.name)]
    working = _working_type(x, z)
    operands = [
        b.add1(Cast(working), v, origins=node.origins) if b.type(v).dtype is not working else v
        for v in (base, exponent)
    ]
    y = add_elementwise(b, Pow(), operands, node.origins, node.name)
    return [y if working is x.dtype else b.add1(Cast(x.dtype), y, origins=node.origins)]


def _working_type(x: TensorType, z: TensorType) -> DType:
    if DType.FLOAT32 in (x.dtype, z.dtype):
        return DType.FLOAT32
    return x.dtype if x.dtype in _POWER_TYPES else DType.INT64


@imports("Mod")
def _import_mod(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    op = Mod(bool(node.attr_int("fmod", 0)))
    return [add_elementwise(b, op, [node.input(0), node.input(1)], node.origins, node.name)]


def _args(site: Site) -> tuple[Arg, ...]:
    return (In(0), In(1), Out(0), loops(site))


def _pow_kernel(dtype: DType) -> Kernel:
    def accepts(site: Site) -> bool:
        return raw_of(dtype)(site) and fits_loops(site)

    symbol = f"tc_pow_{SUFFIXES[dtype]}"
    cycles = looped(1966.0) if dtype is DType.FLOAT32 else None  # that of integers is up to the exponents
    return Kernel(symbol, _args, accepts, in_place=elementwise_in_place, cycles=cycles, dtype=dtype.value)


def _mod_kernel(dtype: DType, *, cut: bool) -> Kernel:
    """Of unsigned integers both remainders are one."""
    signed = dtype is DType.FLOAT32 or dtype.limits[0] < 0

    def accepts(site: Site) -> bool:
        assert isinstance(site.op, Mod)
        return raw_of(dtype)(site) and fits_loops(site) and (not signed or site.op.cut == cut)

    symbol = f"tc_{'fmod' if cut else 'mod'}_{SUFFIXES[dtype]}"
    cycles = looped(132.0 if dtype.itemsize == 8 else 52.0 if dtype is DType.FLOAT32 else 31.0)
    return Kernel(symbol, _args, accepts, in_place=elementwise_in_place, cycles=cycles, dtype=dtype.value)


_SIGNED = (DType.INT8, DType.INT16, DType.INT32, DType.INT64)

pointwise_kernels(Power, tc_square_f32=8.0, tc_pow_const_f32=1900.0)
kernels(Pow, *(_pow_kernel(dtype) for dtype in (DType.FLOAT32, *_POWER_TYPES)))
kernels(
    Mod,
    *(_mod_kernel(dtype, cut=False) for dtype in SUFFIXES),
    *(_mod_kernel(dtype, cut=True) for dtype in (*_SIGNED, DType.FLOAT32)),
)
