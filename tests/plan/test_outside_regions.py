"""Plans that fetch weights where the arena has several regions, and where rows are fed, and their checks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.networks.outside import fed, image, spread, streamed_apart
from tinycompile.errors import VerificationError
from tinycompile.fit import memory_use
from tinycompile.plan.fetch_run import events
from tinycompile.plan.outside_types import FETCH_ALIGN
from tinycompile.plan.program import Program
from tinycompile.plan.validate import validate
from tinycompile.sim.reference import evaluate


def _same_as_reference(compilation) -> None:  # type: ignore[no-untyped-def]
    given = image(1, compilation.program.inputs[0].type.shape[1])
    want, got = evaluate(compilation.graph, given), compilation.simulate(given)
    assert {n: a.tobytes() for n, a in want.items()} == {n: a.tobytes() for n, a in got.items()}


def test_reads_go_where_dma_controllers_reach() -> None:
    """The DTCM of an STM32H7 is out of reach: staging buffers lie behind it, whole lines from the base."""
    program = spread("4K", "16K").program
    dtcm, sram = program.regions
    assert (dtcm.name, sram.name) == ("dtcm", "axi_sram") and "dma" not in dtcm.attributes
    assert any(b.offset < dtcm.end for b in program.blocks), "activations lie in the DTCM too"
    for fetch in program.fetches:
        assert program.region_of(fetch.target) == sram == program.region_of(fetch.target + fetch.size - 1)
        assert (fetch.target - sram.start) % FETCH_ALIGN == 0
    assert sram.size <= 16 << 10
    assert memory_use(program).context == 2 * 4 + 12
    _same_as_reference(spread("4K", "16K"))


def test_a_memory_that_only_staging_buffers_need_is_used_before_layers_are_split() -> None:
    compilation = spread("8K", "512K")
    program = compilation.program
    assert [r.name for r in program.regions] == ["dtcm", "axi_sram"]
    held = {b.values[0] for b in program.blocks if program.region_of(b.offset).name == "axi_sram"}
    assert held and all(value.startswith("weights of ") for value in held)
    assert len(program.calls) == 16, "no layer is computed in parts"
    _same_as_reference(compilation)


def test_the_weights_of_a_stage_lie_in_its_region() -> None:
    compilation = streamed_apart()
    program = compilation.program
    assert len(program.regions) == 2
    staged = [f for f in program.fetches if f.step in program.stage_at]
    assert staged
    for fetch in staged:
        stage = program.stage_at[fetch.step]
        assert program.region_of(fetch.target) == program.region_of(stage.state)
    _same_as_reference(compilation)


def test_no_read_is_under_way_while_rows_are_fed() -> None:
    program = fed().program
    stage = next(s for s in program.stages if s.stepwise)
    assert events(program, stage.first).ready is not None, "the stage has fetched weights of its own"
    behind = [f for f in program.fetches if f.step > stage.last]
    assert behind and all(f.begin > stage.last for f in behind)
    _same_as_reference(fed())


def _across_rows(program: Program) -> Program:
    """The first read behind the stage that rows are fed to is begun ahead of it."""
    stage = next(s for s in program.stages if s.stepwise)
    index = next(i for i, f in enumerate(program.fetches) if f.step > stage.last)
    fetches = list(program.fetches)
    fetches[index] = replace(fetches[index], begin=stage.first)
    return replace(program, fetches=tuple(fetches))


def _across_regions(program: Program) -> Program:
    """The border of two regions lies inside a staging buffer."""
    first, second = program.regions
    fetch = next(f for f in program.fetches if f.target == second.start)
    moved = fetch.target + FETCH_ALIGN - first.start
    return replace(
        program,
        regions=(replace(first, size=moved), replace(second, start=moved, size=second.end - moved)),
    )


def test_the_validator_finds_reads_that_cross_borders_or_rows() -> None:
    with pytest.raises(VerificationError, match=r"TC401.*while rows come or go"):
        validate(_across_rows(fed().program))
    with pytest.raises(VerificationError, match=r"TC401.*the read for step \d+ leaves the region"):
        validate(_across_regions(spread("5K", "16K").program))
