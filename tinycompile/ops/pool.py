"""Pooling over windows of H and W (1-D as height 1): maximum, average, sum, and the global forms.

Operand x[N,H,W,C], result y[N,OH,OW,C]. Maximum: float32, int8, uint8. Average: float32, and int8 with
per-tensor quantisation that may differ between x and y.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinycompile.ir import (
    Bounds,
    ChannelSite,
    DType,
    Fold,
    GraphBuilder,
    Op,
    Region,
    RegionForm,
    TensorType,
    Types,
)
from tinycompile.ir.channels import monotone_bounds
from tinycompile.numeric import Multiplier, quantize_multiplier, requantize_away_s8
from tinycompile.ops.common import quant_of
from tinycompile.ops.compose import apply
from tinycompile.ops.kernel import Arg, Data, In, Kernel, Out, Purpose, Site, Struct
from tinycompile.ops.layout import nchw_from_nhwc, nhwc_from_nchw
from tinycompile.ops.pool_cycles import each_channel, each_result
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.row_sums import mean_fold
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.spatial import Window, window_of

_SUM_LIMIT = 2**31 // 256  # positions whose int8 differences are summed in an int32


def _pooled_type(window: Window, x: TensorType) -> TensorType:
    if x.rank != 4:
        raise ValueError(f"pooling needs a 4-D operand, not {x}")
    out_h, out_w = window.out_size((x.shape[1], x.shape[2]))
    return x.with_shape((x.shape[0], out_h, out_w, x.shape[3]))


@dataclass(frozen=True)
class MaxPool2D(Op):
    """The maximum of every window; a NaN is never the maximum."""

    window: Window

    def infer(self, ins: Types) -> Types:
        return (_pooled_type(self.window, ins[0]),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        x, shape = xs[0], outs[0].shape
        lowest = -np.inf if ins[0].dtype is DType.FLOAT32 else ins[0].dtype.limits[0]
        y = np.full(shape, lowest, x.dtype)
        for tap in self.window.taps((x.shape[1], x.shape[2]), (shape[1], shape[2])):
            part, best = x[:, tap.in_y, tap.in_x], y[:, tap.out_y, tap.out_x]
            best[...] = np.where(part > best, part, best)
        return (y,)

    @property
    def moves_data(self) -> bool:
        return True

    def region_form(self, region: Region, ins: Types, outs: Types) -> RegionForm | None:
        part = self.window.region(region, ins[0], outs[0])
        return part and RegionForm(replace(self, window=part[0]), (part[1],))

    def row_reach(self, ins: Types) -> tuple[int, int, int]:
        return self.window.row_reach

    def channelwise(self, ins: Types, outs: Types) -> bool:
        return True

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        return self if ins[0].dtype in (DType.INT8, DType.UINT8) else None


@dataclass(frozen=True)
class AveragePool2D(Op):
    """The mean of every window, or its sum without `divide`.

    The divisor is the number of positions inside the operand, with `count_include_pad` inside the
    padded operand.
    """

    window: Window
    count_include_pad: bool = False
    divide: bool = True

    def infer(self, ins: Types) -> Types:
        return (_pooled_type(self.window, ins[0]),)

    def padded(self, pads: tuple[tuple[int, int], ...]) -> Op | None:
        """Zeros around the operand count, as pads do with `count_include_pad`."""
        counted = self.count_include_pad or not any(self.window.pads)
        # With ceil_mode, a window that starts in the end padding would be dropped.
        window = self.window.padded(pads) if counted and not self.window.ceil_mode else None
        return None if window is None else replace(self, window=window, count_include_pad=True)

    def region_form(self, region: Region, ins: Types, outs: Types) -> RegionForm | None:
        part = self.window.region(region, ins[0], outs[0])
        return part and RegionForm(replace(self, window=part[0]), (part[1],))

    def row_reach(self, ins: Types) -> tuple[int, int, int]:
        return self.window.row_reach

    def fold(self, ins: Types, outs: Types) -> Fold | None:
        if self.window.extent != ins[0].shape[1:3] or any(self.window.pads):
            return None
        return mean_fold(ins[0], outs[0], math.prod(self.window.kernel) if self.divide else 1)

    def channelwise(self, ins: Types, outs: Types) -> bool:
        return True

    def channel_bounds(self, at: ChannelSite) -> Bounds:
        return monotone_bounds(self, at)

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        fits = self.window.kernel[0] * self.window.kernel[1] < _SUM_LIMIT
        return self if ins[0].per_tensor_int8 and outs[0].per_tensor_int8 and fits else None

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        """float32: sums in the order (ky, kx) from 0, one division; int8: one rounding, ties away from 0."""
        x, shape = xs[0], outs[0].shape
        integer = ins[0].dtype is DType.INT8
        acc = np.zeros(shape, np.int32 if integer else np.float32)
        centred = x.astype(np.int32) - quant_of(ins[0]).zero0 if integer else x
        for tap in self.window.taps((x.shape[1], x.shape[2]), (shape[1], shape[2])):
            acc[:, tap.out_y, tap.out_x] += centred[:, tap.in_y, tap.in_x]
        rows, columns = (counts_along(self, axis, ins[0], outs[0]) for axis in (0, 1))
        counts = np.multiply.outer(rows, columns)[None, :, :, None]
        if not integer:
            return (acc / counts.astype(np.float32) if self.divide else acc,)
        y = np.empty(shape, np.int8)
        for count in np.unique(counts):
            factor = average_factor(self, int(count), ins[0], outs[0])
            where = np.broadcast_to(counts == count, shape)
            zero = quant_of(outs[0]).zero0
            y[where] = requantize_away_s8(acc[where], factor.multiplier, factor.shift, zero)
        return (y,)


def _count_bounds(op: AveragePool2D, axis: int, size: int) -> tuple[int, int]:
    """The half-open range of positions along H (0) or W (1) that count."""
    if not op.count_include_pad:
        return 0, size
    return -op.window.pads[axis], size + op.window.pads[axis + 2]


def counts_along(op: AveragePool2D, axis: int, x: TensorType, y: TensorType) -> np.ndarray:
    """int64[OH] or int64[OW]: how many rows (axis 0) or columns (axis 1) of each window count."""
    window = op.window
    starts = np.arange(y.shape[axis + 1]) * window.strides[axis] - window.pads[axis]
    positions = starts[:, None] + np.arange(window.kernel[axis]) * window.dilations[axis]
    low, high = _count_bounds(op, axis, x.shape[axis + 1])
    return np.asarray(np.sum((positions >= low) & (positions < high), axis=1, dtype=np.int64))


def average_factor(op: AveragePool2D, count: int, x: TensorType, y: TensorType) -> Multiplier:
    """The fixed-point factor of a window with `count` positions."""
    return quantize_multiplier(quant_of(x).scale0 / (quant_of(y).scale0 * (count if op.divide else 1)))


def _pool_window(node: SourceNode, x: TensorType) -> Window:
    """The window of a pooling node.

    Raises:
        ModelError: bad attributes, or windows that see nothing but padding.
    """
    if x.rank not in (3, 4):
        raise node.error(f"{x.rank - 2} spatial dimensions are not supported", "use 1-D or 2-D pooling")
    ceil_mode = bool(node.attr_int("ceil_mode", 0))
    window = window_of(node, node.attr_ints("kernel_shape"), x.shape[2:], ceil_mode=ceil_mode)
    size = (1, x.shape[2]) if x.rank == 3 else (x.shape[2], x.shape[3])
    try:
        out = window.out_size(size)
    except ValueError as error:
        raise node.error(str(error), code=TC_OPERANDS) from error
    probe, x_type = AveragePool2D(window), TensorType((1, *size, 1), DType.INT8)
    y_type = x_type.with_shape((1, *out, 1))
    if min(int(counts_along(probe, axis, x_type, y_type).min(initial=1)) for axis in (0, 1)) == 0:
        raise node.error("a window lies in the padding alone", "use pads smaller than the kernel")
    return window.floored(size) if ceil_mode and not node.attr_int("count_include_pad", 0) else window


def _pooled(node: SourceNode, b: GraphBuilder, x: str, op: Op) -> str:
    """Apply a pooling operator to an [N,C,H,W] or [N,C,L] value."""
    y = b.add1(op, nhwc_from_nchw(b, x, node.origins), origins=node.origins, hint=node.name)
    return nchw_from_nhwc(b, y, b.type(x).rank, node.origins)


@imports("MaxPool")
def _import_max_pool(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    if node.num_outputs > 1:
        raise node.error("the output 'Indices' is not supported", "use MaxPool with one output")
    x = node.type(0, b)
    return [_pooled(node, b, node.input(0), MaxPool2D(_pool_window(node, x)))]


@imports("AveragePool")
def _import_average_pool(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    window = _pool_window(node, node.type(0, b))
    include = bool(node.attr_int("count_include_pad", 0))
    return [_pooled(node, b, node.input(0), AveragePool2D(window, include))]


@imports("GlobalAveragePool", "GlobalMaxPool")
def _import_global_pool(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    window = _global_window(node, node.type(0, b))
    op = AveragePool2D(window) if node.op_type == "GlobalAveragePool" else MaxPool2D(window)
    return [_pooled(node, b, node.input(0), op)]


def _global_window(node: SourceNode, x: TensorType) -> Window:
    if x.rank == 3:
        return Window((1, x.shape[2]))
    if x.rank != 4:
        raise node.error(f"{x.rank - 2} spatial dimensions are not supported", "use 1-D or 2-D pooling")
    return Window((x.shape[2], x.shape[3]))


@imports("LpPool", "GlobalLpPool")
def _import_lp_pool(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """The p-norm of every window, as a sum pool of powers between elementwise operators."""
    x, p = node.input(0), node.attr_int("p", 2)
    is_global = node.op_type == "GlobalLpPool"
    window = _global_window(node, b.type(x)) if is_global else _pool_window(node, b.type(x))
    powers = apply(node, b, "Mul", x, x) if p == 2 else apply(node, b, "Abs", x)
    if p > 2:
        powers = apply(node, b, "Pow", powers, b.const(np.array(p, np.float32), f"{node.name}.p"))
    total = _pooled(node, b, powers, AveragePool2D(window, divide=False))
    if p == 1:
        return [total]
    if p == 2:
        return [apply(node, b, "Sqrt", total)]
    return [apply(node, b, "Pow", total, b.const(np.array(1 / p, np.float32), f"{node.name}.root"))]


def _geometry(site: Site, window: Window) -> Struct:
    x, y = site.ins[0].shape, site.outs[0].shape
    return Struct(
        "tc_pool_t",
        (
            ("batch", x[0]),
            ("in_h", x[1]),
            ("in_w", x[2]),
            ("channels", x[3]),
            ("out_h", y[1]),
            ("out_w", y[2]),
            *window.fields,
        ),
    )


def max_args(site: Site) -> tuple[Arg, ...]:
    """The arguments of the kernels of MaxPool2D."""
    op = site.op
    assert isinstance(op, MaxPool2D)
    return (In(0), Out(0), _geometry(site, op.window))


def average_args(site: Site) -> tuple[Arg, ...]:
    """The arguments of the kernels of AveragePool2D."""
    op = site.op
    assert isinstance(op, AveragePool2D)
    x, y = site.ins[0], site.outs[0]
    integer = x.dtype is DType.INT8
    (top, bottom), (left, right) = (_count_bounds(op, axis, x.shape[axis + 1]) for axis in (0, 1))
    rows, columns = (counts_along(op, axis, x, y) for axis in (0, 1))
    first_row, first_column, kinds = int(rows.min()), int(columns.min()), int(np.ptp(columns)) + 1
    counts = Struct(
        "tc_pool_count_t",
        (
            ("count_top", top),
            ("count_bottom", bottom),
            ("count_left", left),
            ("count_right", right),
            ("divide", int(op.divide)),
            ("min_rows", first_row),
            ("min_columns", first_column),
            ("column_kinds", kinds),
            ("in_zero", quant_of(x).zero0 if integer else 0),
            ("out_zero", quant_of(y).zero0 if integer else 0),
        ),
    )
    if not integer:
        return (In(0), Out(0), _geometry(site, op.window), counts)
    factors = [
        average_factor(op, r * c, x, y)
        for r in range(first_row, int(rows.max()) + 1)
        for c in range(first_column, first_column + kinds)
    ]
    table = np.array([(f.multiplier, f.shift) for f in factors], np.int32)
    return (In(0), Out(0), Data(table, "requant", Purpose.QUANTISATION), _geometry(site, op.window), counts)


def _holds(dtype: DType) -> Callable[[Site], bool]:
    return lambda site: site.ins[0].dtype is dtype


kernels(
    MaxPool2D,
    Kernel("tc_max_pool_s8", max_args, _holds(DType.INT8), cycles=each_result(15.0, 25.0)),
    Kernel(
        "tc_max_pool_u8",
        max_args,
        _holds(DType.UINT8),
        cycles=each_channel(70.0, 10.0, 28.0, 16.1),
        dtype="uint8",
    ),
    Kernel(
        "tc_max_pool_f32",
        max_args,
        _holds(DType.FLOAT32),
        cycles=each_channel(155.0, 5.0, 29.0, 14.1),
        dtype="float32",
    ),
)
kernels(
    AveragePool2D,
    Kernel(
        "tc_average_pool_s8",
        average_args,
        lambda site: site.ins[0].per_tensor_int8,
        cycles=each_result(12.2, 60.0),
    ),
    Kernel(
        "tc_average_pool_f32",
        average_args,
        _holds(DType.FLOAT32),
        cycles=each_channel(237.0, 19.0, 29.0, 13.2),
        dtype="float32",
    ),
)
