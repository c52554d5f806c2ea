"""Plans over several memories: what the validator refuses, and what the budget and the heat decide."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from tests.boards import resized
from tests.codegen.networks import network
from tests.networks.chains import random_chain
from tinycompile.compiler import Options, compile
from tinycompile.errors import DoesNotFitError, ModelError, VerificationError
from tinycompile.plan.codec import constants_to_npz, from_json, to_json
from tinycompile.plan.program import Program, Region
from tinycompile.plan.validate import validate

BOARD = "nucleo-h743zi2"
NAMES = ("dtcm", "sram4", "axi_sram")


def _program(dtcm: str = "640") -> Program:
    options = Options(name="net", regions=NAMES)
    return compile(network(), resized(BOARD, dtcm=dtcm, sram4="4K"), options=options).program


# Most chains of the generator are refused: it serves tests of errors too.
@given(st.integers(0, 10_000), st.integers(2, 5))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_random_networks(seed: int, parts: int) -> None:
    """The validator replays every plan; no block lies across a border, no part is larger than its memory."""
    model = random_chain(seed)
    try:
        whole = compile(model, BOARD, options=Options(name="net"), check=False).program
    except ModelError:
        reject()
    size = max(64, whole.arena // parts // 64 * 64)
    board = resized(BOARD, dtcm=str(size), sram4=str(size))
    program = compile(model, board, options=Options(name="net", regions=NAMES)).program
    for region in program.regions:
        memory = board.region(region.name)
        assert memory is not None and region.size <= memory.size
    assert [r.name for r in program.regions] == [n for n in NAMES if n in {r.name for r in program.regions}]
    for block in program.blocks:
        if block.size:
            assert program.region_of(block.offset) == program.region_of(block.offset + block.size - 1)


def test_a_stored_plan_keeps_its_regions() -> None:
    program = _program()
    again = from_json(to_json(program), constants_to_npz(program), "x")
    assert again.regions == program.regions and len(again.regions) > 1


def test_the_validator_sees_a_block_across_a_border() -> None:
    program = _program()
    first, second, *others = program.regions
    inside = (b for b in program.blocks if second.start <= b.offset < second.end)
    block = max(inside, key=lambda b: b.size)
    cut = block.offset + block.size // 2 - first.start
    moved = (replace(first, size=cut), Region("sram4", cut, second.end - cut), *others)
    with pytest.raises(VerificationError, match="more than one region"):
        validate(replace(program, regions=moved))


@pytest.mark.parametrize("change", [{"start": 8}, {"size": 8}])
def test_the_validator_sees_regions_that_leave_gaps(change: dict[str, int]) -> None:
    program = _program()
    wrong = (replace(program.regions[0], **change), *program.regions[1:])
    with pytest.raises(VerificationError, match="TC401"):
        validate(replace(program, regions=wrong))


def test_the_message_names_the_memory() -> None:
    board = resized(BOARD, dtcm="512", sram4="576")
    with pytest.raises(DoesNotFitError) as caught:
        compile(network(), board, options=Options(name="net", regions=("dtcm", "sram4")))
    (found,) = caught.value.diagnostics
    assert found.code == "TC402"
    assert "512 in dtcm" in found.message or "576 in sram4" in found.message
    assert "axi_sram" in found.hint and "--regions auto" in found.hint
    program = compile(
        network(), board, options=Options(name="net", regions=("dtcm", "sram4")), check=False
    ).program
    assert any(r.size > 576 for r in program.regions)


def test_a_budget_is_for_all_parts_together() -> None:
    """Parts that need more than the budget together are not used where one memory does with less."""
    whole = compile(network(), BOARD, options=Options(name="net")).program
    board = resized(BOARD, dtcm="640", sram4="1K")
    free = compile(network(), board, options=Options(name="net", regions=NAMES)).program
    assert free.arena > whole.arena
    options = Options(name="net", regions=NAMES, ram=whole.arena + 4)
    tight = compile(network(), board, options=options)
    assert tight.summary["ram"]["total"] <= whole.arena + 4
