"""Reductions over any set of dimensions, and the norms and logarithms that are built on them.

Operand x of any rank; the result keeps its rank, with size 1 where it was reduced. float32: all kinds; int32
and int64: sum, product, maximum, minimum, modulo 2**32 or 2**64; int8 with per-tensor quantisation: sum and
mean (an exact sum, rescaled once), maximum and minimum.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tinycompile.ir import Bounds, ChannelSite, DType, Fold, GraphBuilder, Op, TensorType, Types
from tinycompile.ir.channels import monotone_bounds
from tinycompile.numeric import Multiplier, quantize_multiplier, requantize_away_s8
from tinycompile.ops.axes import axes_operand, moved_axis, normal_axes
from tinycompile.ops.common import quant_of
from tinycompile.ops.compose import apply
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Site, Struct
from tinycompile.ops.layout import Reshape
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.row_sums import mean_fold
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.strided import dense_strides, merged_strides

#: Dimensions of either sort that the kernels walk after merging (TC_REDUCE_RANK).
_RANK = 4
_SUM_LIMIT = 2**31 // 256  # int8 differences that are summed in an int32


class Kind(StrEnum):
    """What is computed of the reduced elements."""

    SUM = "sum"
    MEAN = "mean"
    PROD = "prod"
    L1 = "l1"
    SUM_SQUARE = "sum_square"
    MAX = "max"
    MIN = "min"


_INTEGER_KINDS = (Kind.SUM, Kind.PROD, Kind.MAX, Kind.MIN)

#: The kinds that an element type has; all others have maximum and minimum.
_KINDS_OF = {
    DType.FLOAT32: tuple(Kind),
    DType.INT32: _INTEGER_KINDS,
    DType.INT64: _INTEGER_KINDS,
    DType.INT8: (Kind.SUM, Kind.MEAN, Kind.MAX, Kind.MIN),
}


@dataclass(frozen=True)
class Reduce(Op):
    """`kind` of the elements along the ascending dimensions `axes`, which become 1.

    float32: element by element in row-major order from 0 (products: 1) on, every operation rounded; a
    mean ends in one division. A NaN is never an extreme; of nothing, the maximum is minus infinity.
    """

    kind: Kind
    axes: tuple[int, ...]

    def infer(self, ins: Types) -> Types:
        x = ins[0]
        if list(self.axes) != sorted(set(self.axes)) or any(not 0 <= axis < x.rank for axis in self.axes):
            raise ValueError(f"{x} cannot be reduced along {self.axes}")
        if self.kind not in _KINDS_OF.get(x.dtype, (Kind.MAX, Kind.MIN)):
            raise ValueError(f"there is no reduction '{self.kind}' of {x.dtype.value}")
        return (x.with_shape(tuple(1 if a in self.axes else d for a, d in enumerate(x.shape))),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        kept = [axis for axis in range(ins[0].rank) if axis not in self.axes]
        count = self.count(ins[0])
        rows = xs[0].transpose((*kept, *self.axes)).reshape(outs[0].elements, count)
        if ins[0].dtype is DType.FLOAT32:
            y = _reduce_float(self.kind, rows)
        elif self.kind in (Kind.SUM, Kind.MEAN) and ins[0].dtype is DType.INT8:
            acc = np.add.reduce(rows.astype(np.int64), axis=1) - count * quant_of(ins[0]).zero0
            factor = _factor(self, ins[0], outs[0])
            y = requantize_away_s8(acc, factor.multiplier, factor.shift, quant_of(outs[0]).zero0)
        else:
            y = _reduce_integer(self.kind, rows)
        return (y.reshape(outs[0].shape),)

    def count(self, x: TensorType) -> int:
        """Elements of `x` per element of the result."""
        return math.prod(x.shape[axis] for axis in self.axes)

    @property
    def moves_data(self) -> bool:
        return self.kind in (Kind.MAX, Kind.MIN)

    def channelwise(self, ins: Types, outs: Types) -> bool:
        return ins[0].rank - 1 not in self.axes

    def channel_bounds(self, at: ChannelSite) -> Bounds:
        return monotone_bounds(self, at)

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        x, y = ins[0], outs[0]
        if self.moves_data:
            copies = x.dtype in (DType.INT8, DType.UINT8) and x.quant == y.quant
            return self if copies and x.elements else None
        summed = self.kind in (Kind.SUM, Kind.MEAN) and 0 < self.count(x) < _SUM_LIMIT
        return self if summed and x.per_tensor_int8 and y.per_tensor_int8 else None

    def fold(self, ins: Types, outs: Types) -> Fold | None:
        if self.kind not in (Kind.SUM, Kind.MEAN) or ins[0].rank != 4 or self.axes != (1, 2):
            return None
        return mean_fold(ins[0], outs[0], self.count(ins[0]) if self.kind is Kind.MEAN else 1)

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op | None:
        axes = tuple(moved_axis(axis, perm) for axis in self.axes)
        # Another order of the reduced dimensions would be another order of float additions.
        return Reduce(self.kind, axes) if list(axes) == sorted(axes) else None


def _reduce_float(kind: Kind, rows: np.ndarray) -> np.ndarray:
    """float32[n] of float32[n, count]; `accumulate` is sequential where `reduce` adds in pairs."""
    if kind in (Kind.MAX, Kind.MIN):
        return _extreme(rows, kind is Kind.MAX)
    first = np.full((len(rows), 1), 1 if kind is Kind.PROD else 0, np.float32)
    with np.errstate(all="ignore"):
        if kind is Kind.L1:
            rows = np.abs(rows)
        elif kind is Kind.SUM_SQUARE:
            rows = rows * rows
        step = np.multiply if kind is Kind.PROD else np.add
        total = np.asarray(step.accumulate(np.concatenate([first, rows], axis=1), axis=1)[:, -1])
        return total / np.float32(rows.shape[1]) if kind is Kind.MEAN else total


def _extreme(rows: np.ndarray, largest: bool) -> np.ndarray:
    """The first of equal extremes, so that the sign of a zero is that of the sequential comparison."""
    worst = np.float32(-np.inf if largest else np.inf)
    numbers = np.where(np.isnan(rows), worst, rows)
    candidates = np.concatenate([np.full((len(rows), 1), worst), numbers], axis=1)
    where = candidates.argmax(axis=1) if largest else candidates.argmin(axis=1)
    return np.asarray(candidates[np.arange(len(rows)), where])


def _reduce_integer(kind: Kind, rows: np.ndarray) -> np.ndarray:
    limits = np.iinfo(np.uint8 if rows.dtype == np.bool_ else rows.dtype)
    wide = rows.view(np.uint8) if rows.dtype == np.bool_ else rows
    if kind is Kind.MAX:
        y = np.maximum.reduce(wide, axis=1, initial=limits.min)
    elif kind is Kind.MIN:
        y = np.minimum.reduce(wide, axis=1, initial=limits.max)
    elif kind is Kind.PROD:
        y = np.multiply.reduce(wide, axis=1, dtype=wide.dtype)
    else:
        y = np.add.reduce(wide, axis=1, dtype=wide.dtype)
    return np.asarray(y).astype(rows.dtype)


def _factor(op: Reduce, x: TensorType, y: TensorType) -> Multiplier:
    count = op.count(x) if op.kind is Kind.MEAN else 1
    return quantize_multiplier(quant_of(x).scale0 / (quant_of(y).scale0 * count))


def reduced(
    node: SourceNode, b: GraphBuilder, kind: Kind, x: str, axes: tuple[int, ...], *, keepdims: bool
) -> str:
    """`kind` of `x` along `axes`, which vanish without `keepdims`.

    Raises:
        ModelError: there is no such reduction of the element type.
    """
    try:
        y = b.add1(Reduce(kind, axes), x, origins=node.origins, hint=node.name)
    except ValueError as error:
        raise node.error(str(error), "cast the operand to float32", TC_OPERANDS) from error
    if keepdims:
        return y
    shape = tuple(size for axis, size in enumerate(b.type(x).shape) if axis not in axes)
    return b.add1(Reshape(shape), y, origins=node.origins)


_KINDS = {
    "ReduceSum": Kind.SUM,
    "ReduceMean": Kind.MEAN,
    "ReduceProd": Kind.PROD,
    "ReduceL1": Kind.L1,
    "ReduceSumSquare": Kind.SUM_SQUARE,
    "ReduceMax": Kind.MAX,
    "ReduceMin": Kind.MIN,
    "ReduceL2": Kind.SUM_SQUARE,
    "ReduceLogSum": Kind.SUM,
}


def _axes(node: SourceNode, b: GraphBuilder) -> tuple[int, ...] | None:
    """The dimensions to reduce; None when the node asks for none."""
    rank = node.type(0, b).rank
    given = axes_operand(node, b, since=13 if node.op_type == "ReduceSum" else 18)
    if given:
        return normal_axes(node, given, rank)
    return None if node.attr_int("noop_with_empty_axes", 0) else tuple(range(rank))


@imports(*_KINDS)
def _import_reduce(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    axes = _axes(node, b)
    if axes is None:
        return [node.input(0)]
    keepdims = bool(node.attr_int("keepdims", 1))
    y = reduced(node, b, _KINDS[node.op_type], node.input(0), axes, keepdims=keepdims)
    last = {"ReduceL2": "Sqrt", "ReduceLogSum": "Log"}.get(node.op_type)
    return [apply(node, b, last, y) if last else y]


@imports("ReduceLogSumExp")
def _import_log_sum_exp(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """max + log(sum(exp(x - max))), which does not overflow."""
    axes = _axes(node, b)
    if axes is None:
        return [node.input(0)]
    peak = reduced(node, b, Kind.MAX, node.input(0), axes, keepdims=True)
    powers = apply(node, b, "Exp", apply(node, b, "Sub", node.input(0), peak))
    total = apply(node, b, "Log", reduced(node, b, Kind.SUM, powers, axes, keepdims=True))
    y = apply(node, b, "Add", total, peak)
    if node.attr_int("keepdims", 1):
        return [y]
    shape = tuple(size for axis, size in enumerate(b.type(y).shape) if axis not in axes)
    return b.add(Reshape(shape), [y], origins=node.origins)


def _walks(site: Site) -> tuple[tuple[int, ...], ...]:
    """(sizes, strides) of the dimensions that stay, then of those that are reduced."""
    op, x = site.op, site.ins[0]
    assert isinstance(op, Reduce)
    dense = dense_strides(x.shape)
    kept = [axis for axis in range(x.rank) if axis not in op.axes]
    parts = (merged_strides([x.shape[a] for a in axes], [dense[a] for a in axes]) for axes in (kept, op.axes))
    return tuple(values for part in parts for values in part)


def _args(site: Site) -> tuple[Arg, ...]:
    op, x, y = site.op, site.ins[0], site.outs[0]
    assert isinstance(op, Reduce)
    names = (("kept_size", 1), ("kept_stride", 0), ("size", 1), ("stride", 0))
    walks = tuple(
        (name, (*(fill,) * (_RANK - len(values)), *values))
        for (name, fill), values in zip(names, _walks(site), strict=True)
    )
    scaled = op.kind in (Kind.SUM, Kind.MEAN) and x.dtype is DType.INT8
    factor = _factor(op, x, y) if scaled else Multiplier(0, 0)
    return (
        In(0),
        Out(0),
        Struct(
            "tc_reduce_t",
            (
                *walks,
                ("count", op.count(x)),
                ("in_zero", quant_of(x).zero0 if scaled else 0),
                ("out_zero", quant_of(y).zero0 if scaled else 0),
                ("multiplier", factor.multiplier),
                ("shift", factor.shift),
            ),
        ),
    )


def _accepts(dtypes: tuple[DType, ...], *kinds: Kind) -> Callable[[Site], bool]:
    def accepts(site: Site) -> bool:
        op = site.op
        assert isinstance(op, Reduce)
        return site.ins[0].dtype in dtypes and op.kind in kinds and max(map(len, _walks(site))) <= _RANK

    return accepts


def _cycles(per_operand: float, per_result: float) -> Callable[[Site], float]:
    """Estimated Cortex-M4F cycles per element of the operand and of the result."""
    return lambda site: per_operand * site.ins[0].elements + per_result * site.outs[0].elements + 140.0


_FLOAT_CYCLES = {
    Kind.MEAN: (11.0, 98.0),
    Kind.MAX: (14.0, 84.0),
    Kind.MIN: (14.0, 84.0),
    Kind.L1: (12.0, 100.0),
}

kernels(
    Reduce,
    Kernel(
        "tc_reduce_sum_s8",
        _args,
        _accepts((DType.INT8,), Kind.SUM, Kind.MEAN),
        cycles=_cycles(13.05, 143.0),
    ),
    Kernel("tc_reduce_max_s8", _args, _accepts((DType.INT8,), Kind.MAX), cycles=_cycles(15.0, 95.0)),
    Kernel("tc_reduce_min_s8", _args, _accepts((DType.INT8,), Kind.MIN), cycles=_cycles(15.0, 95.0)),
    *(
        Kernel(
            f"tc_reduce_{kind}_f32",
            _args,
            _accepts((DType.FLOAT32,), kind),
            cycles=_cycles(*_FLOAT_CYCLES.get(kind, (11.5, 84.0))),
            dtype="float32",
        )
        for kind in Kind
    ),
    *(
        Kernel(
            f"tc_reduce_{kind}_{suffix}",
            _args,
            _accepts(dtypes, kind),
            cycles=_cycles(14.0, 90.0),
            dtype=dtypes[0].value,
        )
        for suffix, dtypes in (("s32", (DType.INT32,)), ("s64", (DType.INT64,)))
        for kind in _INTEGER_KINDS
    ),
    *(
        Kernel(
            f"tc_reduce_{kind}_u8",
            _args,
            _accepts((DType.UINT8, DType.BOOL), kind),
            cycles=_cycles(15.0, 95.0),
            dtype="uint8",
        )
        for kind in (Kind.MAX, Kind.MIN)
    ),
)
