"""The geometry of the memory map agrees with the Program, byte by byte and moment by moment."""

from __future__ import annotations

import re

import pytest

from tests.report.agree import assert_agreement
from tests.report.plans import PLANS, plan
from tinycompile.plan.program import Program
from tinycompile.report.map_picture import MapPicture, draw_map
from tinycompile.report.memory_map import Kind, baseline_map, memory_map
from tinycompile.report.text import both_ends

EVERY = pytest.mark.parametrize("name", PLANS)


def program_of(name: str) -> Program:
    return plan(name).program


def test_the_plans_are_of_all_kinds() -> None:
    assert [len(program_of(n).stages) for n in ("whole", "ring", "two stages")] == [0, 1, 2]
    kinds = {rect.kind for name in PLANS for rect in memory_map(program_of(name)).rects}
    assert kinds == set(Kind)


@EVERY
def test_every_block_is_one_rectangle_inside_the_arena(name: str) -> None:
    program = program_of(name)
    found = memory_map(program)
    places = [(b.offset, b.size, b.start, b.end, b.values) for b in program.blocks]
    assert [(r.offset, r.size, r.start, r.end, tuple(v for v, _ in r.values)) for r in found.rects] == places
    for rect in found.rects:
        assert rect.offset >= 0 and rect.offset + rect.size <= program.arena
        assert 0 <= rect.start < rect.end <= max(1, len(program.calls))
        assert rect.live
        for span in rect.live:
            assert rect.start <= span.start < span.end <= rect.end
            assert rect.offset <= span.low < span.high <= rect.offset + rect.size


@EVERY
def test_live_bytes_are_those_of_the_program(name: str) -> None:
    assert_agreement(program_of(name))


def test_an_input_in_rows_is_a_ring() -> None:
    program = program_of("rows")
    source = next(r for r in memory_map(program).rects if r.name == program.inputs[0].name)
    assert source.kind is Kind.RING
    assert source.size < program.inputs[0].type.nbytes
    assert any("whose rows arrive one at a time" in remark for remark in source.remarks)


@EVERY
def test_the_peak_is_where_the_program_has_it(name: str) -> None:
    program = program_of(name)
    found = memory_map(program)
    first, end = found.peak
    assert first <= program.peak_step < end
    assert found.peak_load == max(program.loads)
    assert first <= found.peak_moment < end
    live = [s for r in found.rects for s in r.live if s.start <= found.peak_moment < s.end]
    assert sum(s.high - s.low for s in live) == max(program.loads)


def test_rows_die_and_are_born() -> None:
    program = program_of("ring")
    (stage,) = program.stages
    rects = {rect.name: rect for rect in memory_map(program).rects}
    source, ring, result = (rects[r.value] for r in stage.rings)
    assert ring.kind is Kind.RING
    assert (ring.offset, ring.offset + ring.size) == stage.rings[1].span
    assert not source.whole and not result.whole
    assert [s.low for s in source.live] == sorted({s.low for s in source.live})
    born = [s.high for s in result.live if s.end <= stage.last + 1]
    assert len(born) > 1 and born == sorted(set(born))
    assert any("rows die one by one" in remark for remark in source.remarks)
    assert any("rows are born one by one" in remark for remark in result.remarks)
    meet = (
        stage.rings[0].span[0] < stage.rings[-1].span[1] and stage.rings[-1].span[0] < stage.rings[0].span[1]
    )
    assert meet == any("grows into" in remark for remark in (*source.remarks, *result.remarks))


def test_inputs_and_outputs_are_told_apart() -> None:
    program = program_of("whole")
    edges = [r for r in memory_map(program).rects if r.kind is Kind.EDGE]
    assert [p.name in {v for v, _ in edges[0].values} for p in program.inputs] == [True]
    assert any("is an output of the model" in remark for remark in edges[-1].remarks)


def test_the_map_before_is_the_whole_tensor_plan() -> None:
    before, whole = baseline_map(program_of("ring")), memory_map(program_of("whole"))
    assert before is not None
    assert baseline_map(program_of("whole")) is None
    assert (before.arena, before.peak, before.peak_load) == (whole.arena, whole.peak, whole.peak_load)
    assert before.rects == whole.rects
    assert [(c.label, c.load) for c in before.columns] == [(c.label, c.load) for c in whole.columns]


def _inside(picture: MapPicture) -> None:
    plot = picture.plot
    boxes = [b.place for b in picture.blocks if b.place is not None]
    for box in (*boxes, *picture.columns, picture.peak):
        assert plot.x - 1e-6 <= box.x and box.x + box.width <= plot.x + plot.width + 1e-6
        assert plot.y - 1e-6 <= box.y and box.y + box.height <= plot.y + plot.height + 1e-6
    for block in picture.blocks:
        assert block.path.startswith("M") and block.path.endswith("Z")
        xs = [float(x) for x in re.findall(r"H([\d.]+)", block.path)]
        assert plot.x - 0.01 <= min(xs) and max(xs) <= plot.x + plot.width + 0.01
    for label in (b.label for b in picture.blocks if b.label is not None):
        assert plot.x < label.x < plot.x + plot.width
        assert plot.y < label.y < plot.y + plot.height


@EVERY
def test_pictures_stay_in_their_plot(name: str) -> None:
    program = program_of(name)
    found = memory_map(program)
    picture = draw_map(found, "map", "Memory map")
    assert len(picture.blocks) == len(program.blocks)
    assert len(picture.columns) == len(picture.strip) == len(program.calls)
    _inside(picture)
    _inside(draw_map(found, "small", "Small", width=300, height=90, full=2 * found.arena, strip=False))


@EVERY
def test_the_peak_is_marked_over_its_step(name: str) -> None:
    program = program_of(name)
    picture = draw_map(memory_map(program), "map", "Memory map")
    column = picture.columns[program.peak_step]
    assert picture.peak.x - 1e-6 <= column.x
    assert column.x + column.width <= picture.peak.x + picture.peak.width + 1e-6
    assert picture.peak.x <= picture.moment <= picture.peak.x + picture.peak.width
    marked = [i for i, bar in enumerate(picture.strip) if bar.mark]
    assert program.peak_step in marked
    assert {program.loads[i] for i in marked} == {max(program.loads)}


def test_tips_say_what_an_engineer_asks() -> None:
    program = program_of("ring")
    found = memory_map(program)
    picture = draw_map(found, "map", "Memory map")
    for rect, block in zip(found.rects, picture.blocks, strict=True):
        first, *facts = block.tip.split("\n")
        assert first == rect.name
        text = "\n".join(facts)
        assert f"{rect.size:,} bytes at offset {rect.offset:,}" in text
        assert f"step {rect.start}: {both_ends(program.calls[rect.start].label, 48)}" in text
        assert f"({program.calls[rect.start].op.name}, " in text
        for _, type_ in rect.values:
            assert type_ is None or "x".join(map(str, type_.shape)) in text
