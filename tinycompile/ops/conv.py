"""2-D convolution (1-D as height 1): dense, grouped, depthwise, dilated; float32 and int8.

Operands: x[N,H,W,C], w[O,KH,KW,C/groups], and optionally bias[O]. Result y[N,OH,OW,O].
int8: x and y per tensor, w symmetric per channel (axis 0) or per tensor, bias int32 of scale
scale_x * scale_w.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinycompile.ir import DType, GraphBuilder, Op, TensorType, Types
from tinycompile.ops.common import clamp_bounds, quant_of, requantise_channels, requantise_data
from tinycompile.ops.kernel import Arg, Data, In, Kernel, Null, Out, Site, Struct
from tinycompile.ops.layout import nchw_from_nhwc, nhwc_from_nchw
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.spatial import Window, window_of

_ACC_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class Conv2D(Op):
    """Convolution with an optional clamp of the result to [lo, hi] (a fused activation)."""

    window: Window
    groups: int = 1
    lo: float = -math.inf
    hi: float = math.inf

    def infer(self, ins: Types) -> Types:
        x, w = ins[0], ins[1]
        if x.rank != 4 or w.rank != 4:
            raise ValueError(f"a convolution needs 4-D operands, not {x} and {w}")
        if x.shape[3] != w.shape[3] * self.groups or w.shape[0] % self.groups:
            raise ValueError(f"{x.shape[3]} channels in {self.groups} groups do not go with weights {w.shape}")
        if w.shape[1:3] != self.window.kernel:
            raise ValueError(f"weights {w.shape} are not {self.window.kernel}")
        out_h, out_w = self.window.out_size(x.shape[1:3])
        return (TensorType((x.shape[0], out_h, out_w, w.shape[0]), x.dtype),)

    @property
    def weight_operand(self) -> tuple[int, int]:
        return (1, 0)

    def macs(self, ins: Types, outs: Types) -> int:
        return outs[0].elements * math.prod(ins[1].shape[1:])

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        x, w, y = ins[0], ins[1], outs[0]
        if not (x.per_tensor_int8 and y.per_tensor_int8 and w.dtype is DType.INT8 and w.quant):
            return None
        if not w.quant.symmetric or w.quant.axis not in (None, 0):
            return None
        return self if 255 * 128 * math.prod(w.shape[1:]) < _ACC_LIMIT // 2 else None

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        if ins[0].dtype is DType.INT8:
            return (_evaluate_int8(self, xs, ins, outs),)
        return (_evaluate_float(self, xs, outs[0].shape),)

    @property
    def weight_axis(self) -> int:
        return 0

    def padded(self, pads: tuple[tuple[int, int], ...]) -> Op | None:
        window = self.window.padded(pads)
        return None if window is None else replace(self, window=window)

    def clamped_to(self, lo: float, hi: float) -> Op:
        return replace(self, lo=max(self.lo, lo), hi=max(lo, min(self.hi, hi)))

    @property
    def clamped(self) -> bool:
        """True when an activation is fused."""
        return self.lo > -math.inf or self.hi < math.inf


def is_depthwise(op: Conv2D, x: TensorType) -> bool:
    """True when every input channel has its own filters."""
    return op.groups == x.shape[3]


def _evaluate_float(op: Conv2D, xs: Sequence[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """Sums from the bias on, in the order (ky, kx, channel), each product and sum rounded to float32."""
    x, w = xs[0], xs[1]
    acc = np.zeros(shape, np.float32)
    if len(xs) > 2:
        acc += xs[2]
    per_group_in, per_group_out = w.shape[3], w.shape[0] // op.groups
    grouped = acc.reshape(*shape[:3], op.groups, per_group_out)
    xg = x.reshape(*x.shape[:3], op.groups, per_group_in)
    wg = w.reshape(op.groups, per_group_out, *w.shape[1:])
    for tap in op.window.taps(x.shape[1:3], (shape[1], shape[2])):
        part = xg[:, tap.in_y, tap.in_x]
        target = grouped[:, tap.out_y, tap.out_x]
        for channel in range(per_group_in):
            target += part[..., channel, None] * wg[:, :, tap.ky, tap.kx, channel]
    if op.clamped:
        np.clip(acc, np.float32(op.lo), np.float32(op.hi), out=acc)
    return acc


def int_accumulate(op: Conv2D, x: np.ndarray, w: np.ndarray, zero: int, shape: tuple[int, ...]) -> np.ndarray:
    """int64[N,OH,OW,O] of sum((x - zero) * w); exact, through float64 products below 2**53."""
    per_group_in, per_group_out = w.shape[3], w.shape[0] // op.groups
    acc = np.zeros((*shape[:3], op.groups, per_group_out), np.float64)
    xg = (x.astype(np.float64) - zero).reshape(*x.shape[:3], op.groups, per_group_in)
    wg = w.astype(np.float64).reshape(op.groups, per_group_out, *w.shape[1:])
    for tap in op.window.taps(x.shape[1:3], (shape[1], shape[2])):
        part = xg[:, tap.in_y, tap.in_x]
        if per_group_in == 1:
            acc[:, tap.out_y, tap.out_x] += part * wg[:, :, tap.ky, tap.kx, 0]
        else:
            acc[:, tap.out_y, tap.out_x] += np.einsum("nhwgc,goc->nhwgo", part, wg[:, :, tap.ky, tap.kx], optimize=True)
    return acc.reshape(shape).astype(np.int64)


def _evaluate_int8(op: Conv2D, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> np.ndarray:
    x_quant = ins[0].quant
    assert x_quant is not None
    acc = int_accumulate(op, xs[0], xs[1], x_quant.zero0, outs[0].shape)
    if len(xs) > 2:
        acc += xs[2]
    return requantise_channels(acc, ins[0], ins[1], outs[0], op.lo, op.hi)


@imports("Conv")
def _import_conv(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    x_shape, w_shape = node.type(0, b).shape, node.type(1, b).shape
    if len(x_shape) < 3 or len(w_shape) != len(x_shape):
        raise node.error(f"operands of shapes {x_shape} and {w_shape} do not make a convolution", code=TC_OPERANDS)
    kernel = node.attr_ints("kernel_shape", w_shape[2:])
    if kernel != w_shape[2:]:
        raise node.error(f"kernel_shape {kernel} contradicts weights of shape {w_shape}", code=TC_OPERANDS)
    window = window_of(node, kernel, x_shape[2:])
    x = nhwc_from_nchw(b, node.input(0), node.origins)
    w = nhwc_from_nchw(b, node.input(1), node.origins)
    operands = [x, w, node.input(2)] if node.has(2) else [x, w]
    y = b.add1(Conv2D(window, node.attr_int("group", 1)), *operands, origins=node.origins, hint=node.name)
    return [nchw_from_nhwc(b, y, len(x_shape), node.origins)]


def _params(site: Site, name: str) -> Struct:
    """The geometry block shared by all convolution kernels; int8 fields are 0 for float32."""
    op = site.op
    assert isinstance(op, Conv2D)
    x, y = site.ins[0], site.outs[0]
    window = op.window
    geometry: tuple[tuple[str, int], ...] = (
        ("batch", x.shape[0]), ("in_h", x.shape[1]), ("in_w", x.shape[2]), ("in_c", x.shape[3]),
        ("out_h", y.shape[1]), ("out_w", y.shape[2]), ("out_c", y.shape[3]),
        ("kernel_h", window.kernel[0]), ("kernel_w", window.kernel[1]),
        ("stride_h", window.strides[0]), ("stride_w", window.strides[1]),
        ("pad_top", window.pads[0]), ("pad_left", window.pads[1]),
        ("dilation_h", window.dilations[0]), ("dilation_w", window.dilations[1]), ("groups", op.groups),
    )
    if x.dtype is DType.FLOAT32:
        return Struct(name, (*geometry, ("lo", float(op.lo)), ("hi", float(op.hi))))
    lo, hi = clamp_bounds(y, op.lo, op.hi)
    zeros = (("in_zero", quant_of(x).zero0), ("out_zero", quant_of(y).zero0), ("lo", lo), ("hi", hi))
    return Struct(name, (*geometry, *zeros))


def _bias(site: Site) -> np.ndarray:
    """int32[O], zeros when the node has none."""
    return site.const(2) if len(site.ins) > 2 else np.zeros(site.outs[0].shape[3], np.int32)


def _int8_args(site: Site) -> tuple[Arg, ...]:
    x, w, y = site.ins[0], site.ins[1], site.outs[0]
    requant = requantise_data(x, w, y, y.shape[3])
    return (In(0), Out(0), In(1), Data(_bias(site), "bias"), requant, _params(site, "tc_conv2d_s8_t"))


def _float_args(site: Site) -> tuple[Arg, ...]:
    bias: Arg = In(2) if len(site.ins) > 2 else Null()
    return (In(0), Out(0), In(1), bias, _params(site, "tc_conv2d_f32_t"))


def _is_int8(site: Site) -> bool:
    return site.ins[0].dtype is DType.INT8 and site.has_const(1) and (len(site.ins) < 3 or site.has_const(2))


def _is_float(site: Site) -> bool:
    return site.ins[0].dtype is DType.FLOAT32


kernels(
    Conv2D,
    Kernel("tc_conv2d_s8", _int8_args, _is_int8),
    Kernel("tc_conv2d_f32", _float_args, _is_float, dtype="float32"),
)
