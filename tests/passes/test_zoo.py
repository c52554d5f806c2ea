"""Real quantised models: only integer operators are left, with the results of onnxruntime."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.skips import skip_here_if
from tinycompile.frontends import load_model
from tinycompile.ir import DType, Graph
from tinycompile.passes import lower, strip_float_edges
from tinycompile.sim.reference import evaluate

onnxruntime = pytest.importorskip("onnxruntime")
ZOO = Path(os.environ.get("TINYCOMPILE_ZOO", Path(__file__).parents[3] / "shared" / "zoo"))

pytestmark = [pytest.mark.zoo, skip_here_if(not ZOO.is_dir(), f"no model zoo at {ZOO}")]

#: Per model: transposes and requantisations that the model itself asks for.
MODELS = {
    "mlperf_tiny/ad_int8_qdq.onnx": (0, 0),
    "mlperf_tiny/kws_int8_qdq.onnx": (0, 0),
    "mlperf_tiny/ic_int8_qdq.onnx": (0, 0),
    "mlperf_tiny/vww_int8_qdq.onnx": (0, 0),
    "mcunet/mcunet_vww1_int8_qdq.onnx": (0, 0),
    "mcunet/mcunet_in3_int8_qdq.onnx": (0, 1),
    "onnx/person_detect_int8.qdq.onnx": (0, 0),
}


def lowered(name: str) -> Graph:
    return strip_float_edges(lower(load_model(str(ZOO / name))))


@pytest.mark.parametrize("name", MODELS)
def test_only_integer_operators_are_left(name: str) -> None:
    graph = lowered(name)
    assert all(v.type.dtype is not DType.FLOAT32 for v in graph.values.values())
    count = Counter(node.op.name for node in graph.nodes)
    assert (count["Transpose"], count["Requantize"]) == MODELS[name]
    assert count["Pad"] == 0 and not any("island" in note for note in graph.notes)


@pytest.mark.parametrize("name", ["ad", "kws", "vww"])
def test_results_are_those_of_onnxruntime(name: str) -> None:
    path = f"mlperf_tiny/{name}_int8_qdq.onnx"
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(ZOO / path), options)
    graph, rng, same = lowered(path), np.random.default_rng(3), []
    for _ in range(4):
        data = rng.integers(-128, 128, graph.type(graph.inputs[0]).shape).astype(np.int8)
        (want,) = session.run(None, {session.get_inputs()[0].name: data})
        difference = np.abs(want.astype(int) - evaluate(graph, {graph.inputs[0]: data})[graph.outputs[0]])
        assert difference.max() <= 2
        same.append((difference == 0).mean())
    assert np.mean(same) >= 0.98
