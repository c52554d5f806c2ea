"""The replay of stages: operators pull rows through rings, as the driver on the target does."""

from __future__ import annotations

from tinycompile.check.arena import Tags
from tinycompile.check.codes import APPLICATION, WRONG_GRAPH, WRONG_PLACE
from tinycompile.check.document import RowCallEntry, StageEntry, StageOpEntry
from tinycompile.check.replay import Access, Replay
from tinycompile.check.rings import Rings, reference_of
from tinycompile.check.tiles import band_of_tiles
from tinycompile.check.usage import Range
from tinycompile.ir import Region

#: In the feeds of a call on a row: the row of the result.
RESULT = -1
#: Bytes of the driver's counters per ring.
COUNTERS = 8


class Stream:
    """One stage from its first row to its last."""

    def __init__(self, replay: Replay, stage: StageEntry) -> None:
        self.replay, self.stage, self.arena = replay, stage, replay.arena
        self.rings = Rings(replay, stage)
        self.who = self.rings.who

    def run(self) -> None:
        """All steps of the stage.

        Raises:
            VerificationError: something is read that is not there.
        """
        rings, start = self.rings, self.arena.time
        self._begin()
        while (goal := rings.goal()) is not None:
            ring = goal
            while True:
                ring = rings.ready(ring)
                if ring < self.stage.sources:
                    self._arrive(ring)
                    break
                self._produce(ring)
                if ring == goal or ring == self.stage.leaving:
                    break
                ring = rings.asker[ring]
        self.arena.take(self.stage.counters[1], start, self.arena.time)
        for step in range(self.stage.first, self.stage.last + 1):
            self.replay.moments[step] = (start, self.arena.time - 1)
        self._end()

    def _begin(self) -> None:
        """Nodes begin; whole sources are made; rings and counters have buffers."""
        stage, replay, rings = self.stage, self.replay, self.rings
        calls = [call.step for op in stage.ops for call in op.rows]
        tiles = [step.step for op in stage.ops if op.tiles for step in op.tiles.steps]
        steps = [*calls, *(step for step in tiles if step is not None)]
        if sorted(steps) != list(range(stage.first, stage.last + 1)):
            raise self.who.error(WRONG_GRAPH, f"makes the steps {sorted(steps)}")
        for step in steps:
            rings.nodes[step] = replay.begin_node(replay.plan.steps[step])
        for index, ring in enumerate(stage.rings):
            span = (ring.offset, ring.offset + ring.capacity * ring.row_bytes)
            self.arena.inside(*span, f"the ring of '{ring.value}'", self.who)
            replay.usage.touch(stage.first, ring.value, span, self.who)
            if index < stage.sources:
                replay.resolve(ring.value, self.who)
            if index in stage.remote and ring.capacity:
                raise self.who.error(WRONG_PLACE, f"has room for '{ring.value}', which the application keeps")
            if rings.whole(index) and ring.capacity < rings.heights[index]:
                raise self.who.error(
                    WRONG_PLACE, f"keeps '{ring.value}', but has room for {ring.capacity} rows"
                )
        self._results()
        self._ports()
        offset, size = stage.counters
        if size < COUNTERS * len(stage.rings):
            raise self.who.error(WRONG_PLACE, f"has {size} bytes of counters for {len(stage.rings)} rings")
        replay.usage.scratch(stage.first, (offset, offset + size), self.who)
        self.arena.clear(offset, offset + size, "the counters", self.who)

    def _results(self) -> None:
        """The last call of every operator makes the value of its ring."""
        for op in self.stage.ops:
            made = {self.rings.nodes[call.step].outs[0] for call in op.rows[-1:]}
            made |= {b.value for b in (op.tiles.buffers if op.tiles else ())}
            value = self.rings.entry(op.ring).value
            if value not in made or bool(op.rows) == (op.tiles is not None):
                raise self.who.error(WRONG_GRAPH, f"has no operator that makes '{value}'")

    def _ports(self) -> None:
        """Rows arrive where an input, and leave where an output says."""
        stage, plan = self.stage, self.replay.plan
        passing = {p.name: p.offset for p in (*plan.inputs, *plan.outputs) if p.rows}
        if any(op.tiles is None for op in stage.ops) and stage.remote:
            raise self.who.error(WRONG_GRAPH, "asks the application for patches and makes rows")
        for index in (*stage.fed, *stage.remote, *(() if stage.leaving is None else (stage.leaving,))):
            ring = self.rings.entry(index)
            if passing.get(ring.value) != ring.offset:
                message = f"passes rows of '{ring.value}' at {ring.offset}, where no port says so"
                raise self.who.error(WRONG_PLACE, message)

    def _end(self) -> None:
        """What readers behind the stage find."""
        rings = self.rings
        for index, ring in enumerate(self.stage.rings):
            if index not in self.stage.kept and index != self.stage.leaving:
                continue
            made, height = rings.produced[index], rings.heights[index]
            if made < height:
                raise self.who.error(WRONG_GRAPH, f"leaves '{ring.value}' with {made} of {height} rows")
            self.replay.made.add(ring.value)

    def _arrive(self, ring: int) -> None:
        """The application writes a row."""
        rings, entry, row = self.rings, self.rings.entry(ring), self.rings.produced[ring]
        if ring not in self.stage.fed or row >= rings.heights[ring]:
            raise self.who.error(WRONG_GRAPH, f"waits for row {row} of '{entry.value}', which never comes")
        at, tags = rings.place(ring), self._line(ring, row)
        self.arena.write(at, tags.reshape(-1), f"row {row} of '{entry.value}'", APPLICATION)
        rings.produced[ring] += 1
        self.arena.tick()

    def _line(self, ring: int, row: int) -> Tags:
        """The tags of a row of a ring."""
        return self.arena.part(
            self.rings.entry(ring).value, (row, row + 1), (0, self.rings.types[ring].shape[2])
        )

    def _produce(self, ring: int) -> None:
        """The next row or band of a ring is made, and leaves at once where it may."""
        rings, op, number = self.rings, self.rings.op(ring), self.rings.number(ring)
        value, rows = rings.entry(ring).value, rings.next_rows(ring)
        at = rings.place(ring)
        given = [rings.address(f.ring, rings.reach(f, number)[0]) for f in op.feeds]
        if op.tiles is not None:
            band_of_tiles(rings, op, op.tiles, given, at)
        for call in op.rows:
            self._row(op, call, given, at, rows)
            self.arena.tick()
            self.replay.rows += 1
        rings.produced[ring] = rows[1]
        for index in dict.fromkeys(feed.ring for feed in op.feeds):
            if rings.entry(index).eager:
                rings.slide(index)
        if ring == self.stage.leaving:
            for row in range(*rows):
                what = f"row {row} of '{value}'"
                self.arena.expect(rings.address(ring, row), self._line(ring, row), what, APPLICATION)

    def _row(self, op: StageOpEntry, call: RowCallEntry, given: list[int], at: int, rows: Range) -> None:
        """One kernel makes one row, or a band of them."""
        replay, entry, node = self.replay, self.replay.plan.steps[call.step], self.rings.nodes[call.step]
        who = replay.who(entry, node).at(f"row {rows[0]},")
        height, columns, number = *node.out_types[0].shape[1:3], self.rings.number(op.ring)
        first, width = reference_of(op.axis, number) * op.band - op.short, (0, columns)
        part = replay.reads.part(node, Region(rows, width))
        like = replay.reads.part(node, Region((max(0, first), min(height, first + op.band)), width))
        if (like.op, like.ins, like.outs) != (part.op, part.ins, part.outs):
            raise who.error(WRONG_GRAPH, f"has the parameters of row {max(0, first)}, which are not its own")
        if len(call.feeds) != len(node.ins):
            raise who.error(WRONG_GRAPH, "has other operands than its node")
        read: list[Range | None] = []
        for operand, feed in enumerate(call.feeds):
            need = part.needs[operand]
            if need is None and feed is None:
                read.append(replay.read_whole(entry, node, operand, who))
                continue
            if need is None or feed is None or not (feed == RESULT or 0 <= feed < len(given)):
                raise who.error(WRONG_PLACE, f"takes '{node.ins[operand]}' in another way than its node")
            if feed != RESULT and need.rows[1] > self.rings.reach(op.feeds[feed], number)[1]:
                raise who.error(WRONG_PLACE, f"reads more rows of '{node.ins[operand]}' than it asks for")
            start = at if feed == RESULT else given[feed]
            read.append(self.rings.read_part(node, operand, need, start, who))
        tags = self.arena.part(node.outs[0], rows, width)
        if part.carries:
            before = self.arena.part(node.outs[0], (rows[0] - 1, rows[0]), width)
            self.arena.expect(at, before, f"row {rows[0] - 1} of '{node.outs[0]}'", who)
        pairs = tuple((operand, 0) for operand, feed in enumerate(call.feeds) if feed == RESULT)
        access = Access(part.op, part.ins, part.outs, tuple(read), ((at, at + tags.size),), pairs)
        replay.shared(entry, node, access, who)
        replay.scratch(entry, node, access, who)
        self.arena.write(at, tags, f"row {rows[0]} of '{node.outs[0]}'", who)
        replay.executed[call.step] += part.op.macs(part.ins, part.outs)
