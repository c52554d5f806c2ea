"""Global averages as running sums give the same bytes."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from tests.networks.net import Net
from tinycompile.compiler import compile
from tinycompile.passes.folds import SplitFolds
from tinycompile.sim.reference import evaluate


def _mean(kind: str) -> onnx.ModelProto:
    n = Net(f"fold_{kind}", 13)
    x = n.relu(n.conv(n.input(1, 3, 7, 6), 5))
    y = n.op("GlobalAveragePool", x) if kind == "pool" else n.mean(x, 2, 3)
    return n.model(n.op("Flatten", y))


@pytest.mark.parametrize("kind", ["pool", "mean"])
@pytest.mark.parametrize("int8", [False, True], ids=["float", "int8"])
def test_split_averages_are_the_same(kind: str, int8: bool) -> None:
    samples = np.random.default_rng(3).normal(size=(4, 1, 3, 7, 6)).astype(np.float32)
    graph = compile(_mean(kind), calibration={"x": samples} if int8 else None).graph
    split = SplitFolds().run(graph)
    assert {n.op.name for n in split.nodes} >= {"RowSums", "MeanOfSums"}
    port = graph.type(graph.inputs[0])
    x = np.random.default_rng(4).normal(0, 40 if int8 else 1, port.shape).astype(port.dtype.numpy)
    before, after = (evaluate(g, {graph.inputs[0]: x}) for g in (graph, split))
    for name, want in before.items():
        assert after[name].tobytes() == want.tobytes()


def test_other_reductions_stay() -> None:
    n = Net("fold_none", 13)
    graph = compile(n.model(n.mean(n.input(1, 3, 7, 6), 1))).graph
    assert SplitFolds().run(graph) is graph
