"""Weights in RAM: which ones, how many, where they are counted, and that results stay the same everywhere."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from tests.codegen.compilers import needs_arm_gcc
from tests.networks.outside import image, model
from tinycompile.artifact import load
from tinycompile.check import check_plan
from tinycompile.compiler import Compilation, Options, WeightsInRam, compile
from tinycompile.errors import VerificationError
from tinycompile.execution import execute
from tinycompile.fit import APPLICATION, check_fit, memory_use, region_uses
from tinycompile.measure import measure
from tinycompile.plan.codec import constants_to_npz, from_json, to_json
from tinycompile.plan.constants_place import constant_uses
from tinycompile.plan.constants_ram import CONSTANT_ALIGN, copied_bytes, with_hot_constants
from tinycompile.plan.weight_use import weight_use
from tinycompile.samples import random_samples
from tinycompile.sim.reference import evaluate

K = 1 << 10
_BOARD = "nucleo-f446re"


@cache
def _compiled(
    choice: WeightsInRam = "auto", ram: int | None = None, board: str = _BOARD, weights: str = "internal"
) -> Compilation:
    options = Options(name="small", weights_in_ram=choice, ram=ram, weights=weights)
    return compile(model(), board, options=options)


def _copied(compilation: Compilation) -> list[str]:
    return [p.name for p in compilation.program.placed if p.copied]


def test_nothing_is_copied_unless_it_is_asked_for() -> None:
    plain = _compiled("off")
    assert not plain.program.placed and memory_use(plain.program).weights == 0
    assert Options().weights_in_ram == "off"


def test_a_flash_without_wait_states_is_left_alone() -> None:
    compilation = _compiled(board="mps2-an386")
    assert not compilation.program.placed
    assert any("no wait states" in note for note in compilation.summary["notes"])


def test_what_is_copied_is_counted_in_ram_and_stays_in_flash() -> None:
    plain, copied = _compiled("off"), _compiled()
    program, use = copied.program, memory_use(copied.program)
    assert _copied(copied)
    assert use.weights == copied_bytes(program) == weight_use(program).copied
    assert use.total == use.arena + use.context + use.weights
    assert weight_use(program).internal == weight_use(plain.program).internal == program.constant_bytes
    assert not weight_use(program).mapped and not program.mapped_regions
    assert copied.summary["ram"]["weights"] == use.weights
    (region,) = region_uses(program, copied.board)
    assert region.others == copied.board.stack_bytes + use.context + use.weights


@pytest.mark.parametrize("ram", [28 * K, 40 * K, 64 * K, 90 * K, None])
def test_the_room_is_kept_and_the_hottest_go_first(ram: int | None) -> None:
    compilation = _compiled(ram=ram)
    program, board = compilation.program, compilation.board
    use, names = memory_use(program), set(_copied(compilation))
    limit = board.ram.size - board.stack_bytes - board.ram.size // APPLICATION if ram is None else ram
    assert use.total <= limit
    assert program.arena == _compiled("off", ram).program.arena, "the plan is the same"
    check_fit(program, board)
    uses = constant_uses(program)
    for name in uses.keys() - names:
        hotter = [n for n in names if uses[n].reads >= uses[name].reads]
        taken = sum(-(-uses[n].nbytes // CONSTANT_ALIGN) * CONSTANT_ALIGN for n in hotter)
        assert use.total - use.weights + taken + uses[name].nbytes > limit, f"{name} would have had room"


def test_what_is_elsewhere_stays_there() -> None:
    program = replace(_compiled("off").program, placed=())
    first = program.emitted[0]
    elsewhere = replace(_compiled().program.placed[0], name=first, region="qspi", copied=False)
    found = with_hot_constants(replace(program, placed=(elsewhere,)), "sram", 1 << 20)
    assert [p.region for p in found.placed if p.name == first] == ["qspi"]
    assert len(found.placed) == len(program.emitted)


def test_programs_with_copies_are_stored() -> None:
    program = _compiled().program
    assert from_json(to_json(program), constants_to_npz(program), "here").placed == program.placed


def _plan_text(folder: Path) -> str:
    return (_compiled().save(folder) / "plan.json").read_text(encoding="utf-8")


def test_the_plan_file_names_them(tmp_path: Path) -> None:
    text = _plan_text(tmp_path / "out")
    check_plan(text, "here")
    entries = {e["name"]: e["size"] for e in json.loads(text)["copied"]}
    program = _compiled().program
    assert entries == {name: program.constants[name].nbytes for name in _copied(_compiled())}


@pytest.mark.parametrize("change", [{"size": 0}, {"steps": []}, {"steps": [999]}, {"steps": [1, 0]}])
def test_the_checker_refuses_nonsense(change: dict[str, object], tmp_path: Path) -> None:
    document = json.loads(_plan_text(tmp_path / "out"))
    document["copied"][0].update(change)
    with pytest.raises(VerificationError, match="TC915"):
        check_plan(json.dumps(document), "here")


def test_the_checker_refuses_a_second_copy(tmp_path: Path) -> None:
    document = json.loads(_plan_text(tmp_path / "out"))
    document["copied"].append(document["copied"][0])
    with pytest.raises(VerificationError, match="lies elsewhere too"):
        check_plan(json.dumps(document), "here")


def test_the_simulator_and_the_reference_agree() -> None:
    compilation = _compiled()
    want, got = evaluate(compilation.graph, image(3)), compilation.simulate(image(3))
    assert {n: a.tobytes() for n, a in want.items()} == {n: a.tobytes() for n, a in got.items()}


def test_other_code_is_measured_as_without() -> None:
    pytest.importorskip("elftools")
    plain, copied = measure(_compiled("off")), measure(_compiled())
    if plain.code is None or copied.code is None:
        pytest.skip("no compiler for the board")
    assert copied.sections is not None and copied.sections["data"] == 0
    assert abs(copied.code - plain.code) <= 64


@pytest.mark.parametrize("place", ["host", "emulator", pytest.param("qemu", marks=pytest.mark.qemu)])
@needs_arm_gcc
def test_the_c_code_gives_the_same_bytes(place: str, tmp_path: Path) -> None:
    if place == "emulator":
        pytest.importorskip("unicorn")
    artifact = load(_compiled().save(tmp_path / "out"))
    samples = random_samples(artifact.program.inputs)
    result, outputs = execute(artifact, place, samples)  # type: ignore[arg-type]
    (want,) = (_compiled().simulate({n: a[0] for n, a in samples.items()}).values(),)
    assert [a.tobytes() for a in want] == [outputs[p.name][0].tobytes() for p in artifact.program.outputs]
    assert not result.out_of_plan_accesses and not result.uninitialised_reads
