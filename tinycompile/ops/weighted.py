"""The channels of operators with constant weights: what results can be, which inputs matter, fewer of both.

All of them are y[o] = requantise(bias[o] + sum over the taps that lie inside, and over the channels i of o's
group, of (x[i] - zero_x) * w[o, tap, i]). Weights are w[O, KH, KW, I] (or w[O, I]), bias int32[O].
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from tinycompile.ir import Bounds, ChannelSite, Constant, Kept, OnChannels, Quant, TensorType
from tinycompile.ir.channels import everything
from tinycompile.numeric.fixed_point import INT32_MAX, INT32_MIN
from tinycompile.ops.common import quant_of, requantise_channels
from tinycompile.ops.products import weight_offsets
from tinycompile.ops.traits import Clamped

#: Biases grow up to here when constants are folded into them; products keep the same room (`can_accumulate`).
_BIAS_ROOM = 1 << 30


@dataclass(frozen=True, eq=False)
class Seen:
    """Which taps lie inside the operand, once for every combination that occurs.

    Attributes:
        rows: bool[R, KH], the combinations along H.
        columns: bool[S, KW], the combinations along W; each goes with each along H.
    """

    rows: np.ndarray
    columns: np.ndarray


#: A product without a window.
SEEN_ONCE = Seen(np.ones((1, 1), np.bool_), np.ones((1, 1), np.bool_))


def seen_taps(outs: Sequence[int], spans: Sequence[Sequence[slice | None]]) -> Seen:
    """From the results along H and W that each tap contributes to; None for a tap that never does."""
    found = []
    for size, taps in zip(outs, spans, strict=True):
        inside = np.zeros((size, len(taps)), np.bool_)
        for k, span in enumerate(taps):
            if span is not None:
                inside[span, k] = True
        found.append(np.unique(inside, axis=0))
    return Seen(*found)


class WeightedOp(Clamped):
    """Base of these operators: operand 1 holds the weights, filter by filter."""

    @property
    def weight_operand(self) -> tuple[int, int]:
        return (1, 0)

    @property
    def weight_axis(self) -> int:
        return 0

    @abstractmethod
    def weighted(self, at: ChannelSite) -> Weighted:
        """What its channels do at one place."""

    def in_groups(self, groups: int) -> Self:
        """The operator with so many groups; those without groups have a single one."""
        return self

    def channel_bounds(self, at: ChannelSite) -> Bounds | None:
        return self.weighted(at).bounds(self.lo, self.hi)

    def kept_channels(self, at: ChannelSite, kept: Kept) -> Kept:
        return self.weighted(at).kept(kept)

    def on_channels(self, at: ChannelSite, kept: Kept) -> OnChannels:
        weighted = self.weighted(at)
        return OnChannels(self.in_groups(weighted.live_groups(kept)), weighted.operands(kept))


@dataclass(frozen=True, eq=False)
class Weighted:
    """One such operator on quantised operands."""

    at: ChannelSite
    seen: Seen = SEEN_ONCE
    groups: int = 1

    @property
    def known(self) -> bool:
        """False when weights or bias are computed at run time, or are not quantised."""
        return self.at.ins[1].quant is not None and all(data is not None for data in self.at.consts[1:])

    def bounds(self, lo: float, hi: float) -> Bounds | None:
        """Exact bounds of the results, clamped to the reals [lo, hi], for operands anywhere in theirs."""
        if not self.known:
            return None
        w, zero = self._weights(), quant_of(self.at.ins[0]).zero0
        low, high = (
            self._of_outputs(side - zero)[:, None, None]
            for side in (self.at.bounds[0].low, self.at.bounds[0].high)
        )
        x, y = self.at.ins[0], self.at.outs[0]
        ends = []
        for smallest in (True, False):
            terms = np.minimum(w * low, w * high) if smallest else np.maximum(w * low, w * high)
            sums = self._seen_sums(terms.sum(axis=3)[..., None])[..., 0]
            acc = (sums.min(axis=(1, 2)) if smallest else sums.max(axis=(1, 2))) + self._bias()
            # Accumulators fit an int32 by contract, so what lies outside does not occur.
            fitting = np.clip(acc, INT32_MIN, INT32_MAX)
            ends.append(requantise_channels(fitting, x, self.at.ins[1], y, lo, hi).astype(np.int64))
        return Bounds(ends[0], ends[1])

    def kept(self, kept: Kept) -> Kept:
        """Inputs that matter to kept outputs; with groups, whole groups or nothing of them."""
        if not self.known:
            return everything(kept)
        if not kept.out.any():
            return kept
        x, out = kept.ins[0], kept.out
        if self.groups == 1:
            x = x | self._matters(out)
            if not x.any():
                x = np.arange(len(x)) == 0  # there is no tensor without channels
            return Kept((x, *kept.ins[1:]), out)
        live = out.reshape(self.groups, -1).any(axis=1) | x.reshape(self.groups, -1).any(axis=1)
        x, out = (np.repeat(live, len(mask) // self.groups) for mask in (x, out))
        return Kept((x, *kept.ins[1:]), out)

    def operands(self, kept: Kept) -> tuple[int | Constant, ...]:
        """The operands on the channels kept; constants of other inputs go into the bias."""
        x, out = kept.ins[0], kept.out
        if not self.known or (x.all() and out.all()):
            return tuple(range(len(self.at.ins)))
        data = self._data(1)[out]
        data = data[..., x] if self.groups == 1 else data
        weights = Constant(np.ascontiguousarray(data), _of_channels(self.at.ins[1], out))
        bias = self._bias()
        if self.groups == 1:
            constant = self.at.bounds[0].constant & ~x
            bias = bias + self._contributions()[:, 0, 0, constant].sum(axis=1)
        bias = bias[out].astype(np.int32)
        return (0, weights, Constant(bias)) if len(self.at.ins) > 2 or bias.any() else (0, weights)

    def live_groups(self, kept: Kept) -> int:
        """How many groups are left."""
        return int(kept.out.reshape(self.groups, -1).any(axis=1).sum())

    def _matters(self, out: np.ndarray) -> np.ndarray:
        """bool[I] of a single group: not foldable into the bias of some output of the mask `out`.

        A constant is foldable where it adds the same to every sum: when it is the zero point, or no
        window that reads it through the taps sees the border differently.
        """
        used = self._weights()[out].any(axis=(0, 1, 2))
        constant = self.at.bounds[0].constant
        if not constant.any():
            return np.asarray(used)
        added = self._contributions()[out]
        same = (added == added[:, :1, :1]).all(axis=(0, 1, 2))
        first = added[:, 0, 0]
        full = np.abs(self._bias()[out]) + np.abs(first).sum(axis=1) >= _BIAS_ROOM
        crowded = (first[full] != 0).any(axis=0)
        return np.asarray(used & ~(constant & same & ~crowded))

    def _contributions(self) -> np.ndarray:
        """int64[O, R, S, I]: what constant inputs of a single group add to sums; 0 for all others."""
        bounds = self.at.bounds[0]
        values = np.where(bounds.constant, bounds.low - quant_of(self.at.ins[0]).zero0, 0)
        return self._seen_sums(self._weights() * values)

    def _seen_sums(self, terms: np.ndarray) -> np.ndarray:
        """int64[O, R, S, N] of terms[O, KH, KW, N]: their sums over the taps inside, per combination."""
        rows, columns = self.seen.rows.astype(np.int64), self.seen.columns.astype(np.int64)
        return np.asarray(np.einsum("rh,ohwn,sw->orsn", rows, terms, columns, optimize=True))

    def _of_outputs(self, values: np.ndarray) -> np.ndarray:
        """int64[O, I]: the values of the inputs that each output reads."""
        grouped = values.reshape(self.groups, -1)
        return np.repeat(grouped, self.at.ins[1].shape[0] // self.groups, axis=0)

    def _weights(self) -> np.ndarray:
        """int64[O, KH, KW, I] without zero points."""
        w = np.asarray(self._data(1).astype(np.int64) - weight_offsets(self.at.ins[1]))
        return w if w.ndim == 4 else w[:, None, None, :]

    def _bias(self) -> np.ndarray:
        """int64[O]."""
        if len(self.at.ins) < 3:
            return np.zeros(self.at.ins[1].shape[0], np.int64)
        return self._data(2).astype(np.int64)

    def _data(self, index: int) -> np.ndarray:
        data = self.at.consts[index]
        assert data is not None
        return data


def _of_channels(w: TensorType, out: np.ndarray) -> Quant:
    """The quantisation of the weights of some outputs."""
    quant = quant_of(w)
    if quant.per_tensor:
        return quant
    kept = np.flatnonzero(out)
    return Quant(tuple(quant.scale[i] for i in kept), tuple(quant.zero_point[i] for i in kept), quant.axis)
