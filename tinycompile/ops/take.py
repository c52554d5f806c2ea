"""Take: a tensor read through constant index tables, one per dimension; Compress, ReverseSequence.

It serves whatever repeats, drops or reorders whole rows: mirrored padding, nearest-neighbour resizing,
gathering with constant indices. Operand of any type and rank.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import ChannelSite, GraphBuilder, Kept, OnChannels, Op, Types
from tinycompile.ir.channels import same_channels
from tinycompile.ops.axes import normal_axis
from tinycompile.ops.kernel import Arg, Data, In, Out, Purpose, Site, Struct
from tinycompile.ops.layout import Reshape
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.strided import MOVE_RANK, by_width, dense_strides, padded_rank
from tinycompile.ops.traits import Copying

Table = tuple[int, ...] | None


@dataclass(frozen=True)
class Take(Copying):
    """y[i_0, i_1, ...] = x[tables_0[i_0], tables_1[i_1], ...]; None stands for a whole dimension in order."""

    tables: tuple[Table, ...]

    def infer(self, ins: Types) -> Types:
        x = ins[0]
        if len(self.tables) != x.rank:
            raise ValueError(f"{len(self.tables)} index tables do not fit {x}")
        for table, size in zip(self.tables, x.shape, strict=True):
            if table and not 0 <= min(table) <= max(table) < size:
                raise ValueError(f"indices {min(table)}..{max(table)} leave a dimension of {size}")
        sizes = zip(self.tables, x.shape, strict=True)
        return (x.with_shape(tuple(size if table is None else len(table) for table, size in sizes)),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        y = xs[0]
        for axis, table in enumerate(self.tables):
            if table is not None:
                y = np.take(y, np.asarray(table, np.int64), axis=axis)
        return (np.ascontiguousarray(y).reshape(outs[0].shape),)

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op | None:
        return Take(tuple(self.tables[p] for p in perm))

    def kept_channels(self, at: ChannelSite, kept: Kept) -> Kept:
        """The same channels without a table along them; with one, any choice of what it reads."""
        table = self.tables[-1] if self.tables else None
        if not kept.out.any() or table is None:
            return same_channels(kept)
        x = kept.ins[0].copy()
        x[np.asarray(table)[kept.out]] = True
        return Kept((x,), kept.out)

    def on_channels(self, at: ChannelSite, kept: Kept) -> OnChannels:
        table = self.tables[-1] if self.tables else None
        if table is None:
            return OnChannels(self, (0,))
        places = np.cumsum(kept.ins[0]) - 1
        left = tuple(int(places[index]) for index in np.asarray(table)[kept.out])
        return OnChannels(Take((*self.tables[:-1], left)), (0,))


@imports("Compress")
def _import_compress(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    x = node.input(0)
    if "axis" not in node.attributes:
        x = b.add1(Reshape((b.type(x).elements,)), x, origins=node.origins)
    shape = b.type(x).shape
    axis = normal_axis(node, node.attr_int("axis", 0), len(shape))
    chosen = np.flatnonzero(node.const(1, b, "the condition"))
    tables: list[Table] = [None] * len(shape)
    tables[axis] = tuple(int(index) for index in chosen if index < shape[axis])
    return b.add(Take(tuple(tables)), [x], origins=node.origins, hint=node.name)


@imports("ReverseSequence")
def _import_reverse_sequence(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """Rows [time, batch] (or [batch, time]) in an order that the constant lengths decide."""
    x = node.type(0, b)
    batch_axis, time_axis = node.attr_int("batch_axis", 1), node.attr_int("time_axis", 0)
    if x.rank < 2 or {batch_axis, time_axis} != {0, 1}:
        raise node.error("batch_axis and time_axis must be 0 and 1", "transpose the operand", TC_OPERANDS)
    batch, time = x.shape[batch_axis], x.shape[time_axis]
    lengths = node.const(1, b, "the lengths").ravel()
    if lengths.shape != (batch,) or not all(0 <= length <= time for length in lengths):
        raise node.error(f"lengths {lengths.tolist()} do not fit {x}", code=TC_OPERANDS)
    rows = np.arange(batch * time).reshape(x.shape[:2])
    rows = rows if time_axis == 1 else rows.T
    order = rows.copy()
    for line, source, length in zip(order, rows, lengths, strict=True):
        line[:length] = source[:length][::-1]
    flat = (order if time_axis == 1 else order.T).ravel()
    tables: tuple[Table, ...] = (tuple(flat.tolist()), *(None,) * (x.rank - 2))
    y = b.add1(Reshape((batch * time, *x.shape[2:])), node.input(0), origins=node.origins)
    y = b.add1(Take(tables), y, origins=node.origins, hint=node.name)
    return b.add(Reshape(x.shape), [y], origins=node.origins)


def _walk(site: Site) -> tuple[list[np.ndarray], int]:
    """(element offsets per dimension that is walked, length of the dense run behind them)."""
    op = site.op
    assert isinstance(op, Take)
    shape, strides = site.ins[0].shape, dense_strides(site.ins[0].shape)
    inner = len(shape)
    while inner and op.tables[inner - 1] is None:
        inner -= 1
    walked = []
    for table, size, stride in zip(op.tables[:inner], shape, strides, strict=False):
        if table is not None or size != 1:
            walked.append(np.asarray(range(size) if table is None else table, np.int64) * stride)
    return walked, math.prod(shape[inner:])


def _args(site: Site) -> tuple[Arg, ...]:
    walked, run = _walk(site)
    # Unused dimensions have one entry, at offset 0.
    unused = MOVE_RANK - len(walked)
    tables = np.concatenate([np.zeros(unused, np.int64), *walked]).astype(np.int32)
    fields = (("size", padded_rank([len(offsets) for offsets in walked], 1)), ("run", run))
    return (In(0), Out(0), Data(tables, "offsets", Purpose.TABLE), Struct("tc_take_t", fields))


def _cycles(site: Site) -> float:
    """Estimated Cortex-M4 cycles: per element, per dense run, per walk along the last table."""
    walked, _ = _walk(site)
    counts = [len(offsets) for offsets in walked]
    return 10.0 * site.outs[0].elements + 15.0 * math.prod(counts) + 83.0 * math.prod(counts[:-1]) + 190.0


kernels(Take, *by_width("tc_take", _args, lambda site: len(_walk(site)[0]) <= MOVE_RANK, _cycles))
