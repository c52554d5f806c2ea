"""The memory map in pixels: what templates/memory_map.svg.j2 draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.report.memory_map import Band, Column, Kind, MemoryMap, Rect, steps_text
from tinycompile.report.memory_stairs import Span
from tinycompile.report.scale import CHAR, Axis, Tick, fitted, px, step_ticks
from tinycompile.report.text import both_ends, kernel_name, plain, shape_of

_CLASSES = {Kind.EDGE: "edge", Kind.ACTIVATION: "activation", Kind.RING: "ring", Kind.SCRATCH: "scratch"}
_LEFT, _RIGHT, _TOP, _STRIP, _GAP, _FOOT = 70.0, 18.0, 44.0, 54.0, 26.0, 26.0
#: Labels stand in rectangles of at least this height.
_LABEL_HEIGHT = 13.0
_LEAST_COLUMN = 13.0


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, with a text for hovering."""

    x: float
    y: float
    width: float
    height: float
    tip: str = ""
    mark: bool = False


@dataclass(frozen=True)
class Label:
    """A text in the picture; an upright one is turned by a quarter around its place."""

    x: float
    y: float
    text: str
    anchor: str = "middle"
    upright: bool = False


@dataclass(frozen=True)
class BlockPicture:
    """A block: the outline of its live bytes as an SVG path, and its whole place where that is more."""

    css: str
    path: str
    place: Box | None
    label: Label | None
    tip: str


@dataclass(frozen=True)
class MapPicture:
    """Everything at its place; the plot is the area of the columns.

    Attributes:
        strip: a bar of live bytes per step under the plot; empty in small pictures.
        wide: whether the columns need more than the width that was asked for: then it is scrolled.
        moment: where exactly the peak is.
        limits: horizontal lines with their labels: this arena, the arena to compare with.
    """

    name: str
    title: str
    width: float
    height: float
    wide: bool
    plot: Box
    column_width: float
    columns: tuple[Box, ...]
    bands: tuple[Box, ...]
    band_labels: tuple[Label, ...]
    blocks: tuple[BlockPicture, ...]
    rows: tuple[Tick, ...]
    steps: tuple[Tick, ...]
    peak: Box
    peak_label: Label
    moment: float
    limits: tuple[Label, ...]
    strip: tuple[Box, ...]
    strip_base: float


def draw_map(
    found: MemoryMap,
    name: str,
    title: str,
    *,
    width: float = 1120.0,
    height: float = 400.0,
    full: int | None = None,
    strip: bool = True,
) -> MapPicture:
    """The picture of a map; `full` bytes reach the top of the plot (the arena without it)."""
    full = full or found.arena or 1
    columns = max(1, len(found.columns))
    column = max(_LEAST_COLUMN if strip else 2.0, (width - _LEFT - _RIGHT) / columns)
    plot = Box(_LEFT, _TOP, column * columns, height)
    across = Axis(plot.x, plot.x + plot.width, columns)
    up = Axis(plot.y + plot.height, plot.y, full)
    base = plot.y + plot.height + _GAP + _STRIP
    return MapPicture(
        name,
        title,
        plot.x + plot.width + _RIGHT,
        base + 4 if strip else plot.y + plot.height + _FOOT,
        plot.x + plot.width + _RIGHT > width + 1,
        plot,
        column,
        tuple(_column(c, found.bands, across, plot) for c in found.columns),
        tuple(_band(b, across, plot) for b in found.bands),
        tuple(x for x in (_band_label(b, across, plot) for b in found.bands) if x is not None),
        tuple(_block(r, found, across, up) for r in found.rects),
        up.bytes(),
        step_ticks(len(found.columns), column, plot.x),
        Box(
            across(found.peak[0]), up(found.arena), across(found.peak[1]) - across(found.peak[0]),
            up.start - up(found.arena),
            f"Peak: {found.peak_load:,} live bytes in {found.peak_text}",
        ),
        _peak_label(found, across),
        across(found.peak_moment),
        (_limit(plot, up, found.arena, "arena"),),
        _strip(found, across, Axis(base, base - _STRIP, full)) if strip else (),
        base,
    )  # fmt: skip


def tip_of(rect: Rect, columns: Sequence[Column]) -> str:
    """Everything about a block, one fact a line, the name first."""
    lines = [plain(rect.name), f"{rect.kind.value}, {rect.size:,} bytes at offset {rect.offset:,}"]
    for value, type_ in rect.values:
        if type_ is not None:
            name = f"{plain(value)}: " if len(rect.values) > 1 else ""
            lines.append(f"{name}{type_.dtype.value} {shape_of(type_)}")
    lines.append(f"live in {steps_text(rect.start, rect.end)}")
    if rect.start < len(columns):
        lines.append(f"from {step_line(columns[rect.start])}")
        if rect.end - rect.start > 1:
            lines.append(f"to {step_line(columns[min(rect.end, len(columns)) - 1])}")
    lines += map(plain, rect.remarks)
    return "\n".join(lines)


def step_line(column: Column) -> str:
    """`step 3: conv_1 (Conv2D, conv2d_s8)`."""
    what = f" ({column.operator}, {kernel_name(column.kernel)})" if column.operator else ""
    return f"step {column.step}: {both_ends(column.label, 48)}{what}"


def _column(column: Column, bands: Sequence[Band], across: Axis, plot: Box) -> Box:
    lines = [step_line(column), f"{column.load:,} bytes live"]
    for band in bands:
        if band.first <= column.step < band.end:
            lines[1] = (
                f"stage {band.number}, {steps_text(band.first, band.end)}: {band.peak:,} bytes live at most"
            )
    x = across(column.step)
    return Box(x, plot.y, across(column.step + 1) - x, plot.height, "\n".join(lines))


def _band(band: Band, across: Axis, plot: Box) -> Box:
    x = across(band.first)
    steps = steps_text(band.first, band.end)
    tip = f"Stage {band.number}: {steps}, {band.manner}\n{band.peak:,} bytes live at most"
    return Box(x, plot.y - 16, across(band.end) - x, plot.height + 16, tip)


def _band_label(band: Band, across: Axis, plot: Box) -> Label | None:
    """The longest name of the stage that fits over it."""
    width = across(band.end) - across(band.first)
    for text in (f"stage {band.number}", str(band.number)):
        if (len(text) + 0.5) * CHAR <= width:
            return Label((across(band.first) + across(band.end)) / 2, plot.y - 4.5, text)
    return None


def _block(rect: Rect, found: MemoryMap, across: Axis, up: Axis) -> BlockPicture:
    x, y = across(rect.start), up(rect.offset + rect.size)
    width, height = across(rect.end) - x, up(rect.offset) - y
    return BlockPicture(
        _CLASSES[rect.kind],
        _outline(rect.live, across, up),
        None if rect.whole else Box(x, y, width, height),
        _block_label(rect, across, up),
        tip_of(rect, found.columns),
    )


def _block_label(rect: Rect, across: Axis, up: Axis) -> Label | None:
    """The name, lying or upright, where all of it is inside the live bytes; None where it fits nowhere."""
    name = plain(rect.values[0][0]).split("/")[-1]
    if len(rect.values) > 1:
        name += f" +{len(rect.values) - 1}"
    width, height = across(rect.end) - across(rect.start), up(rect.offset) - up(rect.offset + rect.size)
    for upright, along, thick in ((False, width, height), (True, height, width)):
        text = fitted(name, along)
        if not text or thick < _LABEL_HEIGHT:
            continue
        length = len(text) * CHAR + 6
        place = _room(rect, across, up, *((_LABEL_HEIGHT, length) if upright else (length, _LABEL_HEIGHT)))
        if place is not None:
            x, y = place
            return Label(x + 3.5, y, text, upright=True) if upright else Label(x, y + 3.5, text)
    return None


def _room(rect: Rect, across: Axis, up: Axis, width: float, height: float) -> tuple[float, float] | None:
    """The middle of a place of this size inside the live bytes, near the middle of the block's life."""
    need = width / (across(1) - across(0))
    for share in (1 / 2, 3 / 8, 5 / 8, 1 / 4, 3 / 4):
        at = rect.start + (rect.end - rect.start) * share
        early, late = at - need / 2, at + need / 2
        under = [s for s in rect.live if s.start < late and s.end > early]
        if not under or under[0].start > early or under[-1].end < late:
            continue
        low, high = max(s.low for s in under), min(s.high for s in under)
        if up(low) - up(high) >= height:
            return across(at), (up(low) + up(high)) / 2
    return None


def _outline(spans: Sequence[Span], across: Axis, up: Axis) -> str:
    """The spans as closed paths, one per unbroken stretch of time."""
    runs: list[list[Span]] = []
    for span in spans:
        if runs and runs[-1][-1].end == span.start:
            runs[-1].append(span)
        else:
            runs.append([span])
    return "".join(_closed(run, across, up) for run in runs)


def _closed(run: Sequence[Span], across: Axis, up: Axis) -> str:
    parts = [f"M{px(across(run[0].start))} {px(up(run[0].low))}"]
    for span in run:
        parts.append(f"V{px(up(span.low))}H{px(across(span.end))}")
    for span in reversed(run):
        parts.append(f"V{px(up(span.high))}H{px(across(span.start))}")
    return "".join(parts) + "Z"


def _peak_label(found: MemoryMap, across: Axis) -> Label:
    text = f"peak {found.peak_load:,} B, {found.peak_text}"
    x, half = across(found.peak_moment), len(text) * CHAR / 2
    if x - half < across.start:
        return Label(across.start, 14.0, text, "start")
    if x + half > across.end:
        return Label(across.end, 14.0, text, "end")
    return Label(x, 14.0, text)


def _limit(plot: Box, up: Axis, size: int, name: str) -> Label:
    return Label(plot.x + plot.width, up(size), f"{name} {size:,} B", "end")


def _strip(found: MemoryMap, across: Axis, up: Axis) -> tuple[Box, ...]:
    return tuple(_load(column, found, across, up) for column in found.columns)


def _load(column: Column, found: MemoryMap, across: Axis, up: Axis) -> Box:
    x = across(column.step)
    peak = found.peak[0] <= column.step < found.peak[1]
    tip = f"{step_line(column)}\n{column.load:,} bytes live"
    top = up(column.load)
    return Box(x + 0.5, top, across(column.step + 1) - x - 1, up.start - top, tip, peak)
