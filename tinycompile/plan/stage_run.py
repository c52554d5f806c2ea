"""What a stage does, step by step: the same steps for the simulator and the validator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tinycompile.ir import Op, Region, TensorType
from tinycompile.plan.arguments import Operand
from tinycompile.plan.parts import part_call
from tinycompile.plan.program import Call, Program
from tinycompile.plan.stage_types import RESULT, RowOp, Stage, TileBuffer, TileCall, TileCopy, Tiles


@dataclass(frozen=True)
class Part:
    """An operand or result of a step: a region of a value (None for all of it), at its place."""

    operand: Operand
    region: Region | None


@dataclass(frozen=True)
class Compute:
    """One kernel call."""

    call: int
    op: Op
    ins: tuple[Part, ...]
    out: Part
    where: str


@dataclass(frozen=True)
class Move:
    """Copy `rows` runs of `size` bytes upwards in order; pitches are the distances between runs, in bytes."""

    source: int
    target: int
    rows: int
    size: int
    source_pitch: int
    target_pitch: int
    where: str


@dataclass(frozen=True)
class Arrive:
    """The application writes a part of an input: a row, or a patch that was asked for."""

    part: Part


@dataclass(frozen=True)
class Leave:
    """The application reads row `row` of an output."""

    row: int
    part: Part


Step = Compute | Move | Arrive | Leave


def stage_steps(program: Program, stage: Stage) -> Iterator[Step]:
    """The steps of a stage in execution order."""
    return _Walk(program, stage).steps()


class _Walk:
    def __init__(self, program: Program, stage: Stage) -> None:
        self.program, self.stage, self.links = program, stage, stage.links
        self.produced = self.links.start()
        self.base = [-place for place in self.links.first_places([r.capacity for r in stage.rings])]

    def steps(self) -> Iterator[Step]:
        for ring in self.links.pull():
            row, end = self.produced[ring], self.links.after(ring, self.produced[ring])
            if end - self.base[ring] > self.stage.rings[ring].capacity:
                yield self._slide(ring)
            place = self._place(ring, row, end)
            if ring < self.links.sources:
                yield Arrive(place)
            else:
                op = self.stage.ops[ring - self.links.sources]
                yield from self._row(op, ring, row, place) if op.tiles is None else self._band(op, ring)
            if ring == self.links.leaving:
                yield Leave(row, place)
            self.produced[ring] = end
            for other in self.links.slide_after(ring):
                if self.links.first_needed(other, self.produced) > self.base[other]:
                    yield self._slide(other)

    def _slide(self, index: int) -> Move:
        """Drop the rows that nothing needs any more."""
        ring, row = self.stage.rings[index], self.produced[index]
        low = min(self.links.first_needed(index, self.produced), row)
        source = ring.offset + (low - self.base[index]) * ring.row_bytes
        self.base[index] = low
        size = (row - low) * ring.row_bytes
        return Move(source, ring.offset, 1, size, size, size, f"the ring of '{ring.value}'")

    def _offset(self, index: int, row: int) -> int:
        ring = self.stage.rings[index]
        return ring.offset + (row - self.base[index]) * ring.row_bytes

    def _place(self, index: int, row: int, end: int) -> Part:
        ring = self.stage.rings[index]
        region = Region((row, end), (0, ring.type.shape[2]))
        return Part(Operand(ring.value, region.part(ring.type), self._offset(index, row)), region)

    def _row(self, op: RowOp, ring: int, row: int, place: Part) -> Iterator[Step]:
        feeds, number = self.links.feeds[ring - self.links.sources], self.links.number(ring, row)
        firsts = [self._offset(f.ring, f.rows(number, self.links.heights[f.ring])[0]) for f in feeds]
        assert place.region is not None
        for made in op.rows:
            call = self.program.calls[made.call]
            result = call.outs[0]
            made_row = Operand(result.value, place.region.part(result.type), place.operand.offset)
            out = Part(made_row, place.region)
            offsets = [
                None if f is None else place.operand.offset if f == RESULT else firsts[f] for f in made.feeds
            ]
            yield _compute(call, place.region, offsets, out, f"row {row} of step {call.step}")

    def _band(self, op: RowOp, ring: int) -> Iterator[Step]:
        tiles, band = op.tiles, self.links.number(ring, self.produced[ring])
        assert tiles is not None
        for tile in range(tiles.columns.count):
            for step in tiles.steps:
                if isinstance(step, TileCopy) and self._remote(step, ring):
                    assert step.target is not None
                    yield Arrive(_tile_part(tiles, tiles.buffers[step.target], band, tile))
                elif isinstance(step, TileCopy):
                    yield self._copy(tiles, step, ring, band, tile)
                else:
                    yield self._tile_call(tiles, step, band, tile)

    def _remote(self, step: TileCopy, ring: int) -> bool:
        """Whether a copy takes from what the application keeps."""
        feeds = self.links.feeds[ring - self.links.sources]
        return step.source is None and feeds[step.feed].ring in self.links.remote

    def _tile_call(self, tiles: Tiles, step: TileCall, band: int, tile: int) -> Compute:
        call = self.program.calls[step.call]
        out = tiles.buffers[step.out]
        place = _tile_part(tiles, out, band, tile)
        assert place.region is not None
        offsets = [None if i is None else tiles.buffers[i].offset for i in step.ins]
        return _compute(call, place.region, offsets, place, f"tile {band}, {tile} of step {call.step}")

    def _copy(self, tiles: Tiles, step: TileCopy, ring: int, band: int, tile: int) -> Move:
        """A rectangle from one place to another; the rows of either may be longer than it."""
        part = Region(step.rows.at(tiles.bands, band), step.cols.at(tiles.columns, tile))
        if step.source is None:
            feed = self.links.feeds[ring - self.links.sources][step.feed]
            first = feed.rows(band, self.links.heights[feed.ring])[0]
            source = self._stage_rows(feed.ring, first)
        else:
            source = _buffer(tiles, step.source, band, tile)
        target = (
            self._stage_rows(ring, self.produced[ring])
            if step.target is None
            else _buffer(tiles, step.target, band, tile)
        )
        return Move(
            source.at(part),
            target.at(part),
            part.height if part.width else 0,
            part.width * source.pixel,
            source.pitch,
            target.pitch,
            f"tile {band}, {tile}: '{source.value}'",
        )

    def _stage_rows(self, ring: int, row: int) -> _Rectangle:
        """The rows of a ring from row `row` of the value on."""
        type_ = self.stage.rings[ring].type
        region = Region((row, row), (0, type_.shape[2]))
        return _Rectangle(self.stage.rings[ring].value, type_, region, self._offset(ring, row))


@dataclass(frozen=True)
class _Rectangle:
    """Rows of a value in memory, the first of them at `offset`."""

    value: str
    type: TensorType
    region: Region
    offset: int

    @property
    def pixel(self) -> int:
        return self.type.shape[3] * self.type.dtype.itemsize

    @property
    def pitch(self) -> int:
        return self.region.width * self.pixel

    def at(self, part: Region) -> int:
        """Where a part begins."""
        rows, cols = part.rows[0] - self.region.rows[0], part.cols[0] - self.region.cols[0]
        return self.offset + rows * self.pitch + cols * self.pixel


def _buffer(tiles: Tiles, index: int, band: int, tile: int) -> _Rectangle:
    part, buffer = _tile_part(tiles, tiles.buffers[index], band, tile), tiles.buffers[index]
    assert part.region is not None
    return _Rectangle(buffer.value, buffer.type, part.region, buffer.offset)


def _tile_part(tiles: Tiles, buffer: TileBuffer, band: int, tile: int) -> Part:
    region = Region(buffer.rows.at(tiles.bands, band), buffer.cols.at(tiles.columns, tile))
    return Part(Operand(buffer.value, region.part(buffer.type), buffer.offset), region)


def _compute(call: Call, region: Region, offsets: Sequence[int | None], place: Part, where: str) -> Compute:
    """The call of an operator on a region; operands without an offset are read as the call says."""
    found = part_call(call.op, region, tuple(o.type for o in call.ins), tuple(o.type for o in call.outs))
    assert found is not None
    ins = []
    for operand, type_, need, offset in zip(call.ins, found.ins, found.needs, offsets, strict=True):
        ins.append(Part(operand if offset is None else Operand(operand.value, type_, offset), need))
    if found.carries:
        before = Region((region.rows[0] - 1, region.rows[0]), region.cols)
        ins.append(Part(place.operand, before))
    return Compute(call.step, found.op, tuple(ins), place, where)
