"""Transpose and Reshape: the operators that only change how a tensor is laid out or seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import ChannelSite, GraphBuilder, Kept, OnChannels, Types
from tinycompile.ir.channels import everything
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Scalar, Site, Struct
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.traits import Copying

#: Dimensions that the C transpose walks after merging and dropping size-1 dimensions.
_MAX_RANK = 6


@dataclass(frozen=True)
class Transpose(Copying):
    """y[i_perm[0], ...] = x[i_0, ...]: dimension d of y is dimension perm[d] of x."""

    perm: tuple[int, ...]

    def infer(self, ins: Types) -> Types:
        if sorted(self.perm) != list(range(ins[0].rank)):
            raise ValueError(f"permutation {self.perm} does not fit {ins[0]}")
        return (ins[0].with_shape(tuple(ins[0].shape[p] for p in self.perm)),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        return (np.ascontiguousarray(xs[0].transpose(self.perm)),)

    def view(self, ins: Types, outs: Types) -> bool:
        return keeps_order(ins[0].shape, self.perm)

    def channelwise(self, ins: Types, outs: Types) -> bool:
        return self.perm[-1:] == (ins[0].rank - 1,)


@dataclass(frozen=True)
class Reshape(Copying):
    """The same elements in the same order under another shape."""

    shape: tuple[int, ...]

    def infer(self, ins: Types) -> Types:
        if math.prod(self.shape) != ins[0].elements:
            raise ValueError(f"{ins[0]} cannot be reshaped to {self.shape}")
        return (ins[0].with_shape(self.shape),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        return (xs[0].reshape(self.shape),)

    def view(self, ins: Types, outs: Types) -> bool:
        return True

    def kept_channels(self, at: ChannelSite, kept: Kept) -> Kept:
        """Channels that stay channels, or lie behind one another as features, over and over in one order."""
        if not kept.out.any():
            return kept
        sizes = (len(kept.ins[0]), len(kept.out))
        period = min(sizes)
        if max(sizes) % period:
            return everything(kept)
        once = np.logical_or.reduce([m.reshape(-1, period).any(axis=0) for m in (kept.ins[0], kept.out)])
        x, y = (np.tile(once, size // period) for size in sizes)
        return Kept((x,), y)

    def on_channels(self, at: ChannelSite, kept: Kept) -> OnChannels:
        return OnChannels(Reshape((*self.shape[:-1], int(kept.out.sum()))) if self.shape else self, (0,))


@dataclass(frozen=True)
class Copy(Copying):
    """A copy; placed where a result must not share storage with its operand."""

    def infer(self, ins: Types) -> Types:
        return (ins[0],)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        return (xs[0].copy(),)

    @property
    def foldable(self) -> bool:
        return False

    def channelwise(self, ins: Types, outs: Types) -> bool:
        return True


def keeps_order(shape: tuple[int, ...], perm: tuple[int, ...]) -> bool:
    """True when a transpose moves only dimensions of size 1, so that the bytes stay as they are."""
    moved = [p for p in perm if shape[p] != 1]
    return moved == sorted(moved)


def merged(shape: tuple[int, ...], perm: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """An equivalent (shape, perm) with size-1 dimensions dropped and runs that stay together merged."""
    kept = [p for p in perm if shape[p] != 1]
    runs: list[list[int]] = []
    for p in kept:
        previous = [q for q in range(p) if shape[q] != 1]
        if runs and previous and runs[-1][-1] == previous[-1]:
            runs[-1].append(p)
        else:
            runs.append([p])
    order = sorted(range(len(runs)), key=lambda i: runs[i][0])
    sizes = tuple(math.prod(shape[p] for p in runs[i]) for i in order)
    return sizes or (1,), tuple(order.index(i) for i in range(len(runs))) or (0,)


def nhwc_from_nchw(b: GraphBuilder, x: str, origins: Sequence[str]) -> str:
    """An [N,C,H,W] or [N,C,L] value as [N,H,W,C], with height 1 for the latter.

    The height comes last, so that transposes of 1-D networks meet others of three dimensions.
    """
    shape = b.type(x).shape
    if len(shape) == 3:
        x = b.add1(Transpose((0, 2, 1)), x, origins=origins)
        return b.add1(Reshape((shape[0], 1, shape[2], shape[1])), x, origins=origins)
    return b.add1(Transpose((0, 2, 3, 1)), x, origins=origins)


def nchw_from_nhwc(b: GraphBuilder, y: str, rank: int, origins: Sequence[str]) -> str:
    """The inverse of `nhwc_from_nchw` for a source tensor of `rank` dimensions."""
    if rank == 3:
        shape = b.type(y).shape
        y = b.add1(Reshape((shape[0], shape[2], shape[3])), y, origins=origins)
        return b.add1(Transpose((0, 2, 1)), y, origins=origins)
    return b.add1(Transpose((0, 3, 1, 2)), y, origins=origins)


def _transpose_args(site: Site) -> tuple[Arg, ...]:
    assert isinstance(site.op, Transpose)
    return transpose_args(site.ins[0].shape, site.op.perm)


def transpose_args(shape: tuple[int, ...], perm: tuple[int, ...]) -> tuple[Arg, ...]:
    """Arguments of `tc_transpose_*` for an operand seen in `shape`."""
    sizes, perm = merged(shape, perm)
    strides = [math.prod(sizes[p + 1 :]) for p in range(len(sizes))]
    fill = _MAX_RANK - len(perm)
    out_sizes = (*(1,) * fill, *(sizes[p] for p in perm))
    in_strides = (*(0,) * fill, *(strides[p] for p in perm))
    params = Struct("tc_transpose_t", (("size", out_sizes), ("stride", in_strides)))
    return (In(0), Out(0), params)


def _transpose_fits(itemsize: int) -> Callable[[Site], bool]:
    def accepts(site: Site) -> bool:
        assert isinstance(site.op, Transpose)
        rank = len(merged(site.ins[0].shape, site.op.perm)[0])
        return site.ins[0].dtype.itemsize == itemsize and rank <= _MAX_RANK

    return accepts


def _transpose_cycles(site: Site) -> float:
    assert isinstance(site.op, Transpose)
    return transpose_cycles(site.ins[0].shape, site.op.perm)


def transpose_cycles(shape: tuple[int, ...], perm: tuple[int, ...]) -> float:
    """Estimated Cortex-M4 cycles of `tc_transpose_*`: per element, and per run along the last dimension."""
    sizes, perm = merged(shape, perm)
    return 11.8 * math.prod(sizes) + 14.7 * math.prod(sizes[p] for p in perm[:-1]) + 80.0


def _copy_cycles(site: Site) -> float:
    return 0.82 * site.ins[0].nbytes + 45.0


def _copy_args(site: Site) -> tuple[Arg, ...]:
    return (In(0), Out(0), Scalar(site.ins[0].nbytes, "size_t"))


@imports("Transpose")
def _import_transpose(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    rank = node.type(0, b).rank
    perm = node.attr_ints("perm", tuple(reversed(range(rank))))
    if sorted(perm) != list(range(rank)):
        raise node.error(f"perm {perm} is not a permutation of {rank} dimensions", code=TC_OPERANDS)
    return b.add(Transpose(perm), [node.input(0)], origins=node.origins)


@imports("Identity", "Dropout")
def _import_identity(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    if node.op_type == "Dropout" and node.has(2) and node.const(2, b, "training_mode").any():
        raise node.error("training mode is not supported", "export the model for inference")
    if node.op_type == "Dropout" and node.num_outputs > 1:
        mask = b.const(np.ones(node.type(0, b).shape, np.bool_), f"{node.name}.mask")
        return [node.input(0), mask]
    return [node.input(0)]


kernels(
    Transpose,
    *(
        Kernel(
            f"tc_transpose_{bits}",
            _transpose_args,
            _transpose_fits(bits // 8),
            cycles=_transpose_cycles,
            dtype="any",
        )
        for bits in (8, 16, 32, 64)
    ),
)
kernels(Copy, Kernel("tc_copy", _copy_args, cycles=_copy_cycles, dtype="any"))
kernels(Reshape, Kernel("tc_copy", _copy_args, cycles=_copy_cycles, dtype="any"))
