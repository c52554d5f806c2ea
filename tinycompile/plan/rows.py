"""Row streams: operators that pass rows on to each other through small rings.

Every operator produces one row as soon as the rows it needs are there. The order is that of a pull: the last
operator asks for its next row, and each operator asks those before it for what is missing; a source whose
rows arrive one at a time is asked in the same way. `runtime_c/tc_stream_advance.c` follows the same rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache


@dataclass(frozen=True)
class Feed:
    """One run-time operand of an operator in a stream.

    Row or band r of the result needs rows [r * stride - pad, r * stride - pad + extent) of the ring, clipped.
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
        shorts: by how many rows its first band is shorter; empty where all are full.
        carried: rings whose next row is made of the one before, in its place.
        remote: sources that the application keeps, and gives in patches; they take no place.
        eager: rings that slide down as soon as rows are dead, not only when they are full.
        high: rings whose first band lies at the top of their places.
    """

    heights: tuple[int, ...]
    feeds: tuple[tuple[Feed, ...], ...]
    sources: int = 1
    fed: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()
    leaving: int | None = None
    bands: tuple[int, ...] = ()
    shorts: tuple[int, ...] = ()
    carried: tuple[int, ...] = ()
    remote: tuple[int, ...] = ()
    eager: tuple[int, ...] = ()
    high: tuple[int, ...] = ()

    def band(self, ring: int) -> int:
        """Rows that a ring gets at once."""
        return self.bands[ring - self.sources] if self.bands and ring >= self.sources else 1

    def short(self, ring: int) -> int:
        """By how many rows the first band of a ring is shorter than the others."""
        return self.shorts[ring - self.sources] if self.shorts and ring >= self.sources else 0

    def number(self, ring: int, produced: int) -> int:
        """The number of the next band of a ring with so many rows."""
        return (produced + self.short(ring)) // self.band(ring)

    def after(self, ring: int, produced: int) -> int:
        """Rows of a ring when it has got its next ones."""
        end = produced + self.band(ring) - (0 if produced else self.short(ring))
        return min(self.heights[ring], end)

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
        return ring in self.kept or (ring < self.sources and ring not in (*self.fed, *self.remote))

    def slide_after(self, ring: int) -> tuple[int, ...]:
        """The rings that drop rows as soon as `ring` has got its next ones."""
        if not self.eager or ring < self.sources:
            return ()
        read = dict.fromkeys(feed.ring for feed in self.feeds[ring - self.sources])
        return tuple(other for other in read if other in self.eager)

    def start(self) -> list[int]:
        """Rows per ring that are there before the first step."""
        return [
            self.heights[ring] if ring < self.sources and ring not in self.fed else 0
            for ring in range(len(self.heights))
        ]

    def first_places(self, capacity: Sequence[int]) -> list[int]:
        """Per ring the place of its first row."""
        return [
            capacity[ring] - self.after(ring, 0) if ring in self.high else 0 for ring in range(len(capacity))
        ]

    def pull(self) -> Iterator[int]:
        """The rings in the order in which they get their next row."""
        produced = self.start()
        for goal in self.goals:
            while produced[goal] < self.heights[goal]:
                asked = [goal]  # each waits for the one behind it
                while asked:
                    ring = asked[-1]
                    missing = self._missing(produced, ring)
                    if missing is None:
                        asked.pop()
                        yield ring
                        produced[ring] = self.after(ring, produced[ring])
                    else:
                        asked.append(missing)

    def _missing(self, produced: Sequence[int], ring: int) -> int | None:
        """A ring that must get rows before the next row of `ring` can be made; None when that one can."""
        row = self.number(ring, produced[ring])
        for other, stride, beyond, height in self._asks[ring]:
            end = row * stride + beyond
            if produced[other] < (height if end > height else end):
                return other
        return None

    @cached_property
    def _asks(self) -> tuple[tuple[tuple[int, int, int, int], ...], ...]:
        """Per ring (ring, stride, beyond, height): its row r needs the rows below r * stride + beyond."""
        none: tuple[tuple[tuple[int, int, int, int], ...], ...] = ((),) * self.sources
        return none + tuple(
            tuple((f.ring, f.stride, f.extent - f.pad, self.heights[f.ring]) for f in feeds)
            for feeds in self.feeds
        )

    def first_needed(self, ring: int, produced: Sequence[int]) -> int:
        """The lowest row of `ring` that some operator still needs; its height when none does."""
        low = self.heights[ring]
        for reader, height, band, short, stride, pad in self._waits[ring]:
            done = produced[reader]
            if done < height:
                first = (done + short) // band * stride - pad
                low = first if first < low else low
        return low if low > 0 else 0

    @cached_property
    def _waits(self) -> tuple[tuple[tuple[int, int, int, int, int, int], ...], ...]:
        """Per ring (ring, height, band, short, stride, pad) of all results that are made of it."""
        return tuple(
            tuple(
                (r, self.heights[r], self.band(r), self.short(r), feed.stride, feed.pad) for r, feed in found
            )
            for found in self.readers
        )


#: (start, end, low, high): in the micro steps [start, end) the places [low, high) of a ring are in use.
Use = tuple[int, int, int, int]


@dataclass(frozen=True)
class Occupancy:
    """When and how far each ring of a stream is filled, in micro steps (one row or band each).

    Attributes:
        capacity: rows per ring.
        made: per micro step the ring that got its next rows.
        uses: per ring which of its places hold rows that are still needed, or are being written.
    """

    capacity: tuple[int, ...]
    made: tuple[int, ...]
    uses: tuple[tuple[Use, ...], ...]

    @property
    def steps(self) -> int:
        """Number of micro steps."""
        return len(self.made)


@lru_cache(maxsize=4096)
def occupancy(links: Links) -> Occupancy:
    """Follow the pull: once for the capacities, once more for the places, which shift as full rings slide."""
    made, capacity = _capacities(links)
    return Occupancy(capacity, made, _Places(links, capacity).follow(made))


class _Places:
    """Which places of each ring are in use, step by step."""

    def __init__(self, links: Links, capacity: Sequence[int]) -> None:
        self.links, self.capacity = links, capacity
        self.produced, self.base = links.start(), [-place for place in links.first_places(capacity)]
        self.uses: list[list[Use]] = [[] for _ in links.heights]
        self.busy = [(0, 0, count) for count in self.produced]  # since, low, high

    def follow(self, made: Sequence[int]) -> tuple[tuple[Use, ...], ...]:
        links = self.links
        for step, ring in enumerate(made):
            end = links.after(ring, self.produced[ring])
            if end - self.base[ring] > self.capacity[ring]:
                self.base[ring] = min(links.first_needed(ring, self.produced), self.produced[ring])
            self._note(ring, step, self._low(ring), end)
            sliding = links.slide_after(ring)
            for other in sliding:
                self._note(other, step, self.base[other], self.produced[other])  # where its rows go
            self.produced[ring] = end
            for other in sliding:
                self.base[other] = max(self.base[other], self._low(other))
            # What is needed after this step decides from the next one on.
            self._note(ring, step + 1, self._low(ring), end)
            for feed in links.feeds[ring - links.sources] if ring >= links.sources else ():
                self._note(feed.ring, step + 1, self._low(feed.ring), self.produced[feed.ring])
        for ring in range(len(links.heights)):
            self._note(ring, len(made), 0, 0)
        return tuple(map(tuple, self.uses))

    def _low(self, ring: int) -> int:
        """The first row that something still needs."""
        links, produced = self.links, self.produced
        if ring in links.kept:
            return 0
        low = min(links.first_needed(ring, produced), produced[ring])
        if ring in links.carried and 0 < produced[ring] < links.heights[ring]:
            low = min(low, produced[ring] - 1)
        return low

    def _note(self, ring: int, step: int, low: int, high: int) -> None:
        """From `step` on the rows [low, high) of a ring are in use."""
        if ring in self.links.remote:
            return
        places = (max(0, low - self.base[ring]), high - self.base[ring])
        if ring in self.links.carried:
            places = (0, int(low < high))
        since, *before = self.busy[ring]
        if places == tuple(before):
            return
        if since < step and before[0] < before[1]:
            self.uses[ring].append((since, step, before[0], before[1]))
        self.busy[ring] = (step, *places)


def _capacities(links: Links) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The rings in the order in which they get rows, and the rows that each must hold."""
    produced = links.start()
    capacity = [links.heights[ring] if links.whole(ring) else 0 for ring in range(len(links.heights))]
    made = []
    for ring in links.pull():
        base = min(links.first_needed(ring, produced), produced[ring])
        produced[ring] = links.after(ring, produced[ring])
        capacity[ring] = max(capacity[ring], produced[ring] - base)
        made.append(ring)
    return tuple(made), tuple(capacity)
