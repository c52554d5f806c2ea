"""The rings of a stage and the counters of its driver: which rows are where, and what gets its next rows."""

from __future__ import annotations

from tinycompile.check.arena import Rows
from tinycompile.check.codes import WRONG_GRAPH, WRONG_PLACE, Who
from tinycompile.check.document import AxisEntry, FeedEntry, RingEntry, StageEntry, StageOpEntry
from tinycompile.check.graph import CheckedNode
from tinycompile.check.replay import Replay
from tinycompile.check.usage import Range
from tinycompile.ir import Region


class Rings:
    """The rings of one stage.

    Attributes:
        produced: rows per ring that have been made or have arrived.
        base: the first row that each ring still holds.
        nodes: per step the node that it computes.
    """

    def __init__(self, replay: Replay, stage: StageEntry) -> None:
        self.replay, self.stage, self.arena = replay, stage, replay.arena
        self.who = Who(f"the stage of steps {stage.first} to {stage.last}")
        self._check_form()
        self.types = [replay.graph.types[ring.value] for ring in stage.rings]
        self.heights = [t.shape[1] for t in self.types]
        self.produced = [
            height if index < stage.sources and index not in stage.fed else 0
            for index, height in enumerate(self.heights)
        ]
        self.base = [-ring.first for ring in stage.rings]
        self.asker = [0] * len(stage.rings)
        self.nodes: dict[int, CheckedNode] = {}

    def _check_form(self) -> None:
        """The tables make sense by themselves: every ring has an operator, fed by rings ahead of it."""
        stage, count = self.stage, len(self.stage.rings)
        if not stage.ops or [op.ring for op in stage.ops] != list(range(stage.sources, count)):
            raise self.who.error(WRONG_GRAPH, "does not make each of its rings by one operator")
        for ring in stage.rings:
            type_ = self.replay.graph.types.get(ring.value)
            if type_ is None or type_.rank != 4 or type_.shape[0] != 1:
                raise self.who.error(WRONG_GRAPH, f"streams '{ring.value}', which has no rows")
            if ring.row_bytes * type_.shape[1] != type_.nbytes:
                message = f"has {ring.row_bytes} bytes for a row of '{ring.value}', which is {type_}"
                raise self.who.error(WRONG_PLACE, message)
        for op in stage.ops:
            value = stage.rings[op.ring].value
            if op.band < 1 or any(not 0 <= feed.ring < op.ring for feed in op.feeds):
                raise self.who.error(WRONG_GRAPH, f"makes '{value}' of a later ring, or in empty bands")
            height = self.replay.graph.types[value].shape[1]
            if not 0 <= op.short < op.band:
                raise self.who.error(WRONG_GRAPH, f"makes '{value}' in bands of {op.band}, {op.short} short")
            if op.axis.count != -(-(height + op.short) // op.band):
                message = f"makes {op.axis.count} bands of {op.band} rows of '{value}', which has {height}"
                raise self.who.error(WRONG_GRAPH, message)
            self._check_variants(op, value)
        leaving = () if stage.leaving is None else (stage.leaving,)
        if any(not 0 <= ring < count for ring in (*stage.goals, *stage.kept, *leaving)):
            raise self.who.error(WRONG_GRAPH, "has goals that are no rings")
        if any(not 0 <= ring < stage.sources for ring in (*stage.fed, *stage.remote)):
            raise self.who.error(WRONG_GRAPH, "is fed rows of what it makes itself")

    def _check_variants(self, op: StageOpEntry, value: str) -> None:
        """Every head, every tail and what lies between have parameters of their own, and a tile at least."""
        columns = (op.tiles.columns,) if op.tiles else ()
        sets = 1
        for axis in (op.axis, *columns):
            if min(axis.heads, axis.tails) < 0 or axis.heads + axis.tails >= axis.count:
                message = f"makes '{value}' with {axis.heads} heads and {axis.tails} tails of {axis.count}"
                raise self.who.error(WRONG_GRAPH, message)
            sets *= axis.heads + 1 + axis.tails
        found = {call.variants for call in op.rows}
        found |= {step.variants for step in (op.tiles.steps if op.tiles else ()) if step.step is not None}
        for other in found - {sets}:
            message = f"makes '{value}' with {other} sets of parameters, where {sets} are meant"
            raise self.who.error(WRONG_GRAPH, message)

    def entry(self, ring: int) -> RingEntry:
        """Where a ring lies."""
        return self.stage.rings[ring]

    def op(self, ring: int) -> StageOpEntry:
        """What makes a ring."""
        return self.stage.ops[ring - self.stage.sources]

    def whole(self, ring: int) -> bool:
        """True for rings that hold all rows: of sources that are there, and of what is kept."""
        passing = (*self.stage.fed, *self.stage.remote)
        return ring in self.stage.kept or (ring < self.stage.sources and ring not in passing)

    def number(self, ring: int) -> int:
        """The number of the next row or band of a ring."""
        if ring < self.stage.sources:
            return self.produced[ring]
        op = self.op(ring)
        return (self.produced[ring] + op.short) // op.band

    def next_rows(self, ring: int) -> Range:
        """The rows that a ring gets next."""
        return self.produced[ring], min(self.heights[ring], self.produced[ring] + self._count(ring))

    def _count(self, ring: int) -> int:
        """How many rows a ring gets next where so many are left."""
        if ring < self.stage.sources:
            return 1
        op = self.op(ring)
        return op.band if self.produced[ring] else op.band - op.short

    def reach(self, feed: FeedEntry, number: int) -> Range:
        """The rows of an operand that a band is said to read."""
        first = number * feed.stride - feed.pad
        return max(0, first), min(self.heights[feed.ring], first + feed.extent)

    def goal(self) -> int | None:
        """The ring to be completed now."""
        return next((g for g in self.stage.goals if self.produced[g] < self.heights[g]), None)

    def ready(self, ring: int) -> int:
        """Down along missing rows to what can be made, or must arrive."""
        while ring >= self.stage.sources:
            number = self.number(ring)
            for feed in self.op(ring).feeds:
                if self.produced[feed.ring] < self.reach(feed, number)[1]:
                    self.asker[feed.ring] = ring
                    ring = feed.ring
                    break
            else:
                return ring
        return ring

    def needed(self, ring: int, limit: int) -> int:
        """The lowest row that some operator still needs, at most `limit`."""
        for op in self.stage.ops:
            if self.produced[op.ring] < self.heights[op.ring]:
                for feed in op.feeds:
                    if feed.ring == ring:
                        limit = min(limit, self.reach(feed, self.number(op.ring))[0])
        return limit

    def place(self, ring: int) -> int:
        """Where the next rows of a ring go; a full ring drops what is not needed and slides down."""
        entry, after = self.entry(ring), self.next_rows(ring)[1]
        if after - self.base[ring] > entry.capacity:
            self.slide(ring)
        if after - self.base[ring] > entry.capacity:
            held = f"rows {self.base[ring]} to {after - 1}"
            message = f"has room for {entry.capacity} rows of '{entry.value}', but must hold {held}"
            raise self.who.error(WRONG_PLACE, message)
        return self.address(ring, self.produced[ring])

    def slide(self, ring: int) -> None:
        """Drop the rows that nothing needs any more, if any, and move the others to the start."""
        entry, low = self.entry(ring), self.needed(ring, self.produced[ring])
        if low < max(0, self.base[ring]):
            raise self.who.error(WRONG_PLACE, f"needs row {low} of '{entry.value}' after dropping it")
        if low == self.base[ring]:
            return
        size, what = (self.produced[ring] - low) * entry.row_bytes, f"the ring of '{entry.value}'"
        source = Rows(self.address(ring, low), 1, size, size, what)
        # Rows that slide are never in two places: each byte is read as it is written.
        target = Rows(entry.offset, 1, size, size, what)
        self.arena.move(source, target, self.who, self.arena.time - 1)
        self.arena.tick()
        self.replay.moved += size
        self.base[ring] = low

    def address(self, ring: int, row: int) -> int:
        """Where a row of a ring lies."""
        entry = self.entry(ring)
        return entry.offset + (row - self.base[ring]) * entry.row_bytes

    def read_part(self, node: CheckedNode, operand: int, need: Region, start: int, who: Who) -> Range:
        """A call reads a part of an operand, dense at byte `start`."""
        name = node.ins[operand]
        if not self.arena.knows(name):
            raise who.error(WRONG_GRAPH, f"needs '{name}' before it is made")
        tags = self.arena.part(name, need.rows, need.cols)
        self.arena.expect(start, tags, f"rows {need.rows[0]} to {need.rows[1] - 1} of '{name}'", who)
        return (start, start + tags.size)


def variant_of(axis: AxisEntry, tile: int) -> int:
    """Which of the ranges and parameters of an axis a tile has."""
    if tile < axis.heads:
        return tile
    if tile < axis.count - axis.tails:
        return axis.heads
    return axis.heads + 1 + tile - (axis.count - axis.tails)


def reference_of(axis: AxisEntry, tile: int) -> int:
    """The first tile with the same parameters."""
    return axis.heads if axis.heads <= tile < axis.count - axis.tails else tile
