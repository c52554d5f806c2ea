"""What a plan is, in words: its stages, their kinds, and a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tinycompile.plan.program import Program, Stage, TileCall, Tiles


class Kind(StrEnum):
    """How the calls of a stage are executed."""

    STREAM = "stream"  #: row by row
    MIXED = "stream with tiles"  #: row by row, some calls together tile by tile
    TILES = "tiles"  #: all calls together, tile by tile


@dataclass(frozen=True)
class TiledCalls:
    """Calls [first, last] that are executed together in tiles of `rows` x `columns` of their result."""

    first: int
    last: int
    rows: int
    columns: int

    def __str__(self) -> str:
        return f"{self.first}-{self.last} ({self.rows}x{self.columns})"


@dataclass(frozen=True)
class StageSummary:
    """A stage: calls [first, last], its live bytes at the fullest moment, extra multiply-accumulates."""

    kind: Kind
    first: int
    last: int
    peak: int
    extra_macs: int
    tiles: tuple[TiledCalls, ...]

    @property
    def calls(self) -> int:
        """Number of calls."""
        return self.last - self.first + 1

    @property
    def span(self) -> str:
        """Its calls: `4`, or `4-7`."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def stages_of(program: Program) -> tuple[StageSummary, ...]:
    """The stages in execution order."""
    return tuple(_summary(program, stage) for stage in program.stages)


def plan_name(program: Program) -> str:
    """A short name: `whole`, `stream 0-11`, `stream 0-13 + tiles 3-5 (2x4)`, `9 stages + 4 tilings`."""
    stages = stages_of(program)
    tiles = [t for stage in stages for t in stage.tiles]
    if not stages:
        return "whole"
    if len(stages) > 2:
        name = f"{len(stages)} stages"
    elif all(stage.kind is Kind.TILES for stage in stages):
        return "tiles " + ", ".join(str(t) for t in tiles)
    else:
        name = "stream " + ", ".join(stage.span for stage in stages)
    if not tiles:
        return name
    return f"{name} + " + (f"tiles {tiles[0]}" if len(tiles) == 1 else f"{len(tiles)} tilings")


def plan_text(program: Program) -> str:
    """All stages with their calls and tiles; what is not named works on whole tensors."""
    if not program.stages:
        return "whole tensors"
    parts = []
    for stage in stages_of(program):
        tiles = f" [tiles {', '.join(map(str, stage.tiles))}]" if stage.tiles else ""
        word = "tiles" if stage.kind is Kind.TILES else "stream"
        parts.append(f"{word} {stage.span}{tiles}")
    staged = sum(stage.last - stage.first + 1 for stage in program.stages)
    rest = "" if staged == len(program.calls) else "; the rest whole"
    return ", ".join(parts) + rest


def cycles_of(program: Program) -> float | None:
    """Estimated cycles of one run at zero wait states; None where some kernel has no estimate."""
    return None if unestimated(program) else cycles_known(program)


def cycles_known(program: Program) -> float:
    """The same without the kernels that have no estimate: for comparing plans of one network."""
    return sum(c.cycles for c in program.calls if c.cycles is not None) + program.overhead


def unestimated(program: Program) -> tuple[str, ...]:
    """The kernels without an estimate of cycles, sorted."""
    return tuple(sorted({c.symbol for c in program.calls if c.cycles is None}))


def plan_object(program: Program) -> dict[str, Any]:
    """The plan for JSON: name, stages, what is computed again, estimated cycles, how edges come and go."""
    own, cycles = program.macs - program.recomputed_macs, cycles_of(program)
    return {
        "name": plan_name(program),
        "text": plan_text(program),
        "stages": [
            {
                "kind": stage.kind.value,
                "first": stage.first,
                "last": stage.last,
                "calls": stage.calls,
                "peak": stage.peak,
                "extra_macs": stage.extra_macs,
                "tiles": [
                    {"first": t.first, "last": t.last, "rows": t.rows, "columns": t.columns}
                    for t in stage.tiles
                ],
            }
            for stage in stages_of(program)
        ],
        "extra_macs": program.recomputed_macs,
        "extra_percent": 100 * program.recomputed_macs / own if own else 0.0,
        "extra_cycles": round(program.overhead),
        "cycles": None if cycles is None else round(cycles),
        "input": "rows" if any(port.rows for port in program.inputs) else "ram",
        "output": "rows" if any(port.rows for port in program.outputs) else "ram",
    }


def _summary(program: Program, stage: Stage) -> StageSummary:
    tiles = tuple(_tiles(stage))
    kind = Kind.STREAM if not tiles else Kind.TILES if len(tiles) == len(stage.ops) else Kind.MIXED
    extra = sum(call.recomputed for call in program.calls[stage.first : stage.last + 1])
    return StageSummary(kind, stage.first, stage.last, stage.peak, extra, tiles)


def _tiles(stage: Stage) -> Iterator[TiledCalls]:
    for index, op in enumerate(stage.ops):
        if op.tiles is not None:
            calls = [step for step in op.tiles.steps if isinstance(step, TileCall)]
            rows = stage.links.band(stage.links.sources + index)
            yield TiledCalls(calls[0].call, calls[-1].call, rows, _columns(op.tiles, calls[-1]))


def _columns(tiles: Tiles, last: TileCall) -> int:
    return tiles.buffers[last.out].cols.extent
