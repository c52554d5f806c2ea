"""2-D convolution (1-D as height 1): dense, grouped, depthwise, dilated; float32 and int8.

Operands: x[N,H,W,C], w[O,KH,KW,C/groups], and optionally bias[O]. Result y[N,OH,OW,O].
int8: x and y per tensor, w per channel (axis 0) or per tensor, bias int32 of scale
scale_x * scale_w. The kernels stand in `conv_kernels`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from tinycompile.ir import (
    ChannelForm,
    ChannelSite,
    DType,
    GraphBuilder,
    Op,
    Region,
    RegionForm,
    TensorType,
    Types,
)
from tinycompile.ops.common import clamp_float, quant_of, requantise_channels
from tinycompile.ops.layout import nchw_from_nhwc, nhwc_from_nchw
from tinycompile.ops.products import add_products, blocks, can_accumulate, exact_product, weight_offsets
from tinycompile.ops.registry import imports
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.spatial import Window, window_of
from tinycompile.ops.weighted import Weighted, WeightedOp, seen_taps


@dataclass(frozen=True)
class Conv2D(WeightedOp):
    """Convolution with an optional clamp of the result to [lo, hi] (a fused activation)."""

    window: Window
    groups: int = 1

    def infer(self, ins: Types) -> Types:
        x, w = ins[0], ins[1]
        self.window.check_filters(x, w, self.groups)
        out_h, out_w = self.window.out_size((x.shape[1], x.shape[2]))
        return (TensorType((x.shape[0], out_h, out_w, w.shape[0]), x.dtype),)

    def macs(self, ins: Types, outs: Types) -> int:
        return outs[0].elements * math.prod(ins[1].shape[1:])

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        return self if can_accumulate(ins[0], ins[1], outs[0]) else None

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        if ins[0].dtype is DType.INT8:
            return (_evaluate_int8(self, xs, ins, outs),)
        return (_evaluate_float(self, xs, outs[0].shape),)

    def padded(self, pads: tuple[tuple[int, int], ...]) -> Op | None:
        window = self.window.padded(pads)
        return None if window is None else replace(self, window=window)

    def cropped(self, before: tuple[int, ...], after: tuple[int, ...]) -> Op | None:
        window = self.window.cropped(before, after)
        return None if window is None else replace(self, window=window)

    def region_form(self, region: Region, ins: Types, outs: Types) -> RegionForm | None:
        part = self.window.region(region, ins[0], outs[0])
        return part and RegionForm(replace(self, window=part[0]), (part[1], *(None,) * (len(ins) - 1)))

    def row_reach(self, ins: Types) -> tuple[int, int, int]:
        return self.window.row_reach

    def channel_form(self, first: int, count: int, ins: Types, outs: Types) -> ChannelForm | None:
        filters = (0,) * (len(ins) - 1)
        if self.groups == 1:
            return ChannelForm(self, (None, *filters))
        if self.groups == outs[0].shape[3] == ins[0].shape[3]:
            return ChannelForm(replace(self, groups=count), (3, *filters))
        return None

    def in_groups(self, groups: int) -> Self:
        return replace(self, groups=groups)

    def weighted(self, at: ChannelSite) -> Weighted:
        (_, height, width, _), (_, out_h, out_w, _) = at.ins[0].shape, at.outs[0].shape
        size = (out_h, out_w)
        return Weighted(at, seen_taps(size, self.window.spans((height, width), size)), self.groups)


def is_depthwise(op: Conv2D, x: TensorType) -> bool:
    """True when every input channel has its own filters."""
    return op.groups == x.shape[3]


def _evaluate_float(op: Conv2D, xs: Sequence[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """Sums from the bias on, in the order (ky, kx, channel), each product and sum rounded to float32."""
    start = xs[2] if len(xs) > 2 else np.zeros(shape[3], np.float32)
    if xs[1].shape[3] == 1:
        acc = np.array(np.broadcast_to(start, shape), np.float32)
        _add_single_channels(op, xs[0], xs[1], acc)
    else:
        acc = np.empty(shape, np.float32)
        for image, group, outs in _groups(op, xs[1].shape, shape):
            w = xs[1][outs]
            columns, inside = _columns(op, xs[0][image, :, :, group], shape[1:3])
            sums = np.array(np.broadcast_to(start[outs, None], (len(w), inside.shape[1])))
            for block in blocks(*sums.shape):
                for tap, weights in enumerate(w.reshape(len(w), *columns.shape[:2]).transpose(1, 2, 0)):
                    add_products(sums[:, block], weights, columns[tap, :, block], _holes(inside[tap, block]))
            acc[image, :, :, outs] = sums.T.reshape(*shape[1:3], len(w))
    return clamp_float(acc, op.lo, op.hi)


def _evaluate_int8(op: Conv2D, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> np.ndarray:
    shape = outs[0].shape
    x = xs[0].astype(np.int32) - quant_of(ins[0]).zero0
    filters = xs[1].astype(np.int32) - weight_offsets(ins[1])
    acc = np.zeros(shape, np.int32)
    if xs[1].shape[3] == 1:
        _add_single_channels(op, x, filters, acc)
    else:
        for image, group, channels in _groups(op, xs[1].shape, shape):
            w = filters[channels]
            columns, _ = _columns(op, x[image, :, :, group], shape[1:3])
            sums = exact_product(w.reshape(len(w), -1), columns.reshape(-1, columns.shape[2]), 255 * 255)
            acc[image, :, :, channels] = sums.T.reshape(*shape[1:3], len(w))
    total = acc.astype(np.int64) + (xs[2] if len(xs) > 2 else 0)
    return requantise_channels(total, ins[0], ins[1], outs[0], op.lo, op.hi)


def _groups(op: Conv2D, w: tuple[int, ...], y: tuple[int, ...]) -> Iterator[tuple[int, slice, slice]]:
    """(image, channels of x, channels of y) of every independent dense convolution."""
    per_group = y[3] // op.groups
    for image in range(y[0]):
        for group in range(op.groups):
            yield (
                image,
                slice(group * w[3], (group + 1) * w[3]),
                slice(group * per_group, (group + 1) * per_group),
            )


def _columns(op: Conv2D, x: np.ndarray, size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """([taps, C, pixels], bool[taps, pixels]) of x[H, W, C]: what every tap reads, and whether inside."""
    height, width = size
    taps = math.prod(op.window.kernel)
    planes = np.ascontiguousarray(x.transpose(2, 0, 1))
    columns = np.zeros((taps, x.shape[2], height, width), x.dtype)
    inside = np.zeros((taps, height, width), np.bool_)
    for tap in op.window.taps((x.shape[0], x.shape[1]), (height, width)):
        index = tap.ky * op.window.kernel[1] + tap.kx
        columns[index, :, tap.out_y, tap.out_x] = planes[:, tap.in_y, tap.in_x]
        inside[index, tap.out_y, tap.out_x] = True
    return columns.reshape(taps, x.shape[2], -1), inside.reshape(taps, -1)


def _holes(inside: np.ndarray) -> np.ndarray | None:
    return None if inside.all() else np.flatnonzero(~inside)


def _add_single_channels(op: Conv2D, x: np.ndarray, w: np.ndarray, acc: np.ndarray) -> None:
    """The case of one input channel a group: all groups at once, tap by tap."""
    per_group = w.shape[0] // op.groups
    grouped = acc.reshape(*acc.shape[:3], op.groups, per_group)
    filters = w.reshape(op.groups, per_group, *w.shape[1:3])
    for tap in op.window.taps((x.shape[1], x.shape[2]), (acc.shape[1], acc.shape[2])):
        grouped[:, tap.out_y, tap.out_x] += x[:, tap.in_y, tap.in_x, :, None] * filters[:, :, tap.ky, tap.kx]


@imports("Conv")
def _import_conv(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    x_shape, w_shape = node.type(0, b).shape, node.type(1, b).shape
    if len(x_shape) < 3 or len(w_shape) != len(x_shape):
        raise node.error(f"shapes {x_shape} and {w_shape} do not make a convolution", code=TC_OPERANDS)
    kernel = node.attr_ints("kernel_shape", w_shape[2:])
    if kernel != w_shape[2:]:
        raise node.error(f"kernel_shape {kernel} contradicts weights of shape {w_shape}", code=TC_OPERANDS)
    window = window_of(node, kernel, x_shape[2:])
    x = nhwc_from_nchw(b, node.input(0), node.origins)
    w = nhwc_from_nchw(b, node.input(1), node.origins)
    operands = [x, w, node.input(2)] if node.has(2) else [x, w]
    y = b.add1(Conv2D(window, node.attr_int("group", 1)), *operands, origins=node.origins, hint=node.name)
    return [nchw_from_nhwc(b, y, len(x_shape), node.origins)]
