"""MobileNetV2 w1.0 r224, 3.7 MB of constants, on a board with 1 MiB of flash and 320 KiB of RAM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.networks.archs import arch_model, mobilenet_v2
from tinycompile.artifact import load
from tinycompile.build import find_arm_gcc, find_zig
from tinycompile.compiler import Options, compile
from tinycompile.execution import compare
from tinycompile.measure import final_summary, measure
from tinycompile.plan.weight_use import weight_use
from tinycompile.sim.reference import evaluate

pytestmark = pytest.mark.slow
RAM = 312 << 10


@pytest.mark.skipif(find_zig() is None and find_arm_gcc() is None, reason="no compiler for Arm")
@pytest.mark.parametrize("weights", ["qspi", "fetch"])
def test_mobilenet_v2_runs_on_the_boards_memory_map(weights: str, tmp_path: Path) -> None:
    pytest.importorskip("unicorn", reason="the Python package unicorn is not installed")
    model = arch_model(mobilenet_v2(1.0, 224))
    options = Options(name="mbv2", ram=RAM, weights=weights)
    found = compile(model, "stm32f746g-disco", options=options)
    board, use = found.board, weight_use(found.program)
    assert use.total > 3_600_000
    assert found.summary["ram"]["total"] + board.stack_bytes <= board.ram_bytes
    summary = final_summary(found, measure(found))
    assert summary["flash"]["total"] <= board.flash_bytes == 1 << 20
    if weights == "fetch":
        assert use.fetch is not None and use.fetch.file_bytes > 2_600_000
        assert use.fetch.overlapped >= 0.8 * use.fetch.reads
    else:
        assert use.mapped["qspi"] > 2_600_000
    image = np.random.default_rng(0).integers(-128, 128, (1, 1, 224, 224, 3)).astype(np.int8)
    ran = compare(load(found.save(tmp_path / "out", summary)), "emulator", {"image": image})
    assert ran.bit_exact
    assert (ran.result.out_of_plan_accesses, ran.result.uninitialised_reads) == (0, 0)
    want = evaluate(found.graph, {"image": image[0]})
    assert all(ran.outputs[n][0].tobytes() == a.tobytes() for n, a in want.items())
    assert all(len(np.unique(a)) > 100 for a in want.values())
