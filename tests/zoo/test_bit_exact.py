"""Simulator = host C = emulator = QEMU on three boards, for the MLPerf Tiny networks, int8 and float."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.zoo.reference import random_samples
from tinycompile.artifact import load
from tinycompile.build import find_arm_gcc, find_qemu
from tinycompile.compiler import compile
from tinycompile.errors import DoesNotFitError
from tinycompile.execution import Place, compare

PLACES: tuple[Place, ...] = ("host", "emulator", "qemu")
BOARDS = ("nucleo-f446re", "stm32f746g-disco", "nucleo-u575zi-q")
MODELS = tuple(f"{m}_{kind}" for kind in ("int8_qdq", "float") for m in ("ad", "kws", "ic", "vww"))
#: (model, board) -> the memory that is too small, by the figures of the datasheets.
TOO_LARGE = {
    ("ad_float", "nucleo-f446re"): ("TC403",),
    ("ad_float", "stm32f746g-disco"): ("TC403",),
    ("ic_float", "nucleo-f446re"): ("TC402",),
    ("vww_float", "nucleo-f446re"): ("TC402", "TC403"),
}


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("model", MODELS)
def test_everywhere_the_same_bytes(model: str, board: str, zoo: Path, tmp_path: Path) -> None:
    path = zoo / "mlperf_tiny" / f"{model}.onnx"
    if (model, board) in TOO_LARGE:
        with pytest.raises(DoesNotFitError) as caught:
            compile(path, board)
        assert tuple(d.code for d in caught.value.diagnostics) == TOO_LARGE[model, board]
        return
    compilation = compile(path, board)
    artifact = load(compilation.save(tmp_path / model))
    samples = random_samples(compilation, 1)
    for place in PLACES:
        if place == "qemu" and (find_arm_gcc() is None or find_qemu() is None):
            pytest.skip("needs arm gcc and QEMU; host and emulator agree with the simulator")
        found = compare(artifact, place, samples)
        assert found.bit_exact, place
        assert (
            found.result.arena_high_water is None
            or found.result.arena_high_water <= compilation.program.arena
        )
        if place == "emulator":
            assert found.result.out_of_plan_accesses == 0, found.result.out_of_plan_examples
            assert found.result.uninitialised_reads == 0


def test_the_error_names_what_is_needed(zoo: Path) -> None:
    with pytest.raises(DoesNotFitError) as caught:
        compile(zoo / "mlperf_tiny" / "vww_float.onnx", "nucleo-f446re")
    message = str(caught.value)
    assert "131,072" in message and "The fullest step" in message and "--calib" in message
