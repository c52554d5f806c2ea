"""Networks of many kinds, float and int8: arena = host C (= emulator), and close to onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.networks.builders import BUILDERS
from tests.networks.quantised import float_operators, random_samples, run_onnxruntime
from tests.networks.sequences import SEQUENCES
from tinycompile.artifact import load
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.data import to_port_type
from tinycompile.execution import Place, execute
from tinycompile.numeric import dequantize
from tinycompile.sim.reference import evaluate

Array = npt.NDArray[Any]
NETWORKS = {**BUILDERS, **SEQUENCES}
#: On the emulator, because together they use most kernels.
EMULATED = ("mobilenet_v3_parts", "unet_transposed", "gated_1d")
SAMPLES = 4
#: Signal-to-noise ratio of int8 outputs, in dB; random weights are harder to quantise than trained ones.
LEAST_SNR = 17.0
#: Operators without an integer form.
ISLANDS = {"audio_1d": {"Softmax"}, "vit_native": {"Normalize"}}


def _places(name: str) -> tuple[Place, ...]:
    return ("host", "emulator") if name in EMULATED else ("host",)


def _outputs(
    compilation: Compilation, rows: list[dict[str, Array]], folder: Path, *places: Place
) -> dict[str, Array]:
    """Outputs [samples, *shape] of the reference evaluation; everything else agrees bit for bit."""
    ports = compilation.program.inputs
    samples = {p.name: np.stack([to_port_type(row[p.name], p.type) for row in rows]) for p in ports}
    inputs = [{n: a[i] for n, a in samples.items()} for i in range(len(rows))]
    results = [evaluate(compilation.lowered, i) for i in inputs]
    expected = {n: np.stack([r[n] for r in results]) for n in compilation.graph.outputs}
    simulated = compilation.simulate(inputs[0])
    artifact = load(compilation.save(folder / compilation.program.name))
    for place in places:
        _, got = execute(artifact, place, samples)
        for name, want in expected.items():
            assert got[name].tobytes() == want.tobytes(), (place, name)
    for name, want in expected.items():
        assert simulated[name].tobytes() == want[0].tobytes(), name
    return expected


@pytest.mark.parametrize("name", NETWORKS)
def test_float(name: str, tmp_path: Path) -> None:
    model = NETWORKS[name]()
    compilation = compile(model, "mps2-an386", options=Options(name=f"{name}_float"), check=False)
    rows = random_samples(model, 2)
    got = _outputs(compilation, rows, tmp_path, *_places(name))
    for index, row in enumerate(rows):
        for key, want in run_onnxruntime(model, row).items():
            assert got[key][index].shape == want.shape
            np.testing.assert_allclose(got[key][index], want, rtol=1e-4, atol=1e-5 * np.abs(want).max())


@pytest.mark.parametrize("name", NETWORKS)
def test_calibrated(name: str, tmp_path: Path) -> None:
    model = NETWORKS[name]()
    rows = random_samples(model, SAMPLES)
    calibration = {n: np.stack([row[n] for row in rows]) for n in rows[0]}
    options = Options(name=f"{name}_int8")
    compilation = compile(model, "mps2-an386", calibration=calibration, options=options, check=False)
    assert float_operators(compilation.graph) == ISLANDS.get(name, set())
    got = _outputs(compilation, rows, tmp_path, *_places(name))
    want = [run_onnxruntime(model, row) for row in rows]
    for port in compilation.program.outputs:
        if port.type.dtype.is_integer and port.type.quant is None:
            continue  # an ArgMax; close values may change places
        quant = port.type.quant
        reals = got[port.name] if quant is None else dequantize(got[port.name], quant.scale0, quant.zero0)
        expected = np.stack([w[port.name] for w in want])
        noise = np.square(reals - expected).mean()
        assert 10 * np.log10(expected.var() / noise) >= LEAST_SNR, port.name
