"""Where scratch may lie in a finished layout: the bytes that nothing else uses while a call runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinycompile.ir import Node
from tinycompile.plan.schedule import BUFFER_ALIGN

#: (start, end, low, high): the bytes [low, high) are in use in the steps [start, end).
Span = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Usage:
    """Everything in an arena but scratch, and when the owners of scratch run, never two at once.

    Owners are the nodes of plain calls and the first nodes of units.

    Attributes:
        items: (offset, spans whose bytes count from there).
        times: owner -> int64[]: the steps at which its scratch is in use.
        steps: how many there are.
    """

    items: Sequence[tuple[int, Sequence[Span]]]
    times: Mapping[Node, NDArray[np.int64]]
    steps: int

    def ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """int64[items][steps]: first byte in use and the one behind the last; equal where none is."""
        low = np.zeros((len(self.items), self.steps), np.int64)
        high = np.zeros_like(low)
        for index, (offset, spans) in enumerate(self.items):
            for start, end, first, last in spans:
                low[index, start:end], high[index, start:end] = offset + first, offset + last
        return low, high


class Room:
    """The gaps of a layout whose arena may have `limit` bytes."""

    def __init__(self, usage: Usage, limit: int) -> None:
        self.usage, self.limit = usage, limit
        self._low, self._high = usage.ends()

    def gaps(self, owner: Node) -> list[tuple[int, int]]:
        """(first byte, bytes) of all gaps for scratch of an owner, from low to high addresses."""
        times = self.usage.times[owner]
        if not times.size:
            return []
        low, high = self._low[:, times], self._high[:, times]
        used = (high > low).any(axis=1)
        lows = np.where(high > low, low, self.limit).min(axis=1)[used]
        highs = high.max(axis=1)[used]
        found, free = [], 0
        for first, end in sorted(zip(lows.tolist(), highs.tolist(), strict=True)):
            if first > free:
                found.append((free, first - free))
            free = max(free, -(-end // BUFFER_ALIGN) * BUFFER_ALIGN)
        return [*found, (free, self.limit - free)] if free < self.limit else found

    def load(self, scratch: Mapping[Node, int]) -> NDArray[np.int64]:
        """int64[steps]: bytes in use with so much scratch per owner."""
        total: NDArray[np.int64] = (self._high - self._low).sum(axis=0)
        for owner, size in scratch.items():
            total[self.usage.times[owner]] += size
        return total
