"""What an emulated run costs, by step and by the stage that drives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build.test_rows import compiled, needs_arm
from tests.codegen.compilers import ARM_COMPILERS, arm_compiler
from tinycompile.artifact import load
from tinycompile.build import Compiler, RunResult, run_on_emulator
from tinycompile.compiler import Compilation
from tinycompile.execution import build_input
from tinycompile.samples import random_samples

pytestmark = needs_arm


def _run(found: Compilation, folder: Path, compiler: Compiler | None = None, **keywords: bool) -> RunResult:
    artifact = load(found.save(folder / "net"))
    model = build_input(artifact.directory, found.program, artifact.c_files, "speed")
    raw = [[array[0].tobytes() for array in random_samples(found.program.inputs).values()]]
    return run_on_emulator(model, found.board, raw, compiler=compiler, **keywords)


@pytest.fixture(params=ARM_COMPILERS)
def compiler(request: pytest.FixtureRequest) -> Compiler:
    return arm_compiler(request.param)


def test_interleaved_rows_count_for_their_layer(compiler: Compiler, tmp_path: Path) -> None:
    """The estimates of the layers differ by more than a factor of ten, and so must what is measured."""
    found = compiled("int8", "both")
    program, result = found.program, _run(found, tmp_path, compiler)
    assert program.stages
    assert len(result.per_step_cycles) == len(program.calls) + len(program.stages)
    assert sum(result.per_step_cycles) == pytest.approx(result.cycles_model)
    for call, cycles in zip(program.calls, result.per_step_cycles, strict=False):
        assert call.cycles is not None
        assert cycles == pytest.approx(call.cycles, rel=0.5), call.symbol
    for stage, cycles in zip(program.stages, result.per_step_cycles[len(program.calls) :], strict=True):
        assert cycles == pytest.approx(stage.cycles, rel=0.5)


def test_the_hooks_in_python_agree(tmp_path: Path) -> None:
    fast, slow = (_run(compiled("int8", "both"), tmp_path, python_hooks=slow) for slow in (False, True))
    assert fast.per_step_instructions == slow.per_step_instructions
    assert fast.per_step_cycles == slow.per_step_cycles
    assert fast.per_step_traffic == slow.per_step_traffic


def test_traffic_is_what_the_layers_load_and_store(tmp_path: Path) -> None:
    found = compiled("int8", "in")
    program, board = found.program, found.board
    result = _run(found, tmp_path)
    assert len(result.per_step_traffic) == len(result.per_step_instructions)
    for call, parts in zip(program.calls, result.per_step_traffic, strict=False):
        by_name = {part.memory: part for part in parts}
        assert by_name[board.flash.name].stored == 0
        assert by_name[board.flash.name].loaded >= sum(o.type.nbytes for o in call.ins if o.const)
        assert by_name[board.ram.name].stored >= sum(o.type.nbytes for o in call.outs)
        assert by_name[board.ram.name].loaded >= call.ins[0].type.nbytes // 4  # strides leave some unread


def test_without_watching_memory_there_is_no_traffic(tmp_path: Path) -> None:
    result = _run(compiled("int8", "in"), tmp_path, check_memory=False)
    assert result.per_step_traffic == () and result.per_step_cycles
