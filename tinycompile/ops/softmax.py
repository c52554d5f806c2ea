"""Softmax, LogSoftmax and Hardmax along one dimension.

int8 Softmax: the exponentials of the 256 possible distances to the maximum are products of two of 32
fixed-point numbers, formed by the kernel or in a table ahead of it. A result is the quotient of two integers
made of them, rounded to nearest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from tinycompile.ir import DType, GraphBuilder, Op, Region, RegionForm, TensorType, Types
from tinycompile.numeric import saturate
from tinycompile.numeric.float_math import expf, logf
from tinycompile.ops.axes import moved_axis, normal_axis
from tinycompile.ops.common import elementwise_region, quant_of
from tinycompile.ops.kernel import (
    Arg,
    Data,
    In,
    Kernel,
    Null,
    Out,
    Purpose,
    Site,
    Struct,
    elementwise_in_place,
)
from tinycompile.ops.layout import Reshape
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import SourceNode

#: Fewer fractional bits of an exponential than these would show in the result.
_MIN_BITS = 15


class Form(StrEnum):
    """What is made of the exponentials: their share, its logarithm, or 1 for the first largest element."""

    SHARE = "softmax"
    LOG = "log_softmax"
    HARD = "hardmax"


@dataclass(frozen=True)
class Softmax(Op):
    """`form` along `axis`. float32: exp(x - max) is summed in order; its reciprocal is taken once."""

    axis: int
    form: Form = Form.SHARE

    def infer(self, ins: Types) -> Types:
        if not 0 <= self.axis < ins[0].rank:
            raise ValueError(f"{ins[0]} has no dimension {self.axis}")
        return (ins[0].with_dtype(ins[0].dtype),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        rows = np.moveaxis(xs[0], self.axis, 0)
        if ins[0].dtype is DType.INT8:
            y = _share_int8(rows, exponentials(self, ins[0], outs[0]), outs[0])
        else:
            with np.errstate(all="ignore"):
                y = _hard(rows) if self.form is Form.HARD else _float(rows, self.form)
        return (np.ascontiguousarray(np.moveaxis(y, 0, self.axis)),)

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        if self.form is not Form.SHARE or not (ins[0].per_tensor_int8 and outs[0].per_tensor_int8):
            return None
        return self if _bits(self, ins[0], outs[0]) >= _MIN_BITS else None

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op:
        return replace(self, axis=moved_axis(self.axis, perm))

    def region_form(self, region: Region, ins: Types, outs: Types) -> RegionForm | None:
        return elementwise_region(self, region, ins, outs) if self.axis == 3 else None

    @property
    def result_range(self) -> tuple[float, float] | None:
        return None if self.form is Form.LOG else (0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Exponentials:
    """What exponentials over the distance d = max - x in steps are made of, see docs/numerics.md.

    Attributes:
        levels: uint64[32]: exp(-16 j scale_x) for j = 0..15, with one fractional bit more than a term, then
            exp(-i scale_x) for i = 0..15 with 31.
        shift, multiplier: 1 / scale_y is about multiplier * 2^(shift - 32).
    """

    levels: np.ndarray
    shift: int
    multiplier: int

    @property
    def terms(self) -> np.ndarray:
        """exp(-d * scale_x) with some fractional bits: uint64[256]."""
        return _high(self.levels[:16, None], self.levels[None, 16:]).ravel()

    @property
    def numerators(self) -> np.ndarray:
        """The terms divided by the scale of the result: with their sum s, it is zero_point + round(n / s)."""
        return _high(self.terms << np.uint64(self.shift), np.uint64(self.multiplier))

    @property
    def plain_shift(self) -> int | None:
        """The n for which numerators are terms << n, if there is one."""
        exact = self.shift and self.multiplier == 2**31
        return self.shift - 1 if exact else None


def _high(a: np.ndarray, b: np.ndarray | np.uint64) -> np.ndarray:
    """a * b / 2^32 for factors below 2^32, rounded once, a tie up."""
    return np.asarray((a * b + np.uint64(2**31)) >> np.uint64(32))


def _left_shift(y: TensorType) -> int:
    """The least n >= 0 with 1 / scale < 2^n."""
    return max(0, math.frexp(1.0 / quant_of(y).scale0)[1])


def _bits(op: Softmax, x: TensorType, y: TensorType) -> int:
    """Fractional bits of a term: sums of all stay below 2^31, numerators at most 2^31."""
    count = max(1, x.shape[op.axis])
    return min(30 - math.ceil(math.log2(count)), 31 - _left_shift(y))


def exponentials(op: Softmax, x: TensorType, y: TensorType) -> Exponentials:
    """Those for int8 operands."""
    fine = np.exp(-np.arange(16) * quant_of(x).scale0) * 2.0**31
    coarse = np.exp(-np.arange(0, 256, 16) * quant_of(x).scale0) * 2.0 ** (_bits(op, x, y) + 1)
    shift = _left_shift(y)
    multiplier = min(2**32 - 1, round(math.ldexp(1.0 / quant_of(y).scale0, 32 - shift)))
    return Exponentials(np.rint(np.concatenate([coarse, fine])).astype(np.uint64), shift, multiplier)


def _share_int8(rows: np.ndarray, tables: Exponentials, y: TensorType) -> np.ndarray:
    if rows.size == 0:
        return rows.copy()
    distance = rows.max(axis=0).astype(np.int32) - rows
    total = tables.terms[distance].sum(axis=0)
    quotient = (tables.numerators[distance] + total // 2) // total
    return saturate(quotient.astype(np.int64) + quant_of(y).zero0, np.int8)


def _float(rows: np.ndarray, form: Form) -> np.ndarray:
    if rows.size == 0:
        return rows.copy()
    top = rows[0]
    for row in rows[1:]:
        top = np.where(row > top, row, top)
    shifted = rows - top
    powers = expf(shifted)
    total = np.zeros(rows.shape[1:], np.float32)
    for power in powers:
        total = total + power
    if form is Form.LOG:
        return np.asarray(shifted - logf(total))
    return np.asarray(powers * (np.float32(1) / total))


def _hard(rows: np.ndarray) -> np.ndarray:
    result = np.zeros_like(rows)
    if rows.size:
        best, top = np.zeros(rows.shape[1:], np.intp), rows[0]
        for index in range(1, len(rows)):
            better = rows[index] > top
            best, top = np.where(better, index, best), np.where(better, rows[index], top)
        np.put_along_axis(result, best[None], 1, axis=0)
    return result


_FORMS = {"Softmax": Form.SHARE, "LogSoftmax": Form.LOG, "Hardmax": Form.HARD}


@imports(*_FORMS)
def _import_softmax(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """Before opset 13 all dimensions from `axis` on are taken together."""
    x, shape, form = node.input(0), node.type(0, b).shape, _FORMS[node.op_type]
    if node.opset >= 13:
        axis = normal_axis(node, node.attr_int("axis", -1), len(shape))
        return [b.add1(Softmax(axis, form), x, origins=node.origins, hint=node.name)]
    axis = normal_axis(node, node.attr_int("axis", 1), len(shape), end=True)
    if axis == len(shape) - 1:
        return [b.add1(Softmax(axis, form), x, origins=node.origins, hint=node.name)]
    flat = b.add1(Reshape((math.prod(shape[:axis]), math.prod(shape[axis:]))), x, origins=node.origins)
    y = b.add1(Softmax(1, form), flat, origins=node.origins, hint=node.name)
    return [b.add1(Reshape(shape), y, origins=node.origins)]


def _sizes(site: Site) -> tuple[tuple[str, int], ...]:
    """The tensor as [outer, count, inner]."""
    assert isinstance(site.op, Softmax)
    shape, axis = site.ins[0].shape, site.op.axis
    return (
        ("outer", math.prod(shape[:axis])),
        ("count", shape[axis]),
        ("inner", math.prod(shape[axis + 1 :])),
    )


def _float_args(site: Site) -> tuple[Arg, ...]:
    return (In(0), Out(0), Struct("tc_softmax_f32_t", _sizes(site)))


def _int8_args(site: Site) -> tuple[Arg, ...]:
    """Numerators that are shifted terms need no table of their own."""
    assert isinstance(site.op, Softmax)
    tables = exponentials(site.op, site.ins[0], site.outs[0])
    shift = tables.plain_shift
    terms = Data(tables.terms.astype(np.uint32), "exp", Purpose.TABLE)
    numerators = (
        Null()
        if shift is not None
        else Data(tables.numerators.astype(np.uint32), "numerators", Purpose.TABLE)
    )
    fields = (*_sizes(site), ("shift", shift or 0), ("y_zero", quant_of(site.outs[0]).zero0))
    return (In(0), Out(0), terms, numerators, Struct("tc_softmax_s8_t", fields))


def _small_int8_args(site: Site) -> tuple[Arg, ...]:
    assert isinstance(site.op, Softmax)
    found = exponentials(site.op, site.ins[0], site.outs[0])
    levels = Data(found.levels.astype(np.uint32), "exp", Purpose.TABLE)
    fields = (
        *_sizes(site),
        ("shift", found.shift),
        ("multiplier", found.multiplier),
        ("y_zero", quant_of(site.outs[0]).zero0),
    )
    return (In(0), Out(0), levels, Struct("tc_softmax_small_s8_t", fields))


def _int8_tables(site: Site) -> int:
    assert isinstance(site.op, Softmax)
    plain = exponentials(site.op, site.ins[0], site.outs[0]).plain_shift is not None
    return 4 * 256 * (1 if plain else 2)


def _cycles(per_element: float, per_row: float) -> Callable[[Site], float]:
    """Estimated Cortex-M4F cycles per element and per row; divisions of integers are of average length."""

    def cycles(site: Site) -> float:
        outer, count, inner = (size for _, size in _sizes(site))
        return outer * inner * (per_element * count + per_row) + 45.0

    return cycles


def _is_int8(site: Site) -> bool:
    return site.ins[0].per_tensor_int8 and site.outs[0].per_tensor_int8


def _is_float(form: Form) -> Callable[[Site], bool]:
    def accepts(site: Site) -> bool:
        return isinstance(site.op, Softmax) and site.op.form is form and site.ins[0].dtype is DType.FLOAT32

    return accepts


kernels(
    Softmax,
    Kernel(
        "tc_softmax_s8",
        _int8_args,
        _is_int8,
        in_place=elementwise_in_place,
        cycles=_cycles(52.0, 37.0),
        tables=_int8_tables,
    ),
    Kernel(
        "tc_softmax_small_s8",
        _small_int8_args,
        _is_int8,
        in_place=elementwise_in_place,
        cycles=_cycles(81.0, 45.0),
        compact=True,
        tables=lambda site: 4 * 32,
    ),
    *(
        Kernel(
            f"tc_{form}_f32",
            _float_args,
            _is_float(form),
            in_place=elementwise_in_place,
            cycles=_cycles(64.8, per_row),
            dtype="float32",
        )
        for form, per_row in ((Form.SHARE, 73.0), (Form.LOG, 139.0))
    ),
    Kernel("tc_hardmax_f32", _float_args, _is_float(Form.HARD), cycles=_cycles(21.8, 25.0), dtype="float32"),
)
