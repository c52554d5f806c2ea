"""Softmax, LogSoftmax and Hardmax along one dimension.

int8 Softmax: the exponentials of the 256 possible distances to the maximum stand in a table of
fixed-point numbers. A result is the quotient of two integers made of table entries, rounded to nearest.
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
from tinycompile.ops.kernel import Arg, Data, In, Kernel, Null, Out, Site, Struct, elementwise_in_place
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
    """Tables over the distance d = max - x in steps, uint32[256] each.

    `terms[d]` is exp(-d * scale_x) with some fractional bits; `numerators[d]` is that divided by the scale
    of the result. With s the sum of the terms, a result is zero_point + round(numerator / s).
    """

    terms: np.ndarray
    numerators: np.ndarray

    @property
    def shift(self) -> int | None:
        """The n for which numerators are terms << n, if there is one."""
        for shift in range(32):
            if np.array_equal(self.numerators, self.terms << np.uint64(shift)):
                return shift
        return None


def _bits(op: Softmax, x: TensorType, y: TensorType) -> int:
    """Fractional bits: sums of all terms stay below 2**31, numerators at most 2**31."""
    count = max(1, x.shape[op.axis])
    return min(30 - math.ceil(math.log2(count)), 31 - math.ceil(-math.log2(quant_of(y).scale0)))


def exponentials(op: Softmax, x: TensorType, y: TensorType) -> Exponentials:
    """The tables for int8 operands."""
    distances = np.arange(256) * quant_of(x).scale0
    terms = np.rint(np.exp(-distances) * 2.0 ** _bits(op, x, y))
    numerators = np.rint(terms / quant_of(y).scale0)
    return Exponentials(terms.astype(np.uint64), numerators.astype(np.uint64))


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
    shift = tables.shift
    terms = Data(tables.terms.astype(np.uint32), "exp")
    numerators = Null() if shift is not None else Data(tables.numerators.astype(np.uint32), "numerators")
    fields = (*_sizes(site), ("shift", shift or 0), ("y_zero", quant_of(site.outs[0]).zero0))
    return (In(0), Out(0), terms, numerators, Struct("tc_softmax_s8_t", fields))


def _int8_cycles(site: Site) -> float:
    """Estimated Cortex-M4 cycles: per element and per row, with divisions of average length."""
    outer, count, inner = (size for _, size in _sizes(site))
    return outer * inner * (52.0 * count + 37.0) + 45.0


def _float_cycles(per_element: float, per_row: float) -> Callable[[Site], float]:
    """Estimated Cortex-M4F cycles per element, and per row that is normalised."""

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
    Kernel("tc_softmax_s8", _int8_args, _is_int8, in_place=elementwise_in_place, cycles=_int8_cycles),
    *(
        Kernel(
            f"tc_{form}_f32",
            _float_args,
            _is_float(form),
            in_place=elementwise_in_place,
            cycles=_float_cycles(115.0, per_row),
            dtype="float32",
        )
        for form, per_row in ((Form.SHARE, 45.0), (Form.LOG, 111.0))
    ),
    Kernel(
        "tc_hardmax_f32", _float_args, _is_float(Form.HARD), cycles=_float_cycles(21.8, 25.0), dtype="float32"
    ),
)
