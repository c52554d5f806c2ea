"""Stages of every kind: several sources and results, running sums, values read whole, tiles, patches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest

from tests.networks.archs import arch_model, mobilenet_v2
from tests.networks.net import Net
from tinycompile.artifact import load
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.errors import DoesNotFitError, UsageError
from tinycompile.execution import execute
from tinycompile.plan.rules import Edge, StageKind
from tinycompile.samples import random_samples
from tinycompile.sim.reference import evaluate

Array = npt.NDArray[Any]
BOARD = "mps2-an386"


def _direct_residual(n: Net) -> str:
    """The same value is read by a window and by the sum behind it."""
    x = n.relu(n.conv(n.input(1, 1, 9, 12), 6, 1))
    return n.conv(n.add(x, n.conv(x, 6)), 2, 1)


def _pooled(n: Net) -> str:
    x = n.relu(n.conv(n.input(1, 3, 12, 10), 16))
    return n.classifier(n.relu(n.conv(x, 24, 1)), 5)


def _squeeze_excite(n: Net) -> str:
    """x times a gate of its own means: x is kept whole beside the running sums, the gate is read whole."""
    x = n.relu(n.conv(n.input(1, 3, 12, 10), 12))
    x = n.relu(n.conv(x, 12, groups=12))
    gate = n.relu(n.conv(n.op("GlobalAveragePool", x), 4, 1))
    gate = n.op("Sigmoid", n.conv(gate, 12, 1))
    return n.conv(n.relu(n.conv(n.mul(x, gate), 20, 1)), 4, 3, stride=2)


def _two_paths(n: Net) -> str:
    x = n.relu(n.conv(n.input(1, 3, 16, 12), 8))
    short = n.conv(x, 12, 1, stride=2)
    long = n.conv(n.relu(n.conv(x, 12, 3, stride=2)), 12, 5)
    return n.conv(n.relu(n.add(short, long)), 3, 1)


NETWORKS: dict[str, Callable[[Net], str]] = {
    "direct_residual": _direct_residual,
    "pooled": _pooled,
    "squeeze_excite": _squeeze_excite,
    "two_paths": _two_paths,
}


def _model(name: str) -> onnx.ModelProto:
    n = Net(f"stage_{name}", 13)
    return n.model(NETWORKS[name](n))


def smallest(model: onnx.ModelProto, calibration: dict[str, Array] | None = None, **more: Any) -> Compilation:
    """The smallest plan that is found, by asking for less than is possible first."""
    with pytest.raises(DoesNotFitError) as caught:
        compile(model, BOARD, calibration=calibration, options=Options(name="net", ram=8, **more))
    least = int(caught.value.diagnostics[0].hint.split()[-1])
    return compile(model, BOARD, calibration=calibration, options=Options(name="net", ram=least, **more))


def agree(compilation: Compilation, folder: Path) -> None:
    """Simulator, host C under sanitisers and emulated C give the bytes of the unplanned graph."""
    samples = random_samples(compilation.program.inputs, 1)
    inputs = {name: array[0] for name, array in samples.items()}
    expected = evaluate(compilation.graph, inputs)
    artifact = load(compilation.save(folder))
    simulated = compilation.simulate(inputs)
    _, host = execute(artifact, "host", samples, sanitize=True)
    result, emulated = execute(artifact, "emulator", samples)
    for name, want in expected.items():
        assert simulated[name].tobytes() == want.tobytes()
        assert host[name][0].tobytes() == want.tobytes()
        assert emulated[name][0].tobytes() == want.tobytes()
    assert result.out_of_plan_accesses == 0


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("int8", [False, True], ids=["float", "int8"])
def test_kinds_of_streams(name: str, int8: bool, tmp_path: Path) -> None:
    model = _model(name)
    shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    samples = np.random.default_rng(2).normal(size=(4, *shape)).astype(np.float32)
    whole = compile(model, BOARD)
    planned = smallest(model, {"x": samples} if int8 else None)
    assert planned.program.stages
    assert planned.program.arena < whole.program.arena
    agree(planned, tmp_path / "net")


def test_running_sums_end_a_stream() -> None:
    program = smallest(_model("pooled")).program
    assert any(call.symbol.startswith("tc_row_sums") for call in program.calls)
    assert all(
        ring.capacity == 1 for s in program.stages for ring in s.rings if ring.value.startswith("RowSums")
    )


@pytest.mark.slow
def test_recomputation_buys_memory(tmp_path: Path) -> None:
    model = arch_model(mobilenet_v2(0.35, 48, 10))
    exact = compile(model, BOARD, options=Options(name="net", ram=12_000, recompute=0.0))
    loose = compile(model, BOARD, options=Options(name="net", ram=8_000))
    assert exact.program.recomputed_macs == 0 < loose.program.recomputed_macs
    assert loose.program.macs == exact.program.macs + loose.program.recomputed_macs
    assert any(op.tiles for stage in loose.program.stages for op in stage.ops)
    agree(loose, tmp_path / "net")


@pytest.mark.slow
def test_the_share_of_recomputation_is_kept() -> None:
    model = arch_model(mobilenet_v2(0.35, 48, 10))
    exact = smallest(model, recompute=0.0).program.macs
    for share in (0.02, 0.05, 0.10):
        assert smallest(model, recompute=share).program.recomputed_macs <= share * exact


@pytest.mark.slow
def test_patches_are_one_stage(tmp_path: Path) -> None:
    model = arch_model(mobilenet_v2(0.35, 48, 10))
    patched = compile(model, BOARD, options=Options(name="net", ram=14_000, stages=StageKind.PATCH))
    first, *others = patched.program.stages
    assert first.first == 0 and first.ops[0].tiles is not None and first.ops[0].tiles.bands.count > 1
    assert all(len(stage.ops) == 1 for stage in others)
    assert patched.program.recomputed_macs > 0
    agree(patched, tmp_path / "net")


def test_rows_that_cannot_arrive_are_refused() -> None:
    n = Net("stage_flat", 13)
    model = n.model(n.gemm(n.input(1, 20), 4))
    with pytest.raises(UsageError) as caught:
        compile(model, BOARD, options=Options(input=Edge.ROWS))
    assert caught.value.diagnostics[0].code == "TC405"
