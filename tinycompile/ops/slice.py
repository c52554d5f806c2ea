"""Slice with any steps, and Split, which becomes one Slice per part (parts that nothing reads vanish).

Operand x of any type and rank, result a dense copy of the chosen elements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinycompile.ir import ChannelSite, GraphBuilder, Kept, OnChannels, Op, Region, RegionForm, Types
from tinycompile.ir.channels import everything
from tinycompile.ops.axes import ints_operand, normal_axis
from tinycompile.ops.kernel import Site
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.strided import Walk, dense_strides, merged_strides, strided_kernels
from tinycompile.ops.traits import Copying


@dataclass(frozen=True)
class Slice(Copying):
    """y[i_0, ...] = x[starts_0 + i_0 * steps_0, ...], of shape `sizes`; all three for every dimension."""

    starts: tuple[int, ...]
    sizes: tuple[int, ...]
    steps: tuple[int, ...]

    def infer(self, ins: Types) -> Types:
        x = ins[0]
        if not len(self.starts) == len(self.sizes) == len(self.steps) == x.rank:
            raise ValueError(f"a slice of {len(self.sizes)} dimensions does not fit {x}")
        for start, size, step, limit in zip(self.starts, self.sizes, self.steps, x.shape, strict=True):
            if size and not (0 <= start < limit and 0 <= start + (size - 1) * step < limit):
                raise ValueError(f"a slice of {size} from {start} by {step} leaves a dimension of {limit}")
        return (x.with_shape(self.sizes),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        chosen = [
            start + step * np.arange(size)
            for start, size, step in zip(self.starts, self.sizes, self.steps, strict=True)
        ]
        return (np.ascontiguousarray(xs[0][np.ix_(*chosen)]) if chosen else xs[0].copy(),)

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op | None:
        return Slice(
            tuple(self.starts[p] for p in perm),
            tuple(self.sizes[p] for p in perm),
            tuple(self.steps[p] for p in perm),
        )

    def region_form(self, region: Region, ins: Types, outs: Types) -> RegionForm | None:
        """Of channels of all pixels, the same region."""
        if outs[0].rank != 4 or outs[0].shape[:3] != ins[0].shape[:3] or outs[0].shape[1:3] == (1, 1):
            return None
        if self.steps[1:3] != (1, 1):  # the image upside down
            return None
        sizes = (self.sizes[0], region.height, region.width, self.sizes[3])
        return RegionForm(
            replace(self, sizes=sizes, starts=(*self.starts[:1], 0, 0, self.starts[3])), (region,)
        )

    def kept_channels(self, at: ChannelSite, kept: Kept) -> Kept:
        if not kept.out.any() or not self.sizes or self.steps[-1] != 1:
            return everything(kept)
        chosen = self._channels()
        joint = kept.out | kept.ins[0][chosen]
        x = kept.ins[0].copy()
        x[chosen] = joint
        return Kept((x,), joint)

    def on_channels(self, at: ChannelSite, kept: Kept) -> OnChannels:
        if not self.sizes or self.steps[-1] != 1:
            return OnChannels(self, (0,))
        start = int(kept.ins[0][: self.starts[-1]].sum())
        sizes = (*self.sizes[:-1], int(kept.out.sum()))
        return OnChannels(Slice((*self.starts[:-1], start), sizes, self.steps), (0,))

    def _channels(self) -> slice:
        return slice(self.starts[-1], self.starts[-1] + self.sizes[-1])

    def result_offsets(self, ins: Types, outs: Types) -> tuple[int, ...] | None:
        """The offset of the result when it is one dense range of the operand."""
        offset, _, strides = self.walk(ins)
        return (offset * ins[0].dtype.itemsize,) if strides in ((), (1,)) else None

    def view(self, ins: Types, outs: Types) -> bool:
        return ins[0].elements == outs[0].elements and self.result_offsets(ins, outs) == (0,)

    def walk(self, ins: Types) -> Walk:
        """Which elements of the operand are read."""
        dense = dense_strides(ins[0].shape)
        sizes, strides = merged_strides(
            self.sizes, tuple(stride * step for stride, step in zip(dense, self.steps, strict=True))
        )
        return sum(stride * start for stride, start in zip(dense, self.starts, strict=True)), sizes, strides


def slice_of(
    b: GraphBuilder, x: str, axis: int, start: int, size: int, *, origins: Sequence[str] = (), hint: str = ""
) -> str:
    """The part start..start + size - 1 of `x` along `axis`; `x` itself when that is all of it."""
    shape = b.type(x).shape
    if size == shape[axis]:
        return x
    starts, sizes = [0] * len(shape), list(shape)
    starts[axis], sizes[axis] = start, size
    return b.add1(Slice(tuple(starts), tuple(sizes), (1,) * len(shape)), x, origins=origins, hint=hint)


def resolved_range(start: int, end: int, step: int, limit: int) -> tuple[int, int]:
    """(first index, count) of the ONNX range start:end:step in a dimension of `limit` elements."""
    indices = range(*slice(_clip(start, limit), _end(end, step, limit), step).indices(limit))
    return (indices[0], len(indices)) if len(indices) else (0, 0)


def _clip(value: int, limit: int) -> int:
    return max(value + limit, 0) if value < 0 else value


def _end(end: int, step: int, limit: int) -> int | None:
    if end >= 0:
        return end
    # Counted from the end; before the first element means "through the first" for negative steps.
    return end + limit if end + limit >= 0 else (None if step < 0 else 0)


@imports("Slice")
def _import_slice(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    x = node.type(0, b)
    if node.opset < 10:
        begins, ends = node.attr_ints("starts"), node.attr_ints("ends")
        axes = node.attr_ints("axes", tuple(range(len(begins))))
        strides: tuple[int, ...] = (1,) * len(begins)
    else:
        begins, ends = ints_operand(node, b, 1, "the starts"), ints_operand(node, b, 2, "the ends")
        axes = ints_operand(node, b, 3, "the axes") if node.has(3) else tuple(range(len(begins)))
        strides = ints_operand(node, b, 4, "the steps") if node.has(4) else (1,) * len(begins)
    if not len(begins) == len(ends) == len(axes) == len(strides) or 0 in strides:
        raise node.error(
            f"starts {begins}, ends {ends}, axes {axes}, steps {strides} do not go together", code=TC_OPERANDS
        )
    starts, sizes, steps = [0] * x.rank, list(x.shape), [1] * x.rank
    for begin, end, axis, step in zip(begins, ends, axes, strides, strict=True):
        at = normal_axis(node, axis, x.rank)
        starts[at], sizes[at] = resolved_range(begin, end, step, x.shape[at])
        steps[at] = step if sizes[at] > 1 else 1
    if tuple(sizes) == x.shape and set(steps) <= {1}:
        return [node.input(0)]
    op = Slice(tuple(starts), tuple(sizes), tuple(steps))
    return b.add(op, [node.input(0)], origins=node.origins, hint=node.name)


@imports("Split")
def _import_split(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    x, rank = node.input(0), node.type(0, b).rank
    axis = normal_axis(node, node.attr_int("axis", 0), rank)
    size = b.type(x).shape[axis]
    parts = _split_sizes(node, b, size)
    starts = np.cumsum((0, *parts))
    return [
        slice_of(b, x, axis, int(start), part, origins=node.origins, hint=f"{node.name}:{index}")
        for index, (start, part) in enumerate(zip(starts, parts, strict=False))
    ]


def _split_sizes(node: SourceNode, b: GraphBuilder, size: int) -> tuple[int, ...]:
    if node.opset < 13 and "split" in node.attributes:
        parts = node.attr_ints("split")
    elif node.opset >= 13 and node.has(1):
        parts = ints_operand(node, b, 1, "the sizes of the parts")
    else:
        count = node.attr_int("num_outputs", node.num_outputs)
        each = -(-size // count)
        if count < 1 or (node.opset < 18 and size % count):
            raise node.error(f"{size} entries do not split into {count} equal parts", code=TC_OPERANDS)
        parts = tuple(max(0, min(each, size - index * each)) for index in range(count))
    if sum(parts) != size or min(parts, default=0) < 0 or len(parts) < node.num_outputs:
        raise node.error(f"parts {parts} do not make up {size} entries", code=TC_OPERANDS)
    return parts


def _walk(site: Site) -> Walk:
    assert isinstance(site.op, Slice)
    return site.op.walk(site.ins)


kernels(Slice, *strided_kernels(_walk, 9.0, 25.0))
