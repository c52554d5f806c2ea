"""The terminal chart: 80 columns, no colour codes in pipes, every tensor where it lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.tool import call
from tests.report.plans import PLANS, plan
from tinycompile.report.memory_chart import LEGEND, chart, grid, letters
from tinycompile.report.memory_map import Column, Kind, MemoryMap, Rect, memory_map
from tinycompile.report.memory_stairs import Span


def _lines(found: MemoryMap) -> list[str]:
    return chart(found).plain.split("\n")


def _long(steps: int, size: int = 1000) -> MemoryMap:
    """A chain of `steps` calls, each with a tensor of its own; the fullest step is the last but one."""
    columns = tuple(Column(i, f"n{i}", "Relu", "relu", size + (i == steps - 2)) for i in range(steps))
    rects = tuple(
        Rect(Kind.ACTIVATION, ((f"t{i}", None),), 0, size, i, i + 1, (Span(i, i + 1, 0, size),))
        for i in range(steps)
    )
    return MemoryMap(size, columns, rects, (), (steps - 2, steps - 1), size + 1)


@pytest.mark.parametrize("name", PLANS)
def test_the_chart_shows_what_is_live(name: str) -> None:
    """Looked at in the middle of cells: where it is blank nothing is live, where it is not something is."""
    found = memory_map(plan(name).program)
    how = grid(found)
    start = 1 if found.bands else 0
    lines = [line[11:].ljust(how.columns) for line in _lines(found)[start : start + how.rows]][::-1]
    marks = letters(found)
    seen = set()
    for row, line in enumerate(lines):
        for column, mark in enumerate(line):
            early, late = how.time(column), how.time(column + 1)
            low, high = row * how.row_bytes, (row + 1) * how.row_bytes
            live = [
                i
                for i, r in enumerate(found.rects)
                for s in r.live
                if s.start < late and s.end > early and s.low < high and s.high > low
            ]
            assert (mark == " ") == (not live)
            assert mark == " " or mark in {marks[i] for i in live}
            seen.add(mark)
    large = {m for m, r in zip(marks, found.rects, strict=True) if r.size >= 2 * how.row_bytes}
    assert large <= seen


@pytest.mark.parametrize("steps", [2, 7, 69, 70, 151, 700])
def test_any_number_of_steps_fits(steps: int) -> None:
    found = _long(steps)
    lines = _lines(found)
    how = grid(found)
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 28
    peak = next(line for line in lines if "peak" in line)
    assert peak.index("^") - 11 == how.at(steps - 2)
    assert f"{1001:,} bytes, step {steps - 2}" in peak
    assert how.columns <= 69


@pytest.mark.parametrize("size", [1, 7, 100, 1023, 65_537, 8 << 20])
def test_any_arena_fits(size: int) -> None:
    how = grid(_long(5, size))
    assert 1 <= how.rows <= 20
    assert (how.rows - 1) * how.row_bytes < size <= how.rows * how.row_bytes


def test_an_empty_program_has_a_chart() -> None:
    assert LEGEND in chart(MemoryMap(0, (), (), (), (0, 1), 0)).plain


def test_stages_are_marked_over_their_steps() -> None:
    found = memory_map(plan("ring").program)
    how = grid(found)
    (band,) = found.bands
    line = _lines(found)[0]
    assert line.strip().startswith("stages")
    assert line[11 + how.at(band.first)] == "["
    assert line[11 + how.at(band.end) - 1] == "]"


def test_memory_at_80_columns(tmp_path: Path) -> None:
    folder = plan("ring").save(tmp_path / "net")
    for words in ([folder], [folder, "--all"]):
        said = call("memory", *words)
        assert said.code == 0
        assert max(map(len, said.out.splitlines())) <= 80
        assert "\x1b" not in said.out
    assert said.out == call("memory", folder, "--all").out
    assert len(said.out.splitlines()) > len(plan("ring").program.blocks)
    assert "whole tensors" in said.out


def test_memory_as_json_is_the_program(tmp_path: Path) -> None:
    program = plan("ring").program
    found = call("memory", plan("ring").save(tmp_path / "net"), "--json").object
    assert found["arena"] == program.arena
    assert [s["live"] for s in found["steps"]] == list(program.loads)
    assert found["peak"]["first"] <= program.peak_step < found["peak"]["end"]
    assert found["peak"]["bytes"] == max(program.loads)
    assert [(b["offset"], b["size"], b["start"], b["end"]) for b in found["blocks"]] == [
        (b.offset, b.size, b.start, b.end) for b in program.blocks
    ]
    assert [(s["first"], s["end"], s["peak"]) for s in found["stages"]] == [
        (s.first, s.last + 1, s.peak) for s in program.stages
    ]
    assert program.baseline is not None
    assert found["baseline"]["arena"] == program.baseline.arena
