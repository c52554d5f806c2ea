"""Channels, the places along a tensor's last dimension: what values they take and which of them are kept.

The operators answer for one node at a time (`Op.channel_bounds`, `Op.kept_channels`, `Op.on_channels`);
`passes/dead_channels` puts the answers together. All of it is about 8-bit tensors with one quantisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from tinycompile.ir.types import DType, Quant, TensorType

if TYPE_CHECKING:
    from tinycompile.ir.op import Op


@dataclass(frozen=True, eq=False)
class Bounds:
    """int64[C] each: the smallest and the largest value of every channel, over all inputs and places."""

    low: np.ndarray
    high: np.ndarray

    @property
    def constant(self) -> np.ndarray:
        """bool[C]: channels with the same value for every input and at every place."""
        return np.asarray(self.low == self.high)

    @staticmethod
    def of_type(type_: TensorType) -> Bounds:
        """What an 8-bit type allows."""
        low, high = type_.dtype.limits
        count = channel_count(type_)
        return Bounds(np.full(count, low, np.int64), np.full(count, high, np.int64))

    @staticmethod
    def of_data(data: np.ndarray) -> Bounds:
        """What integer data [..., C] hold."""
        rows = data.reshape(-1, data.shape[-1] if data.ndim else 1).astype(np.int64)
        return Bounds(rows.min(axis=0), rows.max(axis=0))


@dataclass(frozen=True, eq=False)
class ChannelSite:
    """One node with what is known of its operands; `bounds` means nothing for operands that are not 8-bit."""

    ins: tuple[TensorType, ...]
    outs: tuple[TensorType, ...]
    consts: tuple[np.ndarray | None, ...]
    bounds: tuple[Bounds, ...]


@dataclass(frozen=True, eq=False)
class Kept:
    """bool[C] masks of the channels that stay, per operand and for the result."""

    ins: tuple[np.ndarray, ...]
    out: np.ndarray


@dataclass(frozen=True, eq=False)
class Constant:
    """Data that become a constant operand."""

    data: np.ndarray
    quant: Quant | None = None


@dataclass(frozen=True, eq=False)
class OnChannels:
    """An operator on fewer channels; its operands are new constants, or the old operands by number."""

    op: Op
    operands: tuple[int | Constant, ...] = field(default=())


def channel_count(type_: TensorType) -> int:
    """Entries of the last dimension; 1 for a scalar."""
    return type_.shape[-1] if type_.rank else 1


def has_channels(type_: TensorType) -> bool:
    """True for the tensors that this analysis is about: 8-bit, one quantisation, not empty."""
    one = type_.quant is not None and type_.quant.per_tensor
    return type_.dtype in (DType.INT8, DType.UINT8) and one and type_.elements > 0


def everything(kept: Kept) -> Kept:
    """All channels of all operands, and of the result, unless the result is not needed at all."""
    if not kept.out.any():
        return kept
    return Kept(tuple(np.ones_like(mask) for mask in kept.ins), np.ones_like(kept.out))


def same_channels(kept: Kept) -> Kept:
    """The same channels of the result and of all operands but those that are broadcast along channels."""
    if not kept.out.any():
        return kept
    count = len(kept.out)
    joint = np.logical_or.reduce([kept.out, *(mask for mask in kept.ins if len(mask) == count)])
    return Kept(tuple(joint if len(m) == count else np.ones_like(m) for m in kept.ins), joint)


def operands_on_channels(at: ChannelSite, kept: Kept) -> tuple[int | Constant, ...]:
    """The operands in order, constants cut to the channels that are kept."""
    found: list[int | Constant] = []
    for index, (data, mask) in enumerate(zip(at.consts, kept.ins, strict=True)):
        whole = data is None or bool(mask.all())
        found.append(index if data is None or whole else Constant(data[..., mask], at.ins[index].quant))
    return tuple(found)


def narrowed(type_: TensorType, mask: np.ndarray) -> TensorType:
    """The type with the kept channels alone."""
    return type_ if bool(mask.all()) else type_.with_shape((*type_.shape[:-1], int(mask.sum())))


def monotone_bounds(op: Op, at: ChannelSite) -> Bounds:
    """Bounds of an operator of which no result falls when an element of an operand rises.

    Exact: the extremes are taken where all operands are at theirs, and there the operator is evaluated.
    """
    ends = []
    for side in ("low", "high"):
        images = [
            np.broadcast_to(getattr(bounds, side).astype(t.dtype.numpy), t.shape) if data is None else data
            for data, bounds, t in zip(at.consts, at.bounds, at.ins, strict=True)
        ]
        (result,) = op.evaluate(images, at.ins, at.outs)
        ends.append(Bounds.of_data(result))
    return Bounds(ends[0].low, ends[1].high)


def corner_bounds(op: Op, at: ChannelSite, more: Sequence[tuple[np.ndarray, ...]] = ()) -> Bounds:
    """Bounds of an elementwise operator that is monotonic in each operand while the others stand still.

    Exact for each channel: the extremes lie at corners of the box of operands. `more` holds values per
    operand to try besides, int64[C] or int64[1] within the bounds.
    """
    count = channel_count(at.outs[0])
    sides: list[tuple[np.ndarray, ...]] = [(b.low, b.high) for b in at.bounds]
    for index, values in enumerate(more):
        sides[index] = (*sides[index], *values)
    ins = tuple(t.with_shape((count,)) for t in at.ins)
    outs = (at.outs[0].with_shape((count,)),)
    results = []
    for corner in product(*sides):
        xs = [np.broadcast_to(v, (count,)).astype(t.dtype.numpy) for v, t in zip(corner, ins, strict=True)]
        results.append(op.evaluate(xs, ins, outs)[0].astype(np.int64))
    return Bounds(np.minimum.reduce(results), np.maximum.reduce(results))


def table_bounds(op: Op, at: ChannelSite) -> Bounds:
    """Exact bounds of any function of one 8-bit tensor, element by element: all values are tried."""
    x, y = at.ins[0], at.outs[0]
    low, high = x.dtype.limits
    values = np.arange(low, high + 1)
    types = (x.with_shape(values.shape),), (y.with_shape(values.shape),)
    results = op.evaluate([values.astype(x.dtype.numpy)], *types)[0].astype(np.int64)
    bounds = at.bounds[0]
    taken = (values >= bounds.low[:, None]) & (values <= bounds.high[:, None])
    outside = y.dtype.limits
    return Bounds(
        np.where(taken, results, outside[1]).min(axis=1), np.where(taken, results, outside[0]).max(axis=1)
    )
