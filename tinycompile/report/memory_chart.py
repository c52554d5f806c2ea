"""The memory map as characters: for terminals and logs, 80 columns wide, readable without colours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from string import ascii_lowercase, ascii_uppercase

from rich.text import Text

from tinycompile.report.memory_map import Kind, MemoryMap
from tinycompile.report.text import WIDTH

_MARGIN = 10
_PLOT = WIDTH - _MARGIN - 1
_MOST_ROWS = 20
_WIDEST_STEP = 8
_STYLES = {Kind.EDGE: "black on green", Kind.ACTIVATION: "white on blue", Kind.RING: "black on yellow",
           Kind.SCRATCH: "white on bright_black"}  # fmt: skip
LEGEND = "A-Z tensors, a-z rings of rows, . scratch; a cell shows what takes most of it"


@dataclass(frozen=True)
class Grid:
    """How steps and bytes become characters.

    Attributes:
        step_width: characters per step; 1 when several steps share one.
        steps_each: steps per character; 1 when a step has several.
        row_bytes: bytes per line.
    """

    columns: int
    step_width: int
    steps_each: int
    rows: int
    row_bytes: int

    def at(self, step: float) -> int:
        """The character column where a step begins."""
        return int(step) * self.step_width // self.steps_each

    def time(self, column: int) -> float:
        """The moment, in steps, at the left edge of a character."""
        return column * self.steps_each / self.step_width


def letters(found: MemoryMap) -> tuple[str, ...]:
    """A character per rectangle: they repeat after 26, far away in time."""
    count = {ascii_uppercase: 0, ascii_lowercase: 0}
    marks = []
    for rect in found.rects:
        if rect.kind is Kind.SCRATCH:
            marks.append(".")
            continue
        alphabet = ascii_lowercase if rect.kind is Kind.RING else ascii_uppercase
        marks.append(alphabet[count[alphabet] % len(alphabet)])
        count[alphabet] += 1
    return tuple(marks)


def grid(found: MemoryMap) -> Grid:
    """At most 20 lines of a round number of bytes, at most 80 characters with the axis."""
    steps = max(1, len(found.columns))
    width = min(_WIDEST_STEP, max(1, _PLOT // steps))
    each = 1 if steps <= _PLOT else -(-steps // _PLOT)
    size = max(1, found.arena)
    row = next(r for r in _round_sizes() if r * _MOST_ROWS >= size)
    return Grid(-(-steps * width // each), width, each, -(-size // row), row)


def chart(found: MemoryMap) -> Text:
    """Stages, map, steps and peak, line by line."""
    how = grid(found)
    text = Text(no_wrap=True, overflow="crop")
    if found.bands:
        text.append(f"{'stages':>{_MARGIN - 1}}  {_stage_line(found, how)}\n")
    cells = [[_cell(found, how, row, column) for column in range(how.columns)] for row in range(how.rows)]
    marks = letters(found)
    for row in reversed(range(how.rows)):
        label = _address(row * how.row_bytes) if row and row % 4 == 0 else ""
        text.append(f"{label:>{_MARGIN - 1}} |")
        for index, run in groupby(cells[row]):
            width = len(list(run))
            if index is None:
                text.append(" " * width)
            else:
                text.append(marks[index] * width, style=_STYLES[found.rects[index].kind])
        text.append("\n")
    text.append(f"{'0':>{_MARGIN - 1}} +{'-' * how.columns}\n")
    text.append(f"{'step':>{_MARGIN - 1}}  {_step_line(found, how)}\n")
    text.append(f"{'peak':>{_MARGIN - 1}}  {_peak_line(found, how)}\n\n")
    text.append(LEGEND)
    return text


def _cell(found: MemoryMap, how: Grid, row: int, column: int) -> int | None:
    """The rectangle with the largest share of live bytes in a cell; None where nothing is live."""
    early, late = how.time(column), how.time(column + 1)
    low, high = row * how.row_bytes, (row + 1) * how.row_bytes
    best, most = None, 0.0
    for index, rect in enumerate(found.rects):
        if rect.start >= late or rect.end <= early or rect.offset >= high or rect.offset + rect.size <= low:
            continue
        area = sum(
            max(0.0, min(s.end, late) - max(s.start, early)) * max(0, min(s.high, high) - max(s.low, low))
            for s in rect.live
        )
        if area > most:
            best, most = index, area
    return best


def _stage_line(found: MemoryMap, how: Grid) -> str:
    line = [" "] * how.columns
    for band in found.bands:
        first, end = how.at(band.first), max(how.at(band.first) + 1, how.at(band.end))
        width, name = end - first, str(band.number)
        if width >= len(name) + 2:
            line[first:end] = f"[{name.center(width - 2, '-')}]"
        else:
            line[first:end] = name.ljust(width) if len(name) <= width else "-" * width
    return "".join(line[: how.columns]).rstrip()


def _step_line(found: MemoryMap, how: Grid) -> str:
    every = next(n for n in _round_counts() if how.at(n) >= len(str(len(found.columns))) + 1)
    line = ""
    for step in range(0, len(found.columns), every):
        at = how.at(step)
        if at + len(str(step)) <= _PLOT:
            line = line.ljust(at) + str(step)
    return line


def _peak_line(found: MemoryMap, how: Grid) -> str:
    first = how.at(found.peak[0])
    marks = "^" * max(1, how.at(found.peak[1]) - first)
    words = f"{found.peak_load:,} bytes, {found.peak_text}"
    after = " " * first + marks + " " + words
    return after if len(after) <= _PLOT else (words + " ").rjust(first) + marks


def _address(value: int) -> str:
    return f"{value / 1024:g} KiB" if value >= 1024 else f"{value} B"


def _round_sizes() -> Iterator[int]:
    """1, 2, 3, 4, 6, 8, 12, 16, 24, ..."""
    yield 1
    power = 2
    while True:
        yield power
        yield power * 3 // 2
        power *= 2


def _round_counts() -> Iterator[int]:
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10
