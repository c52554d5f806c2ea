"""Real networks whose images arrive row by row, within tight budgets, on the true memory maps of boards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.networks.archs import arch_model, read_arch
from tests.zoo.reference import random_samples
from tinycompile.artifact import load
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.execution import Place, compare
from tinycompile.plan.rules import Edge

F4, F7, H7 = "nucleo-f412zg", "stm32f746g-disco", "nucleo-h743zi2"


def _file(name: str) -> Callable[[Path], Any]:
    return lambda zoo: zoo / name


def _arch(file: str, name: str) -> Callable[[Path], Any]:
    return lambda zoo: arch_model(read_arch(zoo / "archs" / file, name))


MODELS = {
    "vww": _file("mlperf_tiny/vww_int8_qdq.onnx"),
    "ic": _file("mlperf_tiny/ic_int8_qdq.onnx"),
    "vww1": _file("mcunet/mcunet_vww1_int8_qdq.onnx"),
    "in3": _file("mcunet/mcunet_in3_int8_qdq.onnx"),
    "in4": _arch("mcunet-512kb-2mb_imagenet.json", "in4"),
    "mbv2": _arch("mbv2-w0.35-r144_imagenet.json", "mbv2"),
}


def _exact(compilation: Compilation, folder: Path, *places: Place) -> None:
    (image, *_), program = compilation.program.inputs, compilation.program
    assert image.rows
    artifact = load(compilation.save(folder / program.name))
    for place in places:
        found = compare(artifact, place, random_samples(compilation, 1))
        assert found.bit_exact, place
        assert found.result.arena_high_water is None or found.result.arena_high_water <= program.arena
        if place == "emulator":
            assert found.result.out_of_plan_accesses == 0, found.result.out_of_plan_examples
            assert found.result.uninitialised_reads == 0


@pytest.mark.parametrize(
    ("model", "board", "ram"),
    [
        ("vww", F4, 16_000),
        ("ic", F4, 11_500),
        ("vww1", F4, 17_600),
        ("in3", F4, 62_500),
        ("in4", H7, 84_000),
        ("mbv2", F4, 31_000),
    ],
)
def test_without_recomputation(model: str, board: str, ram: int, zoo: Path, tmp_path: Path) -> None:
    options = Options(name="net", ram=ram, recompute=0.0, input=Edge.ROWS)
    found = compile(MODELS[model](zoo), board, options=options)
    assert found.summary["ram"]["total"] <= ram
    assert found.program.recomputed_macs == 0
    _exact(found, tmp_path, "host", "emulator")


def test_tiles_behind_rows_that_arrive(zoo: Path, tmp_path: Path) -> None:
    ram = 19 * 1024
    options = Options(name="net", ram=ram, recompute=0.05, input=Edge.ROWS)
    found = compile(MODELS["mbv2"](zoo), F4, options=options)
    program = found.program
    assert found.summary["ram"]["total"] <= ram
    assert 0 < program.recomputed_macs <= 0.05 * (program.macs - program.recomputed_macs)
    assert any(op.tiles for stage in program.stages for op in stage.ops)
    _exact(found, tmp_path, "host", "emulator")


def test_a_detector_of_faces(zoo: Path, tmp_path: Path) -> None:
    """240 x 320 pixels in colour, int8: the image alone would take 225 KiB."""
    samples = np.random.default_rng(0).uniform(-1, 1, (3, 1, 3, 240, 320)).astype(np.float32)
    model = zoo / "onnx" / "ultraface_slim_320.onnx"
    options = Options(name="net", ram=200_000, input=Edge.ROWS)
    found = compile(model, F7, calibration={"input": samples}, options=options)
    _exact(found, tmp_path, "host", "emulator")
