"""Pad: with a constant as an operator of its own; reflect, edge and wrap as index tables (`Take`).

Operand x of any type and rank. Negative pads crop and become a Slice. On int8 tensors the constant is
a real number, quantised as the tensor is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import Bounds, ChannelSite, DType, GraphBuilder, Kept, OnChannels, Op, TensorType, Types
from tinycompile.ir.channels import everything, monotone_bounds
from tinycompile.numeric import quantize
from tinycompile.ops.axes import ints_operand, normal_axis
from tinycompile.ops.common import quant_of
from tinycompile.ops.kernel import Arg, Data, In, Out, Purpose, Site, Struct
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.slice import slice_of
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.strided import (
    MOVE_RANK,
    by_width,
    dense_strides,
    merged_strides,
    padded_rank,
    walk_cycles,
)
from tinycompile.ops.take import Take


@dataclass(frozen=True)
class Pad(Op):
    """The operand with `before` and `after` elements of `value` around it, along each dimension."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    value: float | int = 0.0

    def infer(self, ins: Types) -> Types:
        x = ins[0]
        if not len(self.before) == len(self.after) == x.rank or min(self.before + self.after, default=0) < 0:
            raise ValueError(f"pads {self.before} and {self.after} do not fit {x}")
        total = zip(self.before, x.shape, self.after, strict=True)
        return (x.with_shape(tuple(sum(parts) for parts in total)),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        y = np.full(outs[0].shape, pad_element(self, outs[0]), xs[0].dtype)
        y[tuple(slice(b, b + d) for b, d in zip(self.before, ins[0].shape, strict=True))] = xs[0]
        return (y,)

    @property
    def moves_data(self) -> bool:
        """True for a value that every quantisation has: 0, or an infinity, which saturates."""
        return self.value == 0 or math.isinf(self.value)

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        return self if ins[0].quant == outs[0].quant else None

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op | None:
        return Pad(tuple(self.before[p] for p in perm), tuple(self.after[p] for p in perm), self.value)

    def channel_bounds(self, at: ChannelSite) -> Bounds:
        return monotone_bounds(self, at)

    def kept_channels(self, at: ChannelSite, kept: Kept) -> Kept:
        if not kept.out.any() or not self.before:
            return everything(kept)
        x, inner = kept.ins[0], self._operand_channels(kept)
        joint = x | kept.out[inner]
        if not joint.any():
            joint = np.arange(len(joint)) == 0  # there is no tensor without channels
        out = kept.out.copy()
        out[inner] = joint
        return Kept((joint,), out)

    def on_channels(self, at: ChannelSite, kept: Kept) -> OnChannels:
        if not self.before:
            return OnChannels(self, (0,))
        inner = self._operand_channels(kept)
        before, after = int(kept.out[: inner.start].sum()), int(kept.out[inner.stop :].sum())
        op = Pad((*self.before[:-1], before), (*self.after[:-1], after), self.value)
        return OnChannels(op, (0,))

    def _operand_channels(self, kept: Kept) -> slice:
        return slice(self.before[-1], self.before[-1] + len(kept.ins[0]))

    def zero_pads(self, ins: Types, outs: Types) -> tuple[tuple[int, int], ...] | None:
        return tuple(zip(self.before, self.after, strict=True)) if self.value == 0 else None


def pad_element(op: Pad, y: TensorType) -> np.ndarray:
    """The padding as a single element [1] of the result's type."""
    if y.quant is None:
        return np.array([op.value]).astype(y.dtype.numpy)
    quant = quant_of(y)
    return quantize(np.array([op.value], np.float32), quant.scale0, quant.zero0, y.dtype.numpy)


@imports("Pad")
def _import_pad(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    mode = node.attr_str("mode", "constant")
    x = node.input(0)
    before, after = _pads(node, b)
    for axis, size in enumerate(b.type(x).shape):
        start, end = max(0, -before[axis]), size - max(0, -after[axis])
        if start > end:
            raise node.error(f"pads remove more than all {size} entries of axis {axis}", code=TC_OPERANDS)
        x = slice_of(b, x, axis, start, end - start, origins=node.origins)
    before, after = [max(0, size) for size in before], [max(0, size) for size in after]
    if not any(before + after):
        return [x]
    if mode == "constant":
        op: Op = Pad(tuple(before), tuple(after), _value(node, b))
    else:
        sizes = zip(before, b.type(x).shape, after, strict=True)
        op = Take(
            tuple(
                _mirrored(node, mode, size, first, last) if first or last else None
                for first, size, last in sizes
            )
        )
    return [b.add1(op, x, origins=node.origins, hint=node.name)]


@imports("CenterCropPad")
def _import_center_crop_pad(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """Zeros around both ends, or both ends cut off, so that the chosen dimensions get the given sizes."""
    x = node.input(0)
    rank = b.type(x).rank
    axes = [normal_axis(node, axis, rank) for axis in node.attr_ints("axes", tuple(range(rank)))]
    sizes = ints_operand(node, b, 1, "the shape")
    if len(sizes) != len(axes) or min(sizes, default=0) < 0:
        raise node.error(f"sizes {sizes} do not fit {len(axes)} dimensions", code=TC_OPERANDS)
    before, after = [0] * rank, [0] * rank
    for axis, size in zip(axes, sizes, strict=True):
        missing = size - b.type(x).shape[axis]
        if missing < 0:
            x = slice_of(b, x, axis, -missing // 2, size, origins=node.origins)
        else:
            before[axis], after[axis] = missing // 2, missing - missing // 2
    if not any(before + after):
        return [x]
    return b.add(Pad(tuple(before), tuple(after), 0), [x], origins=node.origins, hint=node.name)


def _pads(node: SourceNode, b: GraphBuilder) -> tuple[list[int], list[int]]:
    """(before, after) for every dimension, negative ones included."""
    rank = node.type(0, b).rank
    pads = node.attr_ints("pads") if node.opset < 11 else ints_operand(node, b, 1, "the pads")
    axes: tuple[int, ...] = tuple(range(rank))
    if node.opset >= 18 and node.has(3):
        axes = tuple(normal_axis(node, axis, rank) for axis in ints_operand(node, b, 3, "the axes"))
    if len(pads) != 2 * len(axes):
        raise node.error(f"{len(pads)} pads do not fit {len(axes)} dimensions", code=TC_OPERANDS)
    before, after = [0] * rank, [0] * rank
    for index, axis in enumerate(axes):
        before[axis], after[axis] = pads[index], pads[index + len(axes)]
    return before, after


def _value(node: SourceNode, b: GraphBuilder) -> float | int:
    if node.opset < 11:
        return node.attr_float("value", 0.0)
    if not node.has(2):
        return 0.0 if node.type(0, b).dtype is DType.FLOAT32 else 0
    value = node.const(2, b, "the padding value").ravel()
    if value.size != 1:
        raise node.error(f"the padding value has {value.size} elements", code=TC_OPERANDS)
    return float(value[0]) if value.dtype.kind == "f" else int(value[0])


def _mirrored(node: SourceNode, mode: str, size: int, before: int, after: int) -> tuple[int, ...]:
    """The operand's index for every index of the padded dimension."""
    positions = np.arange(-before, size + after)
    if size == 0:
        raise node.error("a dimension is empty, so there is nothing to pad with", code=TC_OPERANDS)
    if mode == "edge":
        found = np.clip(positions, 0, size - 1)
    elif mode == "wrap":
        found = positions % size
    elif mode == "reflect":
        period = max(1, 2 * (size - 1))
        found = np.abs((positions + size - 1) % period - (size - 1))
    else:
        raise node.error(f"mode '{mode}' is unknown", "use constant, reflect, edge or wrap")
    return tuple(int(index) for index in found)


def _walk(site: Site) -> tuple[tuple[int, ...], ...]:
    """(sizes, element strides in the result) of the operand's place."""
    return merged_strides(site.ins[0].shape, dense_strides(site.outs[0].shape))


def _args(site: Site) -> tuple[Arg, ...]:
    op = site.op
    assert isinstance(op, Pad)
    y = site.outs[0]
    sizes, strides = _walk(site)
    offset = sum(b * stride for b, stride in zip(op.before, dense_strides(y.shape), strict=True))
    params = Struct(
        "tc_pad_t",
        (
            ("size", padded_rank(sizes or (1,), 1)),
            ("stride", padded_rank(strides or (1,), 0)),
            ("offset", offset),
            ("elements", y.elements),
        ),
    )
    return (In(0), Out(0), Data(pad_element(op, y), "fill", Purpose.TABLE), params)


def _cycles(site: Site) -> float:
    """Estimated Cortex-M4 cycles: the result is filled, then the operand is put into its place."""
    return 6.5 * site.outs[0].elements + walk_cycles(_walk(site)[0], 8.5, 50.0, 0.0)


kernels(Pad, *by_width("tc_pad", _args, lambda site: len(_walk(site)[0]) <= MOVE_RANK, _cycles))
