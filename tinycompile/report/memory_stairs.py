"""What is live inside stages: rows die and are born, so that the live bytes of a block form a staircase."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tinycompile.plan.program import Block
from tinycompile.plan.rows import Occupancy, occupancy
from tinycompile.plan.stage_types import Stage


@dataclass(frozen=True)
class Span:
    """Bytes [low, high) of the arena, live from `start` up to, not including, `end` (in steps)."""

    start: float
    end: float
    low: int
    high: int


class Stairs:
    """What stages say about blocks: rings, sources whose rows die, results whose rows are born.

    Args:
        last_use: value -> the last step that reads it. A block may end with a stage although its value lives
            on: in the same place, as another block, where the next step works in place.
    """

    def __init__(self, stages: Sequence[Stage], last_use: Mapping[str, int]) -> None:
        self.stages = tuple(enumerate(stages, start=1))
        self.occupied: Mapping[int, Occupancy] = {n: occupancy(s.links) for n, s in self.stages}
        self.last_use = last_use

    def ring(self, block: Block) -> bool:
        """Whether the block holds just some rows at a time."""
        return any(
            not stage.links.whole(index)
            for _, stage in self.stages
            for index in _rings_in(block, stage)
            if block.start == stage.first
        )

    def live(self, block: Block) -> tuple[Span, ...]:
        """The bytes of the block that are live; times outside stages are whole steps."""
        spans: list[Span] = []
        at = block.start
        for number, stage in self.stages:
            inside = self._inside(block, stage, self.occupied[number])
            if inside is None:
                continue
            if at < stage.first:
                spans.append(_all_of(block, at, stage.first))
            spans += inside
            at = stage.last + 1
        if at < block.end:
            spans.append(_all_of(block, at, block.end))
        return _joined(spans)

    def remarks(self, block: Block) -> Iterator[str]:
        """What happens to the block inside stages."""
        for number, stage in self.stages:
            yield from _tiles_in(block, stage)
            for index in _rings_in(block, stage):
                ring, links = stage.rings[index], stage.links
                meeting = [r.value for i, r in enumerate(stage.rings) if _meet(stage, index, i)]
                into = " and ".join(meeting)
                if not links.whole(index):
                    rows = "rows" if links.heights[index] == ring.type.shape[1] else "bands of rows"
                    held = f"{ring.capacity} of {links.heights[index]} {rows}"
                    yield f"A ring of {held}, {ring.row_bytes:,} bytes each."
                elif self._born(block, stage, index):
                    yield f"Its rows are born one by one in stage {number}." + (
                        f" It grows into the dead rows of {into}." if meeting else ""
                    )
                elif self._dies(block, stage, index):
                    yield f"Its rows die one by one in stage {number}." + (
                        f" {into} grows into them." if meeting else ""
                    )

    def _born(self, block: Block, stage: Stage, ring: int) -> bool:
        return ring in stage.links.kept and block.start == stage.first

    def _dies(self, block: Block, stage: Stage, ring: int) -> bool:
        source = ring < stage.links.sources and stage.links.whole(ring)
        return source and all(self.last_use.get(v, -1) <= stage.last for v in block.values)

    def _inside(self, block: Block, stage: Stage, occupied: Occupancy) -> list[Span] | None:
        """The spans of the block during a stage; None when it is whole all the time."""
        end = stage.last + 1
        width = end - stage.first

        def moment(step: int) -> float:
            return stage.first + width * step / occupied.steps  # exact at both ends

        top = block.offset + block.size
        unit = _scratch_of(block, stage)
        if unit is not None:
            made = [i for i, ring in enumerate(occupied.made) if ring == stage.links.sources + unit]
            return [Span(moment(i), moment(i + 1), block.offset, top) for i in made]
        for index in _rings_in(block, stage):
            ring, partly = stage.rings[index], not stage.links.whole(index)
            if partly or self._born(block, stage, index) or self._dies(block, stage, index):
                return [
                    Span(moment(a), moment(b), ring.offset + low * ring.row_bytes, high)
                    for a, b, low, rows in occupied.uses[index]
                    if ring.offset + low * ring.row_bytes
                    < (high := min(top, ring.offset + rows * ring.row_bytes))
                ]
        return None


def _scratch_of(block: Block, stage: Stage) -> int | None:
    """The operator of the stage whose scratch the block is; it lives while that one works."""
    if not block.scratch or (block.start, block.end) != (stage.first, stage.last + 1):
        return None
    results = [ring.value for ring in stage.rings[stage.links.sources :]]
    return next((i for i, value in enumerate(results) if block.values == (f"scratch for {value}",)), None)


def _rings_in(block: Block, stage: Stage) -> tuple[int, ...]:
    """The rings of a stage that the block holds while it is live."""
    if block.scratch or block.start > stage.last or block.end <= stage.first:
        return ()
    return tuple(i for i, ring in enumerate(stage.rings) if ring.value in block.values)


def _meet(stage: Stage, ring: int, other: int) -> bool:
    """Whether one of two is a source, the other a kept result, both are held whole, and they share bytes."""
    links = stage.links
    one, two = stage.rings[ring].span, stage.rings[other].span
    pair = (ring in links.kept) != (other in links.kept)
    return pair and links.whole(ring) and links.whole(other) and one[0] < two[1] and two[0] < one[1]


def _tiles_in(block: Block, stage: Stage) -> Iterator[str]:
    """The tiles whose buffers lie in the block."""
    unit = _scratch_of(block, stage)
    tiles = None if unit is None else stage.ops[unit].tiles
    if tiles is not None:
        yield f"Buffers of tiles: {', '.join(dict.fromkeys(b.value for b in tiles.buffers))}."


def _all_of(block: Block, start: int, end: int) -> Span:
    return Span(start, end, block.offset, block.offset + block.size)


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Neighbours with the same bytes as one span."""
    found: list[Span] = []
    for span in spans:
        last = found[-1] if found else None
        if last is not None and last.end == span.start and (last.low, last.high) == (span.low, span.high):
            found[-1] = Span(last.start, span.end, span.low, span.high)
        else:
            found.append(span)
    return tuple(found)
