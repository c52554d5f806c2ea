"""Row streams: operators that pass rows on to each other through small rings.

Every operator produces one row as soon as the rows it needs are there. The order is that of a pull: the last
operator asks for its next row, and each operator asks those before it for what is missing; a source whose
rows arrive one at a time is asked in the same way. `runtime_c/tc_stream_advance.c` follows the same rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Feed:
    """One run-time operand of an operator in a stream.

    Row (or band) r of the result needs rows [r * stride - pad, r * stride - pad + extent) of the ring, clipped.
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
    """Who passes rows to whom. The first rings are the `sources`, ring sources + i the result of operator i.

    Attributes:
        heights: rows per ring.
        feeds: run-time operands per operator.
        fed: sources whose rows arrive one at a time, when they are asked for; other sources are there whole.
        kept: results that are held whole, for readers behind the stream.
        leaving: the ring whose rows leave the model one at a time, if any.
        bands: rows that each operator makes at once; empty for one each.
    """

    heights: tuple[int, ...]
    feeds: tuple[tuple[Feed, ...], ...]
    sources: int = 1
    fed: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()
    leaving: int | None = None
    bands: tuple[int, ...] = ()

    def band(self, ring: int) -> int:
        """Rows that a ring gets at once."""
        return self.bands[ring - self.sources] if self.bands and ring >= self.sources else 1

    def after(self, ring: int, produced: int) -> int:
        """Rows of a ring when it has got its next ones."""
        return min(self.heights[ring], produced + self.band(ring))

    @cached_property
    def goals(self) -> tuple[int, ...]:
        """The rings that must be completed, in the order in which that is asked for."""
        found = {*self.kept, len(self.heights) - 1, *(() if self.leaving is None else (self.leaving,))}
        return tuple(sorted(found, reverse=True))

    @cached_property
    def readers(self) -> tuple[tuple[tuple[int, Feed], ...], ...]:
        """Per ring the (ring of the result, feed) pairs that read it."""
        found: list[list[tuple[int, Feed]]] = [[] for _ in self.heights]
        for index, feeds in enumerate(self.feeds):
            for feed in feeds:
                found[feed.ring].append((self.sources + index, feed))
        return tuple(tuple(r) for r in found)

    def whole(self, ring: int) -> bool:
        """True for rings with a place for every row."""
        return ring in self.kept or (ring < self.sources and ring not in self.fed)

    def start(self) -> list[int]:
        """Rows per ring that are there before the first step."""
        return [
            self.heights[ring] if ring < self.sources and ring not in self.fed else 0
            for ring in range(len(self.heights))
        ]

    def pull(self) -> Iterator[int]:
        """The rings in the order in which they get their next row."""
        produced = self.start()
        for goal in self.goals:
            while produced[goal] < self.heights[goal]:
                ring = self._ready(produced, goal)
                yield ring
                produced[ring] = self.after(ring, produced[ring])

    def _ready(self, produced: Sequence[int], ring: int) -> int:
        """From a goal down along missing rows to a ring whose next row can be made, or must arrive."""
        while ring >= self.sources:
            for feed in self.feeds[ring - self.sources]:
                needed = feed.rows(produced[ring] // self.band(ring), self.heights[feed.ring])[1]
                if produced[feed.ring] < needed:
                    ring = feed.ring
                    break
            else:
                return ring
        return ring

    def first_needed(self, ring: int, produced: Sequence[int]) -> int:
        """The lowest row of `ring` that some operator still needs; its height when none does."""
        height = self.heights[ring]
        low = height
        for reader, feed in self.readers[ring]:
            if produced[reader] < self.heights[reader]:
                low = min(low, feed.rows(produced[reader] // self.band(reader), height)[0])
        return low


@dataclass(frozen=True)
class Occupancy:
    """When and how far each ring of a stream is filled, in micro steps (one row or band each).

    Attributes:
        capacity: rows per ring.
        start, end: half-open micro interval in which a ring holds rows.
        low: per whole source, (micro step, first row still needed) at 0 and whenever it rises.
        high: per kept result, (micro step, rows written) whenever it rises.
    """

    steps: int
    capacity: tuple[int, ...]
    start: tuple[int, ...]
    end: tuple[int, ...]
    low: tuple[tuple[tuple[int, int], ...], ...]
    high: tuple[tuple[tuple[int, int], ...], ...]


def occupancy(links: Links) -> Occupancy:
    """Follow the pull once and note what each ring holds."""
    count = len(links.heights)
    produced = links.start()
    capacity, start, end = [0] * count, [0] * count, [0] * count
    low: list[list[tuple[int, int]]] = [[(0, 0)] for _ in range(links.sources)]
    high: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    step = 0
    for ring in links.pull():
        if produced[ring] == 0:
            start[ring] = step
        base = min(links.first_needed(ring, produced), produced[ring])
        produced[ring] = links.after(ring, produced[ring])
        capacity[ring] = max(capacity[ring], produced[ring] - base)
        if ring >= links.sources:
            for feed in links.feeds[ring - links.sources]:
                end[feed.ring] = step + 1
                if (
                    feed.ring < links.sources
                    and (dead := links.first_needed(feed.ring, produced)) > low[feed.ring][-1][1]
                ):
                    low[feed.ring].append((step + 1, dead))
        end[ring] = step + 1
        if ring in links.kept:
            high[ring].append((step, produced[ring]))
        step += 1
    for ring in range(count):
        if links.whole(ring):
            capacity[ring] = links.heights[ring]
    for ring in links.kept:
        end[ring] = step
    return Occupancy(
        step, tuple(capacity), tuple(start), tuple(end), tuple(map(tuple, low)), tuple(map(tuple, high))
    )
