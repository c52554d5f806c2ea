"""What driving a stage costs besides its kernels: tables, counters, rows that move, copies of tiles.

Events are counted by following the pull of `rows.Links`, as `runtime_c/tc_stream_advance.c` does; the cycles
of one are those of its path through the compiled driver (gcc 12.2, -O2) in the timings of the Cortex-M4's
manual, at zero wait states.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from tinycompile.plan.rows import Links
from tinycompile.plan.stage_types import Axis, TileBuffer, TileCopy

#: A pass over the goals, an operand whose rows are looked up, a row that is made (its place, its call).
_PASS, _CHECK, _ROW = 31.0, 60.0, 205.0
#: A row that arrives: the function that calls the application, besides the operands looked up again.
_ARRIVAL = 180.0
#: A full ring that drops rows, for every operator that may still need them.
_SLIDE = 136.0
#: 16 bytes, a word and a byte of a copy; the start of one.
_SIXTEEN, _WORD, _BYTE, _COPY = 17.0, 9.0, 7.0, 14.0
#: A step of a tile, and a tile.
_TILE_CALL, _TILE_COPY, _TILE = 24.0, 58.0, 28.0

#: For estimates in closed form: a row of a stream with what is looked up for it, and a byte that moves.
ROW_CYCLES, MOVE_CYCLES = _ROW + 3 * _CHECK, _SIXTEEN / 16


def row_cycles(rows: int, operands: int) -> float:
    """About the cycles that rows (or bands) of one operator take from the driver."""
    return rows * (_ROW + _CHECK * (1 + operands))


@dataclass(frozen=True)
class Driven:
    """How often each event happens in one run of a stage.

    Attributes:
        passes: over the goals.
        checks: operands whose rows are looked up.
        rows: made by operators, or bands of them.
        arrivals: rows that the application gives.
        slides: operators asked for what they need when a full ring drops rows.
        copied: cycles of the copies themselves.
    """

    passes: int
    checks: int
    rows: int
    arrivals: int
    slides: int
    copied: float

    @property
    def cycles(self) -> float:
        """Estimated cycles of all events."""
        each = (_PASS, _CHECK, _ROW, _ARRIVAL, _SLIDE, 1.0)
        counts = (float(getattr(self, f.name)) for f in fields(self))
        return sum(cost * count for cost, count in zip(each, counts, strict=True))


def driven(links: Links, capacity: Sequence[int], row_bytes: Sequence[int]) -> Driven:
    """The events of a stage without its tiles; `capacity` (rows) and `row_bytes` per ring."""
    return _Driver(links, capacity, row_bytes).run()


class _Driver:
    def __init__(self, links: Links, capacity: Sequence[int], row_bytes: Sequence[int]) -> None:
        self.links, self.capacity, self.row_bytes = links, capacity, row_bytes
        self.produced, self.base = links.start(), [-place for place in links.first_places(capacity)]
        self.asker = [0] * len(capacity)
        self.passes = self.checks = self.rows = self.arrivals = self.slides = 0
        self.copied = 0.0

    def run(self) -> Driven:
        for number, goal in enumerate(self.links.goals, start=1):
            while self.produced[goal] < self.links.heights[goal]:
                self.passes += number
                self._towards(goal)
        return Driven(self.passes, self.checks, self.rows, self.arrivals, self.slides, self.copied)

    def _towards(self, goal: int) -> None:
        """Until the goal has one more row, or a row must arrive."""
        links, ring = self.links, goal
        while True:
            ring = self._ready(ring)
            self._make(ring)
            if ring < links.sources:
                self.arrivals += 1
                return
            self.rows += 1
            for other in self.links.slide_after(ring):
                self._slide(other)
            if ring in (goal, links.leaving):
                return
            ring = self.asker[ring]

    def _ready(self, ring: int) -> int:
        links = self.links
        while ring >= links.sources:
            for feed in links.feeds[ring - links.sources]:
                self.checks += 1
                needed = feed.rows(links.number(ring, self.produced[ring]), links.heights[feed.ring])[1]
                if self.produced[feed.ring] < needed:
                    self.asker[feed.ring] = ring
                    ring = feed.ring
                    break
            else:
                return ring
        return ring

    def _make(self, ring: int) -> None:
        links = self.links
        end = links.after(ring, self.produced[ring])
        if end - self.base[ring] > self.capacity[ring]:
            self._slide(ring)
        if ring < links.sources:
            self._again(ring)
        self.produced[ring] = end

    def _slide(self, ring: int) -> None:
        """The rows that nothing needs any more are dropped, if any."""
        links = self.links
        low = min(links.first_needed(ring, self.produced), self.produced[ring])
        readers = [reader for reader, _ in links.readers[ring]]
        self.slides += max(readers, default=0) - min(readers, default=1) + 1
        if low > self.base[ring]:
            self.copied += copy_cycles((self.produced[ring] - low) * self.row_bytes[ring])
            self.base[ring] = low

    def _again(self, source: int) -> None:
        """The place of a row that arrives, and then its counter, are found once more from the goal down."""
        ring = source
        while ring not in self.links.goals:
            ring = self.asker[ring]
            self.checks += 2


def copy_cycles(size: int) -> float:
    """Estimated cycles of tc_move_down for `size` bytes."""
    return _COPY + _SIXTEEN * (size // 16) + _WORD * (size % 16 // 4) + _BYTE * (size % 4)


def tile_cycles(bands: Axis, columns: Axis, buffers: Sequence[TileBuffer], steps: Sequence[object]) -> float:
    """Estimated cycles of tc_tiles for one run: all but the kernels."""
    calls = sum(not isinstance(step, TileCopy) for step in steps)
    tiles = bands.count * columns.count
    total = tiles * (_TILE + _TILE_CALL * calls)
    for step in steps:
        if isinstance(step, TileCopy):
            total += tiles * _TILE_COPY + _copies(bands, columns, buffers, step)
    return total


def _copies(bands: Axis, columns: Axis, buffers: Sequence[TileBuffer], step: TileCopy) -> float:
    """The rows of a copy, over all tiles."""
    index = step.source if step.source is not None else step.target
    assert index is not None
    type_ = buffers[index].type
    pixel = type_.shape[3] * type_.dtype.itemsize
    rows = sum(n * (end - first) for n, (first, end) in zip(bands.times, step.rows.parts, strict=True))
    return rows * sum(
        n * copy_cycles(max(0, end - first) * pixel)
        for n, (first, end) in zip(columns.times, step.cols.parts, strict=True)
    )
