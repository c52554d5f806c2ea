"""Concat of any number of tensors of one type along one dimension."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from tinycompile.ir import ChannelSite, GraphBuilder, Kept, OnChannels, Op, Region, RegionForm, Types
from tinycompile.ir.channels import narrowed, operands_on_channels, same_channels
from tinycompile.ops.axes import moved_axis, normal_axis
from tinycompile.ops.kernel import Arg, In, Kernel, Null, Out, Site, Struct
from tinycompile.ops.layout import Reshape
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.traits import Copying

#: Operands of one node (TC_CONCAT_OPERANDS); longer lists are joined in groups of this many.
MAX_OPERANDS = 8


@dataclass(frozen=True)
class Concat(Copying):
    """The operands one after another along dimension `axis`; they agree in all other dimensions."""

    axis: int

    def infer(self, ins: Types) -> Types:
        first = ins[0]
        if not 0 <= self.axis < first.rank:
            raise ValueError(f"{first} has no dimension {self.axis}")
        kind = (first.dtype, _without(first.shape, self.axis))
        for other in ins[1:]:
            if (other.dtype, _without(other.shape, self.axis)) != kind:
                raise ValueError(f"{first} and {other} cannot be joined along dimension {self.axis}")
        total = sum(t.shape[self.axis] for t in ins)
        return (first.with_shape((*first.shape[: self.axis], total, *first.shape[self.axis + 1 :])),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        return (np.concatenate(xs, axis=self.axis),)

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op | None:
        return Concat(moved_axis(self.axis, perm))

    def region_form(self, region: Region, ins: Types, outs: Types) -> RegionForm | None:
        """Along channels, the same region of every operand."""
        if outs[0].rank != 4 or self.axis != 3 or outs[0].shape[1:3] == (1, 1):
            return None
        return RegionForm(self, (region,) * len(ins))

    def kept_channels(self, at: ChannelSite, kept: Kept) -> Kept:
        """Along channels, the parts that stay of each operand; an operand may go as a whole."""
        if self.axis != at.outs[0].rank - 1 or not kept.out.any():
            return same_channels(kept)
        out = kept.out | np.concatenate(kept.ins)
        ends = np.cumsum([len(mask) for mask in kept.ins])[:-1]
        return Kept(tuple(np.split(out, ends)), out)

    def on_channels(self, at: ChannelSite, kept: Kept) -> OnChannels:
        whole = operands_on_channels(at, kept)
        left = tuple(x for x, mask in zip(whole, kept.ins, strict=True) if mask.any())
        alone = Reshape(narrowed(at.outs[0], kept.out).shape)
        return OnChannels(self if len(left) > 1 else alone, left)

    def operand_offsets(self, ins: Types, outs: Types) -> tuple[int, ...] | None:
        """The operands' places in the result when all dimensions before `axis` are 1."""
        if math.prod(outs[0].shape[: self.axis]) != 1:
            return None
        return tuple(accumulate((t.nbytes for t in ins[:-1]), initial=0))


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], -1, *shape[axis + 1 :])


def joined(
    b: GraphBuilder, parts: Sequence[str], axis: int, *, origins: Sequence[str] = (), hint: str = ""
) -> str:
    """All `parts` along `axis`; several nodes when there are more parts than one kernel takes.

    Raises:
        ValueError: the parts do not go together.
    """
    level = list(parts)
    while len(level) > 1:
        groups = [level[i : i + MAX_OPERANDS] for i in range(0, len(level), MAX_OPERANDS)]
        level = [
            b.add1(Concat(axis), *group, origins=origins, hint=hint) if len(group) > 1 else group[0]
            for group in groups
        ]
    return level[0]


@imports("Concat")
def _import_concat(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    names = [node.input(index) for index in range(len(node.inputs))]
    if not names:
        raise node.error("it has no operands", "check the model with onnx.checker", TC_OPERANDS)
    axis = normal_axis(node, node.attr_int("axis", 1 if node.opset < 4 else None), b.type(names[0]).rank)
    filled = [name for name in names if b.type(name).shape[axis]] or names[:1]
    try:
        Concat(axis).infer(tuple(b.type(name) for name in names))
        return [joined(b, filled, axis, origins=node.origins, hint=node.name)]
    except ValueError as error:
        raise node.error(str(error), code=TC_OPERANDS) from error


def _args(site: Site) -> tuple[Arg, ...]:
    op = site.op
    assert isinstance(op, Concat)
    absent = MAX_OPERANDS - len(site.ins)
    runs = tuple(math.prod(t.shape[op.axis :]) * t.dtype.itemsize for t in site.ins)
    params = Struct(
        "tc_concat_t",
        (
            ("rows", math.prod(site.outs[0].shape[: op.axis])),
            ("bytes", (*runs, *(0,) * absent)),
        ),
    )
    return (Out(0), *(In(index) for index in range(len(site.ins))), *(Null(),) * absent, params)


def _cycles(site: Site) -> float:
    """Estimated Cortex-M4 cycles: per byte, and per run of each operand."""
    assert isinstance(site.op, Concat)
    runs = len(site.ins) * math.prod(site.outs[0].shape[: site.op.axis])
    return 0.85 * site.outs[0].nbytes + 48.0 * runs + 60.0


kernels(
    Concat,
    Kernel("tc_concat", _args, lambda site: len(site.ins) <= MAX_OPERANDS, cycles=_cycles, dtype="any"),
)
