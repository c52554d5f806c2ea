"""Arenas in several memories: the same bytes as in one; on the host, sanitised, and on emulated boards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pytest

from tests.boards import resized
from tests.codegen.networks import images, network
from tests.networks.archs import Arch, Block, arch_model
from tests.networks.builders import BUILDERS
from tests.networks.quantised import random_samples
from tests.networks.sequences import SEQUENCES
from tinycompile.artifact import Artifact, load
from tinycompile.build import embedded_compiler, find_arm_gcc, find_qemu, run_on_emulator
from tinycompile.build.elf import read_elf
from tinycompile.build.firmware import Harness, build_image
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.data import to_port_type
from tinycompile.execution import Place, build_input, compare, execute
from tinycompile.sim.reference import evaluate
from tinycompile.target import Board

Array = npt.NDArray[Any]
BOARD = "nucleo-h743zi2"
NAMES = ("dtcm", "sram4", "axi_sram")
MOBILE = Arch(
    "mobile",
    48,
    8,
    (Block(8, 8, 8, 3, 1), Block(8, 48, 16, 3, 2), Block(16, 96, 16, 3, 1), Block(16, 96, 24, 5, 2)),
    None,
    10,
)
NETWORKS = {**BUILDERS, **SEQUENCES}


def _narrow(arena: int, parts: int) -> Board:
    """The board with memories that hold a part of the arena each, and a last one that holds all of it."""
    size = str(max(64, arena // parts // 64 * 64))
    return resized(BOARD, dtcm=size, sram4=size)


def _spread(model: Any, parts: int, **keywords: Any) -> Compilation:
    whole = compile(model, BOARD, check=False, **keywords).program
    options = replace(keywords.pop("options"), regions=NAMES)
    found = compile(model, _narrow(whole.arena, parts), options=options, **keywords)
    assert len(found.program.regions) > 1
    return found


def _same_everywhere(
    compilation: Compilation, sample: dict[str, Array], folder: Path, *places: Place
) -> Artifact:
    typed = {p.name: to_port_type(sample[p.name], p.type) for p in compilation.program.inputs}
    expected = evaluate(compilation.graph, typed)
    simulated = compilation.simulate(typed)
    artifact = load(compilation.save(folder / compilation.program.name))
    samples = {name: array[None] for name, array in typed.items()}
    for name, want in expected.items():
        assert simulated[name].tobytes() == want.tobytes(), name
    for place in places:
        result, got = execute(artifact, place, samples)
        for name, want in expected.items():
            assert got[name][0].tobytes() == want.tobytes(), (place, name)
        assert result.arena_high_water is None or result.arena_high_water <= compilation.program.arena
        if place == "emulator":
            assert result.out_of_plan_accesses == 0, result.out_of_plan_examples
            assert result.uninitialised_reads == 0
    return artifact


@pytest.mark.parametrize("kind", ["int8", "float32"])
@pytest.mark.parametrize("parts", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_every_place(kind: str, parts: int, tmp_path: Path) -> None:
    calibration = {"image": images(8)} if kind == "int8" else None
    options = Options(name=f"parts{parts}_{kind}")
    found = _spread(network(), parts, calibration=calibration, options=options)
    artifact = _same_everywhere(found, {"image": images(1)[0]}, tmp_path, "host", "emulator")
    result, _ = execute(artifact, "host", {"image": images(1)}, sanitize=True)
    assert 0 < (result.arena_high_water or 0) <= found.program.arena


@pytest.mark.qemu
@pytest.mark.skipif(find_arm_gcc() is None or find_qemu() is None, reason="needs arm gcc and QEMU")
@pytest.mark.parametrize("kind", ["int8", "float32"])
@pytest.mark.parametrize("parts", [2, 4])
def test_on_qemu(kind: str, parts: int, tmp_path: Path) -> None:
    calibration = {"image": images(8)} if kind == "int8" else None
    found = _spread(network(), parts, calibration=calibration, options=Options(name=f"parts{parts}_{kind}"))
    _same_everywhere(found, {"image": images(1)[0]}, tmp_path, "qemu")


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str, tmp_path: Path) -> None:
    model = NETWORKS[name]()
    found = _spread(model, 3, options=Options(name=f"{name}_parts"))
    _same_everywhere(found, random_samples(model, 1)[0], tmp_path, "host")


def test_a_stage_lies_in_one_region(tmp_path: Path) -> None:
    """Its tables count from the base of its region, whichever that is."""
    model = arch_model(MOBILE)
    whole = compile(model, BOARD).program
    board = resized(BOARD, dtcm=str(whole.arena // 8 // 64 * 64))
    options = Options(name="streamed", ram=whole.arena * 3 // 4, regions=("dtcm", "axi_sram"))
    found = compile(model, board, options=options)
    program = found.program
    assert program.stages and program.arena < options.ram
    homes = {program.region_of(stage.state).name for stage in program.stages}
    assert homes == {"axi_sram"} and program.region_of(program.stages[0].state).start > 0
    _same_everywhere(found, random_samples(model, 1)[0], tmp_path, "host", "emulator")


def test_parts_lie_in_their_memories(tmp_path: Path) -> None:
    found = _spread(network(), 4, options=Options(name="placed"))
    directory = found.save(tmp_path / "placed")
    model = build_input(directory, found.program, found.tree.c_files, "balanced")
    elf = read_elf(build_image(model, found.board, embedded_compiler(), Harness.STOPS).elf)
    assert len(model.arenas) == len(found.program.regions) >= 2
    for index, region in enumerate(found.program.regions):
        memory = found.board.region(region.name)
        assert memory is not None
        address = elf.address(f"tc_arena{index}")
        assert memory.address <= address and address + region.size <= memory.end
        assert address % 16 == 0


def test_the_hooks_watch_every_part(tmp_path: Path) -> None:
    """A plan that says nothing may be touched beyond the first part: every access to another is reported."""
    found = _spread(network(), 2, options=Options(name="watched"))
    directory = found.save(tmp_path / "watched")
    model = build_input(directory, found.program, found.tree.c_files, "balanced")
    first = found.program.regions[0].end
    blind = replace(model, live=tuple(tuple(r for r in step if r[1] <= first) for step in model.live))
    raw = [[images(1).tobytes()]]
    for python_hooks in (False, True):
        result = run_on_emulator(blind, found.board, raw, python_hooks=python_hooks)
        assert result.out_of_plan_accesses
        assert all(int(text.rsplit(" ", 1)[1]) >= first for text in result.out_of_plan_examples)


def test_one_region_of_another_name_is_the_same_c(tmp_path: Path) -> None:
    options = Options(name="named")
    default = compile(network(), BOARD, options=options)
    for names in (("dtcm",), ("auto",), NAMES):
        other = compile(network(), BOARD, options=replace(options, regions=names))
        assert [r.name for r in other.program.regions] == ["dtcm"]
        assert other.tree == default.tree
    artifact = load(other.save(tmp_path / "named"))
    assert compare(artifact, "emulator", {"image": images(1)}).bit_exact
    assert other.summary["ram"]["regions"][0] == {
        "name": "dtcm", "arena": other.program.arena, "needed": other.program.arena, "available": 128 << 10,
    }  # fmt: skip


def test_a_region_of_unequal_banks_is_cut(tmp_path: Path) -> None:
    """The DTCM of an F7 comes first although the board file joins it with the SRAM behind it."""
    options = Options(name="cut", regions=("auto",))
    found = compile(network(), "stm32f746g-disco", options=options)
    assert [r.name for r in found.program.regions] == ["dtcm"]
    artifact = load(found.save(tmp_path / "cut"))
    assert artifact.board.region("sram1_sram2") is not None
    assert compare(artifact, "emulator", {"image": images(1)}).bit_exact
