"""Stages as C: one small function per kernel, tables of rings, operators and tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.codegen import cprint
from tinycompile.ops import Struct
from tinycompile.plan.program import Program
from tinycompile.plan.stage_types import RowCall, Stage, TileBuffer, TileCall, TileCopy, Tiles

DRIVER = "tc_stream"
TILES_DRIVER = "tc_tiles"
#: What a stage needs whose rows arrive from or leave to the application.
STEPWISE = ("tc_stream_start", "tc_stream_advance", "tc_stream_slot", "tc_stream_arrived", "tc_stream_row")
DRIVERS = (DRIVER, TILES_DRIVER, *STEPWISE)
#: Operands of one operator in the tables of the driver (TC_STREAM_FEEDS).
FEEDS = 4


@dataclass(frozen=True)
class FunctionView:
    """A function that calls kernels (symbol, arguments), with parameter blocks (label, C type, lines)."""

    name: str
    calls: tuple[tuple[str, tuple[str, ...]], ...]
    blocks: tuple[tuple[str, str, tuple[str, ...]], ...]
    comment: str


@dataclass(frozen=True)
class TilesView:
    """The tables of a tiled operator: rows and columns of its copies (name, initialisers), its steps."""

    name: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    columns: tuple[tuple[str, tuple[str, ...]], ...]
    steps: tuple[str, ...]
    shape: str


@dataclass(frozen=True)
class OpView:
    """One operator of a stage: the functions that it needs, and its tables if it works in tiles."""

    name: str
    functions: tuple[FunctionView, ...]
    tiles: TilesView | None


@dataclass(frozen=True)
class StageView:
    """One stage as the template sees it."""

    name: str
    ops: tuple[OpView, ...]
    rings: tuple[str, ...]
    rows: tuple[str, ...]
    goals: tuple[int, ...]
    shape: str


def symbols(program: Program) -> set[str]:
    """The drivers that the stages of a Program need."""
    found: set[str] = set()
    for stage in program.stages:
        stepwise = stage.links.fed or stage.links.leaving is not None
        found |= set(STEPWISE) if stepwise else {DRIVER}
        if any(op.tiles is not None for op in stage.ops):
            found.add(TILES_DRIVER)
    return found


def views(program: Program, prefix: str) -> tuple[StageView, ...]:
    """All stages of a Program."""
    return tuple(_stage(program, stage, f"{prefix}_s{i}", prefix) for i, stage in enumerate(program.stages))


def _stage(program: Program, stage: Stage, name: str, prefix: str) -> StageView:
    links = stage.links
    ops = tuple(_op(program, stage, i, f"{name}_{i}", prefix) for i in range(len(stage.ops)))
    given = links.start()
    rings = []
    for index, ring in enumerate(stage.rings):
        readers = [reader for reader, _ in links.readers[index]]
        first, last = (min(readers), max(readers)) if readers else (0, -1)
        counts = (ring.capacity, links.heights[index], given[index], first, last)
        rings.append(f"{{{ring.offset}u, {ring.row_bytes}u, {', '.join(map(str, counts))}}}")
    rows = tuple(
        f"{{{op.name}, {row.axis.heads}, {row.axis.tails}, {_feeds(stage, i)}}}"
        for i, (op, row) in enumerate(zip(ops, stage.ops, strict=True))
    )
    leaving = -1 if links.leaving is None else links.leaving
    shape = f"{links.sources}, {len(rings)}, {len(links.goals)}, {leaving}, {stage.state}u"
    return StageView(name, ops, tuple(rings), rows, links.goals, shape)


def _feeds(stage: Stage, index: int) -> str:
    found = [f"{{{f.ring}, {f.stride}, {f.pad}, {f.extent}}}" for f in stage.links.feeds[index]]
    found += ["{-1, 0, 0, 0}"] * (FEEDS - len(found))
    return "{" + ", ".join(found) + "}"


def _op(program: Program, stage: Stage, index: int, name: str, prefix: str) -> OpView:
    op = stage.ops[index]
    if op.tiles is None:
        return OpView(name, (_function(program, op.rows, name, prefix),), None)
    calls = [step for step in op.tiles.steps if isinstance(step, TileCall)]
    functions = tuple(_function(program, (call,), f"{name}_{i}", prefix) for i, call in enumerate(calls))
    return OpView(name, functions, _tiles(stage, index, op.tiles, name))


def _function(program: Program, calls: Sequence[RowCall | TileCall], name: str, prefix: str) -> FunctionView:
    blocks: list[tuple[str, str, tuple[str, ...]]] = []
    printed: list[tuple[str, tuple[str, ...]]] = []
    for call in calls:
        arguments: list[str] = []
        for position, arg in enumerate(call.variants[0]):
            if not isinstance(arg, Struct):
                arguments.append(cprint.argument(arg, prefix, {}))
                continue
            label = f"p{len(blocks)}"
            structs = [v[position] for v in call.variants]
            lines = tuple(cprint.initialiser(s) for s in structs if isinstance(s, Struct))
            same = len(set(lines)) == 1
            blocks.append((label, arg.ctype, lines[:1] if same else lines))
            arguments.append(f"&{label}[0]" if same else f"&{label}[v]")
        printed.append((program.calls[call.call].symbol, tuple(arguments)))
    last = program.calls[calls[-1].call]
    shape = "x".join(map(str, last.outs[0].type.shape))
    return FunctionView(name, tuple(printed), tuple(blocks), f"{last.label} -> {shape}")


def _tiles(stage: Stage, index: int, tiles: Tiles, name: str) -> TilesView:
    rows: list[tuple[str, tuple[str, ...]]] = []
    columns: list[tuple[str, tuple[str, ...]]] = []
    steps: list[str] = []
    calls = 0
    for number, step in enumerate(tiles.steps):
        if isinstance(step, TileCall):
            steps.append(f"{{{name}_{calls}, 0, 0u, 0u, 0u, NULL, NULL}}")
            calls += 1
            continue
        copy = _Copy(stage, index, tiles, step)
        rows.append((f"{name}_r{number}", copy.rows()))
        columns.append((f"{name}_c{number}", copy.columns()))
        side = "TC_TILE_RESULT" if step.target is None else copy.side
        numbers = f"{copy.strided}u, {copy.dense.offset}u, {copy.step}u"
        steps.append(f"{{NULL, {side}, {numbers}, {name}_r{number}, {name}_c{number}}}")
    axis = tiles.columns
    shape = f"{len(steps)}, {axis.count}, {axis.heads}, {axis.tails}"
    return TilesView(f"{name}_tiles", tuple(rows), tuple(columns), tuple(steps), shape)


class _Copy:
    """The numbers of one copy: a dense buffer, and a strided side with its rows and columns."""

    def __init__(self, stage: Stage, op: int, tiles: Tiles, step: TileCopy) -> None:
        self.stage, self.tiles, self.step_, self.links = stage, tiles, step, stage.links
        self.result = step.target is None
        index = step.source if step.target is None else step.target
        assert index is not None
        self.dense = tiles.buffers[index]
        self.other: TileBuffer | None = None
        if step.source is not None and step.target is not None:
            self.other = tiles.buffers[step.source]
        self.feed = self.links.feeds[op][step.feed] if step.source is None else None
        self.pixel = self.dense.type.shape[3] * self.dense.type.dtype.itemsize

    @property
    def side(self) -> str:
        return "TC_TILE_BUFFER" if self.other is not None else str(self.step_.feed)

    @property
    def strided(self) -> int:
        return self.other.offset if self.other is not None else 0

    @property
    def step(self) -> int:
        """Within a buffer, columns stay where they are."""
        return 0 if self.other is not None else self.dense.cols.stride * self.pixel

    def rows(self) -> tuple[str, ...]:
        found = []
        for variant, (first, end) in enumerate(self.dense.rows.parts):
            band = self.tiles.bands.reference(variant)
            if self.other is not None:
                origin = self.other.rows.parts[variant][0]
            elif self.feed is not None:
                origin = self.feed.rows(band, self.links.heights[self.feed.ring])[0]
            else:
                origin = first
            found.append(f"{{{first - origin}, {end - first}}}")
        return tuple(found)

    def columns(self) -> tuple[str, ...]:
        found = []
        for variant, (first, end) in enumerate(self.dense.cols.parts):
            if self.other is not None:
                low, high = self.other.cols.parts[variant]
            else:
                low, high = 0, self.dense.type.shape[2]
            sizes = (first - low, end - first, high - low)
            found.append("{" + ", ".join(f"{size * self.pixel}u" for size in sizes) + "}")
        return tuple(found)
