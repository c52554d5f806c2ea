"""How full the streams of a network are at chosen moments.

A stream pulls (`rows.Links.pull`): a row is made when something behind needs it. So at the moment when layer
j is about to make row r, the rows that exist of every other value follow, whatever stream this happens in:
layers before j have made what row r asks for, layers behind j what the rows of j let them. What streams hold
is then a sum of the same terms for all of them.

Where layers are made tile by tile, several rows at once, or do not lie on the way to j, the rows that exist
are only known to lie between two figures. Each term is the least between them, so that sums are never above
what a stream holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from tinycompile.plan.lives import Lives
from tinycompile.plan.tile_limits import Chain, TileLimits
from tinycompile.plan.tiling_rules import BANDS

Rows = NDArray[np.int64]

Reader = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Made:
    """Rows that exist: int64[layers and inputs, moments]."""

    low: Rows
    high: Rows


class Moments:
    """The moments when each layer is about to make certain rows.

    Attributes:
        at: per layer the first of its moments, which follow each other.
        rows: the row that is about to be made, per moment.
    """

    def __init__(
        self,
        lives: Lives,
        rows: Sequence[Sequence[int]],
        limits: TileLimits | None = None,
        *,
        certain: bool = True,
    ) -> None:
        """`rows`: per layer the rows to look at.

        `limits`: where layers may be made in tiles. Where it is not `certain` what exists, the likely figure
        is taken for both.
        """
        self.lives, self.layers, self.planes = lives, lives.geometry.layers, lives.geometry.planes
        self.count, self.limits, self.certain = len(self.layers), limits, certain
        self.at = np.cumsum([0, *(len(r) for r in rows)])
        self.rows = np.array([row for own in rows for row in own], np.int64)
        self.later = any(len(own) > 1 for own in rows)
        values = (*(layer.output for layer in self.layers), *lives.geometry.inputs)
        self.index = {value: number for number, value in enumerate(values)}
        self.height = np.array([self.planes[value].height for value in values], np.int64)
        self.row_bytes = np.array([self.planes[value].row for value in values], np.int64)
        self.values = values

    @cached_property
    def exact(self) -> bool:
        """Whether it is known, or taken to be known, how many rows exist."""
        sure = self.lives.geometry.forced and (self.limits is None or not any(self.limits.bands))
        return sure or not self.certain

    def readers(self, number: int) -> list[Reader]:
        """(layer, stride, pad, extent) of all that read rows of a value."""
        value, found = self.values[number], list[Reader]()
        for reader in self.lives.readers[value]:
            layer = self.layers[reader]
            if layer.window is not None and value in layer.inputs:
                found.append((reader, *layer.window.row_reach))
        return found

    @cached_property
    def _readers(self) -> list[list[Reader]]:
        return [self.readers(number) for number in range(len(self.values))]

    @cached_property
    def made(self) -> Made:
        """What exists at every moment."""
        forced, asked = self.lives.geometry.forced, self.rows + 1
        low = self._pulled(asked)
        self._pushed(low, sure=self.certain)
        if self.exact:
            if not forced:
                low = self._pulled(asked, low)
                self._pushed(low, sure=False)
            return Made(low, low)
        if self.limits is not None:
            asked = self.rows + np.repeat(self.limits.first, np.diff(self.at))
        high = self._pulled(asked, bands=self._bands)
        self._pushed(high, sure=False)
        if not forced:
            # What does not lie on the way may have been asked for a row (band) more.
            more = 1 if self.limits is None else BANDS[-1]
            high = self._pulled(asked, np.minimum(high + more, self.height[:, None]), self._bands)
            self._pushed(high, sure=False)
        return Made(low, high)

    @cached_property
    def _after(self) -> NDArray[np.bool_]:
        """bool[layers, moments]: whether a layer depends on the one that is at work."""
        found = np.zeros((self.count, self.count), np.bool_)
        for number, layer in enumerate(self.layers):
            for value in layer.reads:
                source = self.index[value]
                if source < self.count:
                    found[number] |= found[source]
                    found[number, source] = True
        return np.repeat(found, np.diff(self.at), axis=1)

    @cached_property
    def _waited(self) -> NDArray[np.bool_]:
        """bool[layers and inputs, moments]: whether a value is independent of the layer at work."""
        found = np.ones((len(self.values), len(self.rows)), np.bool_)
        np.logical_not(self._after, out=found[: self.count])
        for number in range(self.count):
            found[number, self.at[number] : self.at[number + 1]] = False
        return found

    @cached_property
    def _bands(self) -> list[int]:
        """Rows that each layer may make too many or be late with."""
        if self.limits is None:
            return [0] * self.count
        return [BANDS[-1] - 1 if banded else 0 for banded in self.limits.bands]

    def _pulled(self, asked: Rows, behind: Rows | None = None, bands: Sequence[int] = ()) -> Rows:
        """Rows that are made when each layer asks for what its first `asked` rows need.

        `behind`: rows for which layers behind it have asked already; `bands`: rows that are made too many.
        """
        made = np.zeros((len(self.values), len(self.rows)), np.int64)
        count = np.empty_like(made)  # for how many rows a layer has asked
        for number in range(self.count - 1, -1, -1):
            at, end = int(self.at[number]), int(self.at[number + 1])
            rows = self._asked(number, count, made[number])
            if bands and bands[number]:
                rows[rows > 0] += bands[number]
                np.minimum(rows, self.height[number], out=rows)
            rows[at:end] = self.rows[at:end]
            count[number] = rows
            count[number, at:end] = np.minimum(asked[at:end], self.height[number])
            if behind is not None:
                more = np.where(self._after[number, :at], behind[number, :at], 0)
                np.maximum(count[number, :at], more, out=count[number, :at])
        for number in range(self.count, len(self.values)):
            self._asked(number, count, made[number])
        return made

    def _asked(self, number: int, count: Rows, rows: Rows) -> Rows:
        """The rows of a value for which its readers ask, put into `rows`."""
        height = int(self.height[number])
        for reader, stride, pad, extent in self._readers[number]:
            asked = count[reader]
            need = asked * stride
            need += extent - stride - pad
            np.minimum(need, height, out=need)
            np.copyto(need, 0, where=asked == 0)
            np.maximum(rows, need, out=rows)
        return rows

    def _pushed(self, made: Rows, *, sure: bool) -> None:
        """Rows that layers behind have made while earlier ones are at work; at least, when `sure`."""
        if not self.later and sure:
            return
        for number, layer in enumerate(self.layers):
            end, height = int(self.at[number]), int(self.height[number])
            if layer.window is None:
                continue
            stride, pad, extent = layer.window.row_reach
            rows = np.full(end, height, np.int64)
            for value in layer.inputs:
                source = self.index[value]
                if source >= self.count and not sure:
                    continue
                there = made[source, :end]
                count: Rows = there + (pad - extent)
                if stride > 1:
                    count //= stride
                count += 1
                np.maximum(count, 0, out=count)
                np.copyto(count, height, where=there >= self.height[source])
                # What does not wait for the layer at work has been asked for first, and is never waited for.
                ready = self._waited[source, :end]
                np.copyto(count, height, where=ready & (there > 0) if sure else ready)
                np.minimum(rows, count, out=rows)
            if sure and self._bands[number]:
                rows[rows < height] -= self._bands[number]
                np.maximum(rows, 0, out=rows)
            np.copyto(made[number, :end], rows, where=self._after[number, :end])

    @cached_property
    def _pairs(self) -> tuple[list[int], Rows, Rows]:
        """(Per value the first of its pairs, per pair the value, and its reader [pairs, 4]).

        For all of them at once, as there are many and each has few moments.
        """
        found = [(number, *reader) for number, own in enumerate(self._readers) for reader in own]
        table = np.array(found, np.int64).reshape(-1, 5)
        return [0, *accumulate(map(len, self._readers))], table[:, 0], table[:, 1:]

    @cached_property
    def _still(self) -> Rows:
        """int64[pairs, moments]: the first row needed when a reader has made as many rows as it may have."""
        _, values, readers = self._pairs
        return self._needed(self.made.high[readers[:, 0]], values, readers)

    def _needed(self, rows: Rows, values: Rows, readers: Rows) -> Rows:
        """The first row of a value that a reader of `rows` rows still needs; the height when it is done."""
        index, stride, pad, _ = readers.T[..., None]
        height = self.height[values][:, None]
        found: Rows = rows * stride
        found -= pad
        np.maximum(found, 0, out=found)
        np.minimum(found, height, out=found)
        np.copyto(found, height, where=rows >= self.height[index])
        return found

    def lowest(self, number: int, first: int = 0) -> Rows:
        """The first row of a value that a layer from `first` on may need; its height when none does."""
        found = np.full(len(self.rows), int(self.height[number]), np.int64)
        for pair, reader in enumerate(self._readers[number], self._pairs[0][number]):
            if reader[0] >= first:
                np.minimum(found, self._still[pair], out=found)
        return found

    def rings(self) -> Rows:
        """int64[layers and inputs, moments]: bytes of each value where it is passed on in a ring."""
        first, values, readers = self._pairs
        found: Rows = self.made.low - self.height[:, None]
        read = [number for number, own in enumerate(self._readers) if own]
        if read:
            starts = [first[number] for number in read]
            found[read] = self.made.low[read] - np.minimum.reduceat(self._still, starts)
            if not self.exact:
                windows = self._windows(values, readers)
                found[read] = np.maximum(found[read], np.maximum.reduceat(windows, starts))
        for number, layer in enumerate(self.layers):
            if not layer.elementwise:
                # The row that is about to be made, beside what it is made of.
                found[number, self.at[number] : self.at[number + 1]] += 1
        np.maximum(found, 0, out=found)
        np.minimum(found, self.height[:, None], out=found)
        for number, layer in enumerate(self.layers):
            if layer.carried:
                found[number] = 0  # a few bytes, which a call on whole tensors would not need
        found *= self.row_bytes[:, None]
        return found

    def _windows(self, values: Rows, readers: Rows, asking: Sequence[int] = ()) -> Rows:
        """int64[pairs, moments]: rows of values that wait for readers, which may have made few rows or many.

        From moment `asking` on a reader asks for its first rows at least.
        """
        index, stride, pad, extent = readers.T[..., None]
        height, found = self.height[values][:, None], list[Rows]()
        for made in (self.made.low, self.made.high):
            rows = made[index[:, 0]]
            if asking:
                np.maximum(rows, np.arange(len(self.rows)) >= np.array(asking)[:, None], out=rows)
            need: Rows = rows * stride
            need += extent - stride - pad
            np.minimum(need, height, out=need)
            np.copyto(need, 0, where=rows == 0)
            need -= self._needed(rows, values, readers)
            found.append(need)
        least: Rows = np.minimum(*found)
        return least

    def tiled(self, chains: Sequence[Chain]) -> Rows:
        """int64[chains, moments]: bytes of the rows that wait for layers that are made in tiles."""
        values = np.array([self.index[chain.source] for chain in chains], np.int64)
        readers = np.array([(c.last, c.stride, c.pad, c.extent) for c in chains], np.int64).reshape(-1, 4)
        rows = self._windows(values, readers, [int(self.at[chain.first]) for chain in chains])
        return np.maximum(rows, 0) * self.row_bytes[values][:, None]

    def whole(self) -> Rows:
        """int64[layers, moments]: bytes of each result where it is held whole."""
        return self.made.low[: self.count] * self.row_bytes[: self.count, None]

    def rest(self, number: int, first: int) -> Rows:
        """Bytes of a whole value that a stream from layer `first` on uses up."""
        return (int(self.height[number]) - self.lowest(number, first)) * int(self.row_bytes[number])
