"""Real networks with their arenas in several memories of one board, on the board's true memory map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.boards import resized
from tests.networks.archs import arch_model, read_arch
from tests.zoo.reference import random_samples
from tinycompile.artifact import load
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.execution import Place, compare

BOARD = "nucleo-h743zi2"
VWW, IN3 = "mlperf_tiny/vww_int8_qdq.onnx", "mcunet/mcunet_in3_int8_qdq.onnx"


def _exact(compilation: Compilation, folder: Path, *places: Place) -> None:
    artifact = load(compilation.save(folder / compilation.program.name))
    for place in places:
        found = compare(artifact, place, random_samples(compilation, 1))
        assert found.bit_exact, place
        if place == "emulator":
            assert found.result.out_of_plan_accesses == 0, found.result.out_of_plan_examples
            assert found.result.uninitialised_reads == 0


@pytest.mark.parametrize(
    ("model", "sizes", "regions", "ram"),
    [
        (VWW, {"dtcm": "24K"}, ["dtcm", "axi_sram"], None),
        (VWW, {"dtcm": "12K", "sram4": "32K"}, ["dtcm", "sram4", "axi_sram"], None),
        (VWW, {"dtcm": "24K"}, ["dtcm", "axi_sram"], 50_000),
        (IN3, {"dtcm": "64K"}, ["dtcm", "axi_sram"], None),
        (IN3, {"dtcm": "24K"}, ["dtcm", "axi_sram"], 130_000),
    ],
)
def test_spread(
    model: str, sizes: dict[str, str], regions: list[str], ram: int | None, zoo: Path, tmp_path: Path
) -> None:
    board = resized(BOARD, **sizes)
    options = Options(name="net", regions=tuple(regions), ram=ram)
    found = compile(zoo / model, board, options=options)
    program = found.program
    assert [r.name for r in program.regions] == regions
    assert bool(program.stages) == (ram is not None)
    assert ram is None or found.summary["ram"]["total"] <= ram
    _exact(found, tmp_path, "host", "emulator")


@pytest.mark.parametrize("model", [VWW, IN3])
def test_the_fast_memory_is_used(model: str, zoo: Path) -> None:
    """What lies in the fast memory is touched more often, per byte, than what lies elsewhere."""
    board = resized(BOARD, dtcm="24K" if model == VWW else "64K")
    program = compile(zoo / model, board, options=Options(name="net", regions=("auto",))).program
    touched = np.zeros(program.arena, np.int64)
    for call in program.calls:
        for operand in (*call.ins, *call.outs):
            touched[slice(*operand.span)] += max(1, call.macs // max(1, operand.type.elements))
    fast, slow = program.regions
    assert fast.name == "dtcm"
    assert touched[: fast.end].mean() > touched[slow.start :].mean()


def test_a_stream_that_fits_into_the_dtcm_is_worth_its_cycles(zoo: Path) -> None:
    """Whole tensors meet the budget in slower memory; rows meet it in the fastest."""
    options = Options(name="net", regions=("auto",), ram=260_000)
    program = compile(zoo / IN3, BOARD, options=options).program
    assert [r.name for r in program.regions] == ["dtcm"]
    assert program.stages


def test_vww_lies_in_the_dtcm_of_an_f7(zoo: Path, tmp_path: Path) -> None:
    found = compile(zoo / VWW, "stm32f746g-disco", options=Options(name="vww", regions=("auto",)))
    assert [r.name for r in found.program.regions] == ["dtcm"]
    _exact(found, tmp_path, "emulator")


def test_mcunet_in4_lies_in_the_dtcm_of_an_h7(zoo: Path, tmp_path: Path) -> None:
    arch = read_arch(zoo / "archs" / "mcunet-512kb-2mb_imagenet.json", "in4")
    options = Options(name="in4", regions=("dtcm",))
    found = compile(arch_model(arch), BOARD, options=options)
    (region,) = found.program.regions
    assert region.name == "dtcm" and region.size <= 128 << 10
    _exact(found, tmp_path, "emulator")
