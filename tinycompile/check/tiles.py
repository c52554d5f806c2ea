"""The replay of bands that are made tile by tile: copies between buffers, and calls on them."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.check.arena import Rows
from tinycompile.check.codes import APPLICATION, WRONG_GRAPH, WRONG_PLACE, Who, part_text
from tinycompile.check.document import AxisEntry, SpanEntry, StageOpEntry, TilesEntry, TileStepEntry
from tinycompile.check.replay import Access
from tinycompile.check.rings import Rings, reference_of, variant_of
from tinycompile.check.usage import Range
from tinycompile.ir import Region, TensorType


@dataclass(frozen=True)
class _Place:
    """A part of a value in memory, dense from byte `start` on."""

    value: str
    region: Region
    start: int
    pixel: int

    def rows(self, part: Region, who: Who) -> Rows:
        """A part of it, which must be inside."""
        empty = part.height <= 0 or part.width <= 0
        if not empty and not (_within(part.rows, self.region.rows) and _within(part.cols, self.region.cols)):
            held = part_text(self.region)
            raise who.error(WRONG_PLACE, f"copies {part_text(part)} of '{self.value}' where {held} are")
        pitch = self.region.width * self.pixel
        down, across = part.rows[0] - self.region.rows[0], part.cols[0] - self.region.cols[0]
        start = self.start if empty else self.start + down * pitch + across * self.pixel
        return Rows(start, 0 if empty else part.height, part.width * self.pixel, pitch, f"'{self.value}'")


class _Band:
    def __init__(self, rings: Rings, op: StageOpEntry, tiles: TilesEntry, given: list[int], at: int) -> None:
        self.rings, self.op, self.tiles, self.given, self.at = rings, op, tiles, given, at
        self.arena, self.replay, self.who = rings.arena, rings.replay, rings.who
        self.band = rings.number(op.ring)

    def run(self) -> None:
        for tile in range(self.tiles.columns.count):
            for step in self.tiles.steps:
                if step.step is None:
                    self._copy(step, tile)
                else:
                    self._call(step, step.step, tile)
                self.arena.tick()
            self.replay.tiles += 1

    def _type(self, value: str) -> TensorType:
        type_ = self.replay.graph.types.get(value)
        if type_ is None or type_.rank != 4:
            raise self.who.error(WRONG_GRAPH, f"has tiles of '{value}', which is no image")
        return type_

    def _region(self, value: str, rows: SpanEntry, cols: SpanEntry, at: tuple[int, int]) -> Region:
        """The part of a value at a (band, tile), which may be empty, but never outside."""
        type_ = self._type(value)
        region = Region(
            _at(rows, self.op.axis, at[0], self.who), _at(cols, self.tiles.columns, at[1], self.who)
        )
        whole = Region.whole(type_)
        if not (_within(region.rows, whole.rows) and _within(region.cols, whole.cols)):
            message = f"has tile {at} of '{value}' at {part_text(region)}, which leaves it"
            raise self.who.error(WRONG_PLACE, message)
        return region

    def _buffer(self, index: int | None, tile: int) -> _Place:
        if index is None or not 0 <= index < len(self.tiles.buffers):
            raise self.who.error(WRONG_PLACE, f"has a step on buffer {index}, which does not exist")
        buffer = self.tiles.buffers[index]
        region = self._region(buffer.value, buffer.rows, buffer.cols, (self.band, tile))
        pixel = _pixel(self._type(buffer.value))
        size = max(0, region.height) * max(0, region.width) * pixel
        if size:
            self.replay.usage.scratch(self.rings.stage.first, (buffer.offset, buffer.offset + size), self.who)
        return _Place(buffer.value, region, buffer.offset, pixel)

    def _copy(self, step: TileStepEntry, tile: int) -> None:
        who = self.who.at(f"band {self.band}, tile {tile},")
        if step.rows is None or step.cols is None:
            raise who.error(WRONG_GRAPH, "has a copy that says not of what")
        source = self._rows_of_feed(step.feed) if step.source is None else self._buffer(step.source, tile)
        target = self._result() if step.out is None else self._buffer(step.out, tile)
        if source.value != target.value:
            raise who.error(WRONG_GRAPH, f"copies '{source.value}' as '{target.value}'")
        part = self._region(source.value, step.rows, step.cols, (self.band, tile))
        if step.source is None and self._remote(step.feed):
            self._arrives(part, source, target, who)
            return
        one, other = source.rows(part, who), target.rows(part, who)
        self.arena.move(one, other, who)
        self.replay.moved += one.count * one.size

    def _remote(self, index: int | None) -> bool:
        """Whether the application keeps an operand."""
        return index is not None and self.op.feeds[index].ring in self.rings.stage.remote

    def _arrives(self, part: Region, source: _Place, target: _Place, who: Who) -> None:
        """The application writes a part of an input, which the buffer must hold densely."""
        if part.height > 0 and not _within(part.rows, source.region.rows):
            message = (
                f"asks for {part_text(part)} of '{target.value}', where the band reads {source.region.rows}"
            )
            raise who.error(WRONG_PLACE, message)
        if part != target.region:
            message = f"asks for {part_text(part)} of '{target.value}' where {part_text(target.region)} are"
            raise who.error(WRONG_PLACE, message)
        tags = self.arena.part(target.value, part.rows, part.cols)
        what = f"{part_text(part)} of '{target.value}'"
        self.arena.write(target.start, tags.reshape(-1), what, APPLICATION)

    def _rows_of_feed(self, index: int | None) -> _Place:
        """The rows of an operand that the band is said to read."""
        if index is None or not 0 <= index < len(self.op.feeds):
            raise self.who.error(WRONG_GRAPH, f"has a copy of operand {index}, which does not exist")
        feed = self.op.feeds[index]
        type_ = self.rings.types[feed.ring]
        region = Region(self.rings.reach(feed, self.band), (0, type_.shape[2]))
        return _Place(self.rings.entry(feed.ring).value, region, self.given[index], _pixel(type_))

    def _result(self) -> _Place:
        type_ = self.rings.types[self.op.ring]
        region = Region(self.rings.next_rows(self.op.ring), (0, type_.shape[2]))
        return _Place(self.rings.entry(self.op.ring).value, region, self.at, _pixel(type_))

    def _call(self, step: TileStepEntry, index: int, tile: int) -> None:
        """A kernel makes the part that its buffer holds."""
        replay, entry, node = self.replay, self.replay.plan.steps[index], self.rings.nodes[index]
        who = replay.who(entry, node).at(f"band {self.band}, tile {tile},")
        out = self._buffer(step.out, tile)
        if out.value != node.outs[0] or len(step.ins) != len(node.ins) or step.out is None:
            raise who.error(WRONG_GRAPH, f"writes '{out.value}' or has other operands than its node")
        part = replay.reads.part(node, out.region)
        like = (reference_of(self.op.axis, self.band), reference_of(self.tiles.columns, tile))
        buffer = self.tiles.buffers[step.out]
        if replay.reads.part(node, self._region(out.value, buffer.rows, buffer.cols, like)).op != part.op:
            raise who.error(WRONG_GRAPH, f"has the parameters of tile {like}, which are not its own")
        read: list[Range | None] = []
        for operand, given in enumerate(step.ins):
            need = part.needs[operand]
            if given is None and need is None:
                read.append(replay.read_whole(entry, node, operand, who))
                continue
            start = self._buffer(given, tile).start
            needed = need or Region.whole(node.in_types[operand])
            read.append(self.rings.read_part(node, operand, needed, start, who))
        span = (out.start, out.start + part.outs[0].nbytes)
        access = Access(part.op, part.ins, part.outs, tuple(read), (span,))
        replay.shared(entry, node, access, who)
        replay.scratch(entry, node, access, who)
        tags = self.arena.part(node.outs[0], out.region.rows, out.region.cols)
        self.arena.write(out.start, tags, f"{part_text(out.region)} of '{node.outs[0]}'", who)
        replay.executed[index] += part.op.macs(part.ins, part.outs)


def band_of_tiles(rings: Rings, op: StageOpEntry, tiles: TilesEntry, given: list[int], at: int) -> None:
    """Make the next rows of a ring at byte `at` of the arena, from operands at `given`.

    Raises:
        VerificationError: something is read that is not there.
    """
    _Band(rings, op, tiles, given, at).run()


def _pixel(type_: TensorType) -> int:
    """Bytes of one position."""
    return type_.shape[3] * type_.dtype.itemsize


def _within(part: Range, whole: Range) -> bool:
    return whole[0] <= part[0] and part[1] <= whole[1]


def _at(span: SpanEntry, axis: AxisEntry, tile: int, who: Who) -> Range:
    """The range at a tile; the repeated one moves evenly."""
    if len(span.parts) != axis.heads + 1 + axis.tails:
        raise who.error(WRONG_GRAPH, f"has a range of {len(span.parts)} variants on an axis of other tiles")
    first, end = span.parts[variant_of(axis, tile)]
    moved = (tile - reference_of(axis, tile)) * span.stride
    return first + moved, end + moved
