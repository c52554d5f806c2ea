"""Stages as C: one small function per kernel, tables of rings, operators and tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.codegen import cprint
from tinycompile.ops import Struct
from tinycompile.plan.program import Program
from tinycompile.plan.stage_types import RowCall, Stage, TileCall, TileCopy, Tiles

DRIVER = "tc_stream"
TILES_DRIVER = "tc_tiles"
PATCHES_DRIVER = "tc_patches"
#: What a stage needs whose rows arrive from or leave to the application.
STEPWISE = ("tc_stream_start", "tc_stream_advance", "tc_stream_slot", "tc_stream_arrived", "tc_stream_row")
DRIVERS = (DRIVER, TILES_DRIVER, PATCHES_DRIVER, *STEPWISE)
#: Operands of one operator in the tables of the driver (TC_STREAM_FEEDS).
FEEDS = 4
#: In the place of a ring's first row: it slides as soon as rows are dead (TC_STREAM_EAGER).
EAGER = -1


@dataclass(frozen=True)
class FunctionView:
    """A function with its calls (step, symbol, arguments) and parameter blocks (label, C type, lines)."""

    name: str
    calls: tuple[tuple[int, str, tuple[str, ...]], ...]
    blocks: tuple[tuple[str, str, tuple[str, ...]], ...]
    comment: str
    driver: int  #: the step that counts what drives the stage, behind those of all calls


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
    """One stage as the template sees it; `patches` are what it asks the application for, if it does."""

    name: str
    ops: tuple[OpView, ...]
    rings: tuple[str, ...]
    rows: tuple[str, ...]
    goals: tuple[int, ...]
    shape: str
    patches: tuple[str, ...] = ()


def symbols(program: Program) -> set[str]:
    """The drivers that the stages of a Program need."""
    found: set[str] = set()
    for stage in program.stages:
        if stage.patched:
            found.add(PATCHES_DRIVER)
            continue
        found |= set(STEPWISE) if stage.stepwise else {DRIVER}
        if any(op.tiles is not None for op in stage.ops):
            found.add(TILES_DRIVER)
    return found


def views(program: Program, prefix: str) -> tuple[StageView, ...]:
    """All stages of a Program."""
    return tuple(_stage(program, stage, f"{prefix}_s{i}", prefix) for i, stage in enumerate(program.stages))


def _stage(program: Program, stage: Stage, name: str, prefix: str) -> StageView:
    links = stage.links
    ops = tuple(_op(program, stage, i, f"{name}_{i}", prefix) for i in range(len(stage.ops)))
    if stage.patched:
        patches, shape = _patches(stage)
        return StageView(name, ops, (), (), (), shape, patches)
    given, places = links.start(), links.first_places([ring.capacity for ring in stage.rings])
    rings = []
    for index, ring in enumerate(stage.rings):
        readers = [reader for reader, _ in links.readers[index]]
        first, last = (min(readers), max(readers)) if readers else (0, -1)
        place = EAGER if index in links.eager else places[index]
        numbers = (ring.capacity, links.heights[index], given[index], first, last, place)
        rings.append(f"{{{ring.offset}u, {ring.row_bytes}u, {', '.join(map(str, numbers))}}}")
    rows = []
    for i, (op, row) in enumerate(zip(ops, stage.ops, strict=True)):
        made = links.sources + i
        counts = f"{row.axis.heads}, {row.axis.tails}, {links.band(made)}, {links.short(made)}"
        rows.append(f"{{{op.name}, {counts}, {_feeds(stage, i)}}}")
    leaving = -1 if links.leaving is None else links.leaving
    shape = f"{links.sources}, {len(rings)}, {len(links.goals)}, {leaving}, {stage.state}u"
    return StageView(name, ops, tuple(rings), tuple(rows), links.goals, shape)


def _patches(stage: Stage) -> tuple[tuple[str, ...], str]:
    """What every tile reads of the image; where that goes, where the result lies, and its bands."""
    (op,), (_, result) = stage.ops, stage.rings
    assert op.tiles is not None
    tiles, bands = op.tiles, op.tiles.bands
    copy = next(step for step in tiles.steps if isinstance(step, TileCopy) and step.source is None)
    assert copy.target is not None
    found = []
    for band in range(bands.count):
        for tile in range(tiles.columns.count):
            rows, cols = copy.rows.at(bands, band), copy.cols.at(tiles.columns, tile)
            found.append(f"{{{rows[0]}, {cols[0]}, {rows[1] - rows[0]}, {cols[1] - cols[0]}}}")
    band_bytes = stage.links.band(1) * result.row_bytes
    places = f"{tiles.buffers[copy.target].offset}u, {result.offset}u, {band_bytes}u"
    return tuple(found), f"{places}, {bands.count}, {bands.heads}, {bands.tails}"


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
    printed: list[tuple[int, str, tuple[str, ...]]] = []
    for call in calls:
        arguments: list[str] = []
        for position, arg in enumerate(call.variants[0]):
            if not isinstance(arg, Struct):
                arguments.append(cprint.argument(arg, prefix, {}))
                continue
            label = f"p{len(blocks)}"
            structs = [v[position] for v in call.variants]
            lines = tuple(cprint.initialiser(s, "    ") for s in structs if isinstance(s, Struct))
            same = len(set(lines)) == 1
            blocks.append((label, arg.ctype, lines[:1] if same else lines))
            arguments.append(f"&{label}[0]" if same else f"&{label}[v]")
        printed.append((call.call, program.calls[call.call].symbol, tuple(arguments)))
    last = program.calls[calls[-1].call]
    shape = "x".join(map(str, last.outs[0].type.shape))
    stage = program.stage_at[last.step]
    driver = len(program.calls) + next(i for i, other in enumerate(program.stages) if other is stage)
    return FunctionView(name, tuple(printed), tuple(blocks), f"{last.label} -> {shape}", driver)


def _tiles(stage: Stage, index: int, tiles: Tiles, name: str) -> TilesView:
    rows: list[tuple[str, tuple[str, ...]]] = []
    columns: list[tuple[str, tuple[str, ...]]] = []
    steps: list[str] = []
    calls = 0
    for number, step in enumerate(tiles.steps):
        if isinstance(step, TileCall):
            steps.append(f"{{{name}_{calls}, -1, 0, 0u, 0u, 0u, NULL, NULL}}")
            calls += 1
            continue
        if stage.patched and step.source is None:
            continue  # the application has written it
        copy = _Copy(stage, index, tiles, step)
        rows.append((f"{name}_r{number}", copy.rows()))
        columns.append((f"{name}_c{number}", copy.columns()))
        steps.append(f"{{NULL, {copy.places}, {name}_r{number}, {name}_c{number}}}")
    axis = tiles.columns
    shape = f"{len(steps)}, {axis.count}, {axis.heads}, {axis.tails}"
    return TilesView(f"{name}_tiles", tuple(rows), tuple(columns), tuple(steps), shape)


class _Copy:
    """The numbers of one copy, per variant of rows and columns."""

    def __init__(self, stage: Stage, op: int, tiles: Tiles, step: TileCopy) -> None:
        self.tiles, self.copy = tiles, step
        self.source = None if step.source is None else tiles.buffers[step.source]
        self.target = None if step.target is None else tiles.buffers[step.target]
        self.feed = stage.links.feeds[op][step.feed] if step.source is None else None
        self.height = stage.links.heights[self.feed.ring] if self.feed is not None else 0
        buffer = self.source or self.target
        assert buffer is not None
        self.width = buffer.type.shape[2]
        self.pixel = buffer.type.shape[3] * buffer.type.dtype.itemsize

    @property
    def places(self) -> str:
        """Feed and result, offsets of the buffers, and how far the columns move in the stage's rows."""
        within_buffers = self.source is not None and self.target is not None
        step = 0 if within_buffers else self.copy.cols.stride * self.pixel
        source, target = (b.offset if b is not None else 0 for b in (self.source, self.target))
        feed = self.copy.feed if self.source is None else -1
        return f"{feed}, {int(self.target is None)}, {source}u, {target}u, {step}u"

    def rows(self) -> tuple[str, ...]:
        """Where the copied rows begin on either side, and how many they are."""
        found = []
        for variant, (first, end) in enumerate(self.copy.rows.parts):
            low = first if self.source is None else self.source.rows.parts[variant][0]
            if self.feed is not None:
                low = self.feed.rows(self.tiles.bands.reference(variant), self.height)[0]
            to = first if self.target is None else self.target.rows.parts[variant][0]
            found.append(f"{{{first - low}, {first - to}, {end - first}}}")
        return tuple(found)

    def columns(self) -> tuple[str, ...]:
        """Where the copied columns begin on either side, the distance of its rows, and their length."""
        found = []
        for variant, (first, end) in enumerate(self.copy.cols.parts):
            low, high = (0, self.width) if self.source is None else self.source.cols.parts[variant]
            to, to_end = (0, self.width) if self.target is None else self.target.cols.parts[variant]
            sizes = (first - low, high - low, first - to, to_end - to, end - first)
            found.append("{" + ", ".join(f"{max(0, size) * self.pixel}u" for size in sizes) + "}")
        return tuple(found)
