"""Expand and Tile: repeating a tensor along its dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import ChannelSite, GraphBuilder, Kept, OnChannels, Op, Types
from tinycompile.ops.axes import ints_operand
from tinycompile.ops.kernel import Site
from tinycompile.ops.layout import Reshape
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.strided import Walk, dense_strides, merged_strides, strided_kernels
from tinycompile.ops.traits import Copying


@dataclass(frozen=True)
class Expand(Copying):
    """The operand, of the same rank, repeated along its dimensions of size 1 to fill `shape`."""

    shape: tuple[int, ...]

    def infer(self, ins: Types) -> Types:
        x, shape = ins[0], self.shape
        if x.rank != len(shape) or any(d not in (1, s) for d, s in zip(x.shape, shape, strict=True)):
            raise ValueError(f"{x} cannot be repeated to {shape}")
        return (x.with_shape(shape),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        return (np.ascontiguousarray(np.broadcast_to(xs[0], self.shape)),)

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op | None:
        return Expand(tuple(self.shape[p] for p in perm))

    def channelwise(self, ins: Types, outs: Types) -> bool:
        return True

    def on_channels(self, at: ChannelSite, kept: Kept) -> OnChannels:
        return OnChannels(Expand((*self.shape[:-1], int(kept.out.sum()))) if self.shape else self, (0,))

    def walk(self, ins: Types) -> Walk:
        """How the operand is read: strides are 0 along repeated dimensions."""
        dense = dense_strides(ins[0].shape)
        steps = tuple(0 if d == 1 else stride for d, stride in zip(ins[0].shape, dense, strict=True))
        sizes, strides = merged_strides(self.shape, steps)
        return 0, sizes, strides


def expanded(
    b: GraphBuilder, x: str, shape: tuple[int, ...], *, origins: Sequence[str] = (), hint: str = ""
) -> str:
    """`x` broadcast with `shape` by the rules of NumPy, on both sides.

    Raises:
        ValueError: the shapes do not go together.
    """
    target = np.broadcast_shapes(b.type(x).shape, shape)
    source = (*(1,) * (len(target) - b.type(x).rank), *b.type(x).shape)
    if source != b.type(x).shape:
        x = b.add1(Reshape(source), x, origins=origins)
    return x if source == target else b.add1(Expand(target), x, origins=origins, hint=hint)


@imports("Expand")
def _import_expand(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    shape = ints_operand(node, b, 1, "the shape")
    try:
        return [expanded(b, node.input(0), shape, origins=node.origins, hint=node.name)]
    except ValueError as error:
        raise node.error(str(error), code=TC_OPERANDS) from error


@imports("Tile")
def _import_tile(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """Every dimension d repeated r times is [1, d] expanded to [r, d] and merged again."""
    x, shape = node.input(0), node.type(0, b).shape
    repeats = ints_operand(node, b, 1, "the repeats")
    if len(repeats) != len(shape) or min(repeats, default=0) < 0:
        raise node.error(f"repeats {repeats} do not fit {len(shape)} dimensions", code=TC_OPERANDS)
    pairs = tuple(zip(shape, repeats, strict=True))
    apart = tuple(size for d in shape for size in (1, d))
    wide = tuple(size for d, r in pairs for size in (r, d))
    x = b.add1(Reshape(apart), x, origins=node.origins)
    x = b.add1(Expand(wide), x, origins=node.origins, hint=node.name)
    return b.add(Reshape(tuple(d * r for d, r in pairs)), [x], origins=node.origins)


def _walk(site: Site) -> Walk:
    assert isinstance(site.op, Expand)
    return site.op.walk(site.ins)


kernels(Expand, *strided_kernels(_walk, 10.0, 20.0))
