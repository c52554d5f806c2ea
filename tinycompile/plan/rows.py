"""Row streams: a chain of operators that pass rows on to each other through small rings.

Every operator produces one row as soon as the rows it needs are there; nothing is computed twice. The
order is that of a pull: the last operator asks for its next row, and each operator asks those before
it for what is missing. `runtime_c/tc_stream.c` follows the same rule on the target.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

#: The ring that holds the stage's input.
SOURCE = 0


@dataclass(frozen=True)
class Feed:
    """One run-time operand of an operator in a stream.

    Row r of the result needs rows [r * stride - pad, r * stride - pad + extent) of the ring, clipped.
    """

    operand: int
    ring: int
    stride: int
    pad: int
    extent: int

    def rows(self, row: int, height: int) -> tuple[int, int]:
        """The half-open range for output row `row` of a ring of `height` rows."""
        first = row * self.stride - self.pad
        return max(0, first), min(height, first + self.extent)


@dataclass(frozen=True)
class Links:
    """Who passes rows to whom. Ring 0 is the input of the stream, ring i + 1 the result of operator i.

    Attributes:
        heights: rows per ring.
        feeds: run-time operands per operator.
    """

    heights: tuple[int, ...]
    feeds: tuple[tuple[Feed, ...], ...]

    @cached_property
    def readers(self) -> tuple[tuple[tuple[int, Feed], ...], ...]:
        """Per ring the (operator, feed) pairs that read it."""
        found: list[list[tuple[int, Feed]]] = [[] for _ in self.heights]
        for index, feeds in enumerate(self.feeds):
            for feed in feeds:
                found[feed.ring].append((index, feed))
        return tuple(tuple(r) for r in found)

    def pull(self) -> Iterator[int]:
        """The operators in the order in which they produce their next row."""
        produced = [0] * len(self.feeds)
        while produced[-1] < self.heights[-1]:
            index = self._ready(produced)
            yield index
            produced[index] += 1

    def _ready(self, produced: list[int]) -> int:
        """From the last operator down along missing rows to one whose operands are there."""
        index = len(self.feeds) - 1
        while True:
            for feed in self.feeds[index]:
                if feed.ring == SOURCE:
                    continue
                needed = feed.rows(produced[index], self.heights[feed.ring])[1]
                if produced[feed.ring - 1] < needed:
                    index = feed.ring - 1
                    break
            else:
                return index

    def first_needed(self, ring: int, produced: list[int]) -> int:
        """The lowest row of `ring` that some operator still needs; its height when none does."""
        height = self.heights[ring]
        low = height
        for index, feed in self.readers[ring]:
            if produced[index] < self.heights[index + 1]:
                low = min(low, feed.rows(produced[index], height)[0])
        return low


@dataclass(frozen=True)
class Occupancy:
    """When and how far each ring of a stream is filled, in micro steps (one produced row each).

    Attributes:
        capacity: rows per ring; all rows for the source and the result.
        start, end: half-open micro interval in which a ring holds rows.
        source_low: (micro step, first row still needed) at 0 and whenever it rises.
        result_high: (micro step, rows written) whenever it rises.
    """

    steps: int
    capacity: tuple[int, ...]
    start: tuple[int, ...]
    end: tuple[int, ...]
    source_low: tuple[tuple[int, int], ...]
    result_high: tuple[tuple[int, int], ...]


def occupancy(links: Links) -> Occupancy:
    """Follow the pull once and note what each ring holds."""
    count = len(links.heights)
    produced = [0] * len(links.feeds)
    capacity, start, end = [0] * count, [0] * count, [0] * count
    low: list[tuple[int, int]] = [(0, 0)]
    high: list[tuple[int, int]] = []
    step = 0
    for index in links.pull():
        ring = index + 1
        base = min(links.first_needed(ring, produced), produced[index]) if links.readers[ring] else 0
        if produced[index] == 0:
            start[ring] = step
        produced[index] += 1
        capacity[ring] = max(capacity[ring], produced[index] - base)
        for feed in links.feeds[index]:
            end[feed.ring] = step + 1
        end[ring] = step + 1
        dead = links.first_needed(SOURCE, produced)
        if dead > low[-1][1]:
            low.append((step + 1, dead))
        if ring == count - 1:
            high.append((step, produced[index]))
        step += 1
    capacity[SOURCE], capacity[-1] = links.heights[SOURCE], links.heights[-1]
    end[-1] = step
    return Occupancy(step, tuple(capacity), tuple(start), tuple(end), tuple(low), tuple(high))
