"""Float32 networks on a Cortex-M4F: executed instructions a multiply-accumulate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.codegen.compilers import needs_arm_gcc
from tinycompile.build import Compiler, find_arm_gcc, find_zig, run_on_emulator
from tinycompile.compiler import Options, compile
from tinycompile.execution import build_input
from tinycompile.target import load_board

pytest.importorskip("unicorn")
pytest.importorskip("capstone")

#: At most these. The best other compiler of ONNX to C needs 7.4, 6.7 and 5.8 for the first three.
_GOALS = {"ic": 2.5, "vww": 2.9, "kws": 3.0, "ad": 2.5}
#: What plans by rows may cost: bytes of RAM, and cycles as a multiple of those of the fastest plan.
_STREAMED = {"ic": 100_000, "kws": 60_000}
_STREAMED_COST = 1.05


def _run(
    path: Path, folder: Path, compiler: Compiler, ram: int | None = None
) -> tuple[int, float, float, int]:
    """(instructions, model cycles, estimated cycles without those of kernels that have none, MACs)."""
    board = load_board("mps2-an386")
    compilation = compile(path, board, options=Options(name="net", optimize="speed", ram=ram))
    program = compilation.program
    compilation.save(folder)
    built = build_input(folder, program, compilation.tree.c_files, "speed")
    rng = np.random.default_rng(0)
    sample = [rng.standard_normal(port.type.shape).astype(np.float32).tobytes() for port in program.inputs]
    found = run_on_emulator(built, board, [sample], compiler=compiler)
    assert found.instructions is not None and found.cycles_model is not None
    estimate = sum(call.cycles or 0.0 for call in program.calls)
    return found.instructions, found.cycles_model, estimate, sum(call.macs for call in program.calls)


@pytest.mark.parametrize("family", ["gcc", "zig"])
@pytest.mark.parametrize("model", _GOALS)
def test_instructions_a_mac_and_estimate(model: str, family: str, zoo: Path, tmp_path: Path) -> None:
    compiler = find_arm_gcc() if family == "gcc" else find_zig()
    if compiler is None:
        pytest.skip(f"{family} for Cortex-M is not installed")
    instructions, cycles, estimate, macs = _run(
        zoo / "mlperf_tiny" / f"{model}_float.onnx", tmp_path / model, compiler
    )
    assert instructions <= _GOALS[model] * macs
    assert abs(estimate / cycles - 1) < 0.1


@needs_arm_gcc
@pytest.mark.parametrize("model", _STREAMED)
def test_rows_keep_the_speed(model: str, zoo: Path, tmp_path: Path) -> None:
    compiler, path = find_arm_gcc(), zoo / "mlperf_tiny" / f"{model}_float.onnx"
    assert compiler is not None
    _, whole, _, _ = _run(path, tmp_path / "whole", compiler)
    _, rows, _, _ = _run(path, tmp_path / "rows", compiler, _STREAMED[model])
    assert rows <= _STREAMED_COST * whole
