"""2-D transposed convolution (1-D as height 1): dense, grouped, dilated; float32 and int8.

Operands: x[N,H,W,C], w[O,KH,KW,C/groups], and optionally bias[O]. Result y[N,OH,OW,O].
int8: x and y per tensor, w symmetric per channel (axis 0) or per tensor, bias int32 of scale
scale_x * scale_w.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from tinycompile.ir import (
    ChannelSite,
    DType,
    GraphBuilder,
    Op,
    TensorType,
    Types,
)
from tinycompile.ops.common import (
    clamp_bounds,
    clamp_float,
    quant_of,
    requantise_channels,
    requantise_data,
)
from tinycompile.ops.kernel import Arg, Data, In, Kernel, Null, Out, Purpose, Site, Struct
from tinycompile.ops.layout import Reshape, Transpose, nchw_from_nhwc, nhwc_from_nchw
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.spatial import Pair, Window, window_of
from tinycompile.ops.weighted import Weighted, WeightedOp, seen_taps

_ACC_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class ConvTranspose2D(WeightedOp):
    """Transposed convolution with an optional clamp of the result to [lo, hi] (a fused activation).

    Input row i adds to output row i * stride - pad + k * dilation through tap k; what falls outside
    the result of `out_size` rows and columns is dropped. End pads of the window have no meaning.
    """

    window: Window
    out_size: Pair
    groups: int = 1

    def infer(self, ins: Types) -> Types:
        x, w = ins[0], ins[1]
        self.window.check_filters(x, w, self.groups)
        return (TensorType((x.shape[0], *self.out_size, w.shape[0]), x.dtype),)

    def macs(self, ins: Types, outs: Types) -> int:
        """Every input element meets every tap of every filter of its group, clipped taps included."""
        return ins[0].elements * math.prod(ins[1].shape[:3]) // self.groups

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        x, w, y = ins[0], ins[1], outs[0]
        if not (x.per_tensor_int8 and y.per_tensor_int8 and w.dtype is DType.INT8 and w.quant):
            return None
        if not w.quant.symmetric or w.quant.axis not in (None, 0):
            return None
        return self if 255 * 128 * math.prod(w.shape[1:]) < _ACC_LIMIT // 2 else None

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        """float32: sums from the bias on in the order (ky, kx, channel), each product and sum rounded."""
        shape = outs[0].shape
        if ins[0].dtype is DType.INT8:
            x = xs[0].astype(np.float64) - quant_of(ins[0]).zero0
            acc = _accumulate(self, x, xs[1].astype(np.float64), np.zeros(shape)).astype(np.int64)
            if len(xs) > 2:
                acc += xs[2]
            return (requantise_channels(acc, ins[0], ins[1], outs[0], self.lo, self.hi),)
        start = np.zeros(shape, np.float32)
        if len(xs) > 2:
            start += xs[2]
        with np.errstate(all="ignore"):
            return (clamp_float(_accumulate(self, xs[0], xs[1], start), self.lo, self.hi),)

    def in_groups(self, groups: int) -> Self:
        return replace(self, groups=groups)

    def weighted(self, at: ChannelSite) -> Weighted:
        spans: list[list[slice | None]] = []
        for axis in (0, 1):
            found = [self._reach(k, axis, at.ins[0].shape[axis + 1]) for k in range(self.window.kernel[axis])]
            spans.append([out if source.start < source.stop else None for source, out in found])
        return Weighted(at, seen_taps(self.out_size, spans), self.groups)

    def taps(self, in_size: Pair) -> Iterator[tuple[int, int, tuple[slice, slice], tuple[slice, slice]]]:
        """(ky, kx, input rows and columns, output rows and columns) of all taps that reach the result."""
        for ky in range(self.window.kernel[0]):
            for kx in range(self.window.kernel[1]):
                spans = [self._reach(k, axis, in_size[axis]) for axis, k in enumerate((ky, kx))]
                if all(source.start < source.stop for source, _ in spans):
                    yield ky, kx, (spans[0][0], spans[1][0]), (spans[0][1], spans[1][1])

    def _reach(self, k: int, axis: int, size: int) -> tuple[slice, slice]:
        stride = self.window.strides[axis]
        shift = k * self.window.dilations[axis] - self.window.pads[axis]
        first = max(0, -(shift // stride))
        end = min(size, -((shift - self.out_size[axis]) // stride))
        start = first * stride + shift
        return slice(first, end), slice(start, start + (end - first - 1) * stride + 1, stride)


def _accumulate(op: ConvTranspose2D, x: np.ndarray, w: np.ndarray, acc: np.ndarray) -> np.ndarray:
    """`acc` [N,OH,OW,O] plus all products; exact in float64, in the order of the contract in float32."""
    per_group_in, per_group_out = w.shape[3], w.shape[0] // op.groups
    grouped = acc.reshape(*acc.shape[:3], op.groups, per_group_out)
    xg = x.reshape(*x.shape[:3], op.groups, per_group_in)
    wg = w.reshape(op.groups, per_group_out, *w.shape[1:])
    for ky, kx, source, target in op.taps((x.shape[1], x.shape[2])):
        part, sums = xg[:, source[0], source[1]], grouped[:, target[0], target[1]]
        for channel in range(per_group_in):
            sums += part[..., channel, None] * wg[:, :, ky, kx, channel]
    return acc


@imports("ConvTranspose")
def _import_conv_transpose(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    x_shape, w_shape = node.type(0, b).shape, node.type(1, b).shape
    groups = node.attr_int("group", 1)
    if len(x_shape) < 3 or len(w_shape) != len(x_shape) or w_shape[0] != x_shape[1] or x_shape[1] % groups:
        raise node.error(
            f"operands of shapes {x_shape} and {w_shape} in {groups} groups do not go together",
            code=TC_OPERANDS,
        )
    kernel = node.attr_ints("kernel_shape", w_shape[2:])
    if kernel != w_shape[2:]:
        raise node.error(f"kernel_shape {kernel} contradicts weights of shape {w_shape}", code=TC_OPERANDS)
    window, out_size = _geometry(node, kernel, x_shape[2:])
    x = nhwc_from_nchw(b, node.input(0), node.origins)
    operands = [x, _packed_weights(node, b, groups)]
    if node.has(2):
        operands.append(node.input(2))
    y = b.add1(ConvTranspose2D(window, out_size, groups), *operands, origins=node.origins, hint=node.name)
    return [nchw_from_nhwc(b, y, len(x_shape), node.origins)]


def _packed_weights(node: SourceNode, b: GraphBuilder, groups: int) -> str:
    """w[C, O/groups, (KH,) KW] as [O, KH, KW, C/groups]."""
    w, shape = node.input(1), node.type(1, b).shape
    inputs, outputs, height, width = shape[0], shape[1], 1 if len(shape) == 3 else shape[2], shape[-1]
    apart = (groups, inputs // groups, outputs, height, width)
    w = b.add1(Reshape(apart), w, origins=node.origins)
    w = b.add1(Transpose((0, 2, 3, 4, 1)), w, origins=node.origins)
    return b.add1(Reshape((groups * outputs, height, width, inputs // groups)), w, origins=node.origins)


def _geometry(node: SourceNode, kernel: tuple[int, ...], size: tuple[int, ...]) -> tuple[Window, Pair]:
    """The window, with the pads that the result's size implies, and that size."""
    rank = len(size)
    # Here the pads follow from the result's size, not from that of the operand.
    own = {name: value for name, value in node.attributes.items() if name not in ("auto_pad", "pads")}
    window = window_of(replace(node, attributes=own), kernel, size)
    extra = node.attr_ints("output_padding", (0,) * rank)
    pads = node.attr_ints("pads", (0,) * 2 * rank)
    auto_pad = node.attr_str("auto_pad", "NOTSET")
    same = auto_pad in ("SAME_UPPER", "SAME_LOWER")
    wanted = node.attr_ints("output_shape", ())[-rank:]
    if same and not wanted:
        wanted = tuple(s * stride for s, stride in zip(size, window.strides[-rank:], strict=True))
    if auto_pad not in ("NOTSET", "VALID") and not same:
        raise node.error(f"auto_pad '{auto_pad}' is unknown", "use NOTSET, SAME_UPPER, SAME_LOWER or VALID")
    if len(extra) != rank or len(pads) != 2 * rank or len(wanted) not in (0, rank) or min(pads) < 0:
        raise node.error("pads, output_padding or output_shape have the wrong length or are negative")
    begins, outs = [], []
    for axis in range(rank):
        full = (size[axis] - 1) * window.strides[axis - rank] + extra[axis] + window.extent[axis - rank]
        if wanted:
            total = max(0, full - wanted[axis])
            begins.append(total // 2 if auto_pad == "SAME_UPPER" else total - total // 2)
            outs.append(wanted[axis])
        else:
            begins.append(pads[axis] if auto_pad == "NOTSET" else 0)
            outs.append(full - (pads[axis] + pads[axis + rank] if auto_pad == "NOTSET" else 0))
    if min(outs) < 1:
        raise node.error(f"the result would have the size {tuple(outs)}", code=TC_OPERANDS)
    if rank == 1:
        return replace(window, pads=(0, begins[0], 0, 0)), (1, outs[0])
    return replace(window, pads=(begins[0], begins[1], 0, 0)), (outs[0], outs[1])


def _params(site: Site, name: str) -> Struct:
    op, x, y = site.op, site.ins[0], site.outs[0]
    assert isinstance(op, ConvTranspose2D)
    window = op.window
    geometry: tuple[tuple[str, int], ...] = (
        ("batch", x.shape[0]),
        ("in_h", x.shape[1]),
        ("in_w", x.shape[2]),
        ("in_c", x.shape[3]),
        ("out_h", y.shape[1]),
        ("out_w", y.shape[2]),
        ("out_c", y.shape[3]),
        *window.fields,
        ("groups", op.groups),
    )
    if x.dtype is DType.FLOAT32:
        return Struct(name, (*geometry, ("lo", float(op.lo)), ("hi", float(op.hi))))
    lo, hi = clamp_bounds(y, op.lo, op.hi)
    zeros = (("in_zero", quant_of(x).zero0), ("out_zero", quant_of(y).zero0), ("lo", lo), ("hi", hi))
    return Struct(name, (*geometry, *zeros))


def _int8_args(site: Site) -> tuple[Arg, ...]:
    x, w, y = site.ins[0], site.ins[1], site.outs[0]
    bias = site.const(2) if len(site.ins) > 2 else np.zeros(y.shape[3], np.int32)
    requant = requantise_data(x, w, y, y.shape[3])
    return (
        In(0),
        Out(0),
        In(1),
        Data(bias, "bias", Purpose.BIASES),
        requant,
        _params(site, "tc_conv2d_s8_t"),
    )


def _float_args(site: Site) -> tuple[Arg, ...]:
    bias: Arg = In(2) if len(site.ins) > 2 else Null()
    return (In(0), Out(0), In(1), bias, _params(site, "tc_conv2d_f32_t"))


def _is_int8(site: Site) -> bool:
    return site.ins[0].dtype is DType.INT8 and site.has_const(1) and (len(site.ins) < 3 or site.has_const(2))


def _is_float(site: Site) -> bool:
    return site.ins[0].dtype is DType.FLOAT32


def _cycles(per_mac: float) -> Callable[[Site], float]:
    """Estimated Cortex-M4F cycles: per multiply-accumulate, per position of the filter, per result."""

    def cycles(site: Site) -> float:
        assert isinstance(site.op, ConvTranspose2D)
        taps = math.prod(site.op.window.kernel)
        return per_mac * site.op.macs(site.ins, site.outs) + site.outs[0].elements * (144.0 + 16.0 * taps)

    return cycles


kernels(
    ConvTranspose2D,
    Kernel("tc_conv_transpose2d_s8", _int8_args, _is_int8, cycles=_cycles(9.0)),
    Kernel("tc_conv_transpose2d_f32", _float_args, _is_float, cycles=_cycles(10.5), dtype="float32"),
)
