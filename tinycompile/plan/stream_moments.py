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

import numpy as np
from numpy.typing import NDArray

from tinycompile.plan.lives import Lives
from tinycompile.plan.tile_limits import TileLimits

Rows = NDArray[np.int64]

Reader = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Made:
    """Rows that exist: int64[layers and inputs, moments]."""

    low: Rows
    high: Rows


class Moments:
    """The moments when each layer is about to make certain rows: `rows[j]` per layer, the first always 0.

    Attributes:
        at: per layer the first of its moments, which follow each other.
    """

    def __init__(self, lives: Lives, rows: Sequence[Sequence[int]], limits: TileLimits | None = None) -> None:
        """With `limits`, layers may be made in tiles; there must be row 0 only."""
        self.lives, self.layers, self.planes = lives, lives.geometry.layers, lives.geometry.planes
        self.count, self.limits = len(self.layers), limits
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
        """Whether it is known how many rows exist."""
        return self.lives.geometry.forced and (self.limits is None or not any(self.limits.bands))

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
        low = self._pulled(self.rows + 1, 0, [0] * self.count)
        if self.later:
            self._pushed(low)
        if self.exact:
            return Made(low, low)
        bands = [0] * self.count if self.limits is None else [3 if b else 0 for b in self.limits.bands]
        first = np.ones(self.count, np.int64) if self.limits is None else self.limits.first
        return Made(low, self._pulled(first, 0 if self.lives.geometry.forced else 1, bands))

    def _pulled(self, asked: Rows, waiting: int, bands: Sequence[int]) -> Rows:
        """Rows that are made when each layer asks for what its first `asked` rows need.

        `waiting`: rows for which layers behind may have asked already; `bands`: rows that are made too many.
        """
        made = np.zeros((len(self.values), len(self.rows)), np.int64)
        count = np.empty_like(made)  # for how many rows a layer has asked
        for number in range(self.count - 1, -1, -1):
            at, end = int(self.at[number]), int(self.at[number + 1])
            rows = self._asked(number, count, made[number])
            if bands[number]:
                rows[rows > 0] += bands[number]
                np.minimum(rows, self.height[number], out=rows)
            rows[at:end] = self.rows[at:end]
            count[number] = rows
            count[number, at:end] = asked[at:end]
            if waiting:
                np.maximum(count[number, :at], waiting, out=count[number, :at])
        for number in range(self.count, len(self.values)):
            self._asked(number, count, made[number])
        return made

    def _asked(self, number: int, count: Rows, rows: Rows) -> Rows:
        """The rows of a value for which its readers ask, put into `rows`."""
        height = int(self.height[number])
        for reader, stride, pad, extent in self._readers[number]:
            asked = count[reader]
            need = asked * stride if stride != 1 else asked.copy()
            need += extent - stride - pad
            np.minimum(need, height, out=need)
            need[asked == 0] = 0
            np.maximum(rows, need, out=rows)
        return rows

    def _pushed(self, made: Rows) -> None:
        """Rows that layers behind have made while earlier ones are at work."""
        for number, layer in enumerate(self.layers):
            end, height = int(self.at[number]), int(self.height[number])
            if layer.window is None:
                continue
            stride, pad, extent = layer.window.row_reach
            rows = np.full(end, height, np.int64)
            for value in layer.inputs:
                # What was made before the layer at work is asked for first, and never is waited for.
                source = self.index[value]
                until = min(end, int(self.at[source + 1])) if source < self.count else 0
                there = made[source, :until]
                count = np.minimum(np.maximum((there + (pad - extent)) // stride + 1, 0), height)
                count[there >= self.height[source]] = height
                np.minimum(rows[:until], count, out=rows[:until])
            made[number, :end] = rows

    def _needed(self, made: Rows, number: int, reader: Reader) -> Rows:
        """The first row of a value that a reader still needs; the height when it is done."""
        index, stride, pad, _ = reader
        rows, height = made[index], int(self.height[number])
        found: Rows = rows * stride
        found -= pad
        np.maximum(found, 0, out=found)
        np.minimum(found, height, out=found)
        found[rows >= self.height[index]] = height
        return found

    def lowest(self, number: int, first: int = 0) -> Rows:
        """The first row of a value that a layer from `first` on may need; its height when none does."""
        found = np.full(len(self.rows), int(self.height[number]), np.int64)
        for reader in self._readers[number]:
            if reader[0] >= first:
                np.minimum(found, self._needed(self.made.high, number, reader), out=found)
        return found

    def rings(self) -> Rows:
        """int64[layers and inputs, moments]: bytes of each value where it is passed on in a ring."""
        made, found = self.made, np.zeros((len(self.values), len(self.rows)), np.int64)
        for number in range(len(self.values)):
            if number < self.count and self.limits is not None and self.limits.vanishes[number]:
                continue
            held = found[number]
            np.subtract(made.low[number], self.lowest(number), out=held)
            if not self.exact:
                for reader in self._readers[number]:
                    np.maximum(held, self._window(number, reader), out=held)
            self._one_more(number, held)
        np.maximum(found, 0, out=found)
        np.minimum(found, self.height[:, None], out=found)
        for number, layer in enumerate(self.layers):
            if layer.carried:
                found[number] = 0  # a few bytes, which a call on whole tensors would not need
        found *= self.row_bytes[:, None]
        return found

    def _window(self, number: int, reader: Reader) -> Rows:
        """Rows that wait for a reader, however many of its own it has made between the two figures."""
        index, stride, pad, extent = reader
        least: Rows | None = None
        for made in (self.made.low, self.made.high):
            rows = made[index]
            need = np.minimum(rows * stride + (extent - stride - pad), int(self.height[number]))
            need[rows == 0] = 0
            held = need - self._needed(made, number, reader)
            least = held if least is None else np.minimum(least, held)
        assert least is not None
        return least

    def _one_more(self, number: int, held: Rows) -> None:
        """The row that is about to be made, beside what it is made of."""
        if number < self.count and not self.layers[number].elementwise:
            held[self.at[number] : self.at[number + 1]] += 1

    def whole(self) -> Rows:
        """int64[layers, moments]: bytes of each result where it is held whole."""
        return self.made.low[: self.count] * self.row_bytes[: self.count, None]

    def rest(self, number: int, first: int) -> Rows:
        """Bytes of a whole value that a stream from layer `first` on uses up."""
        return (int(self.height[number]) - self.lowest(number, first)) * int(self.row_bytes[number])
