"""Rows leave also behind joins that the choice of layouts left channels first."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tinycompile.compiler import Options, compile
from tinycompile.plan.rules import Edge

#: By name: channels of the convolutions, and the nodes from their results a and b to y.
_ENDS: dict[str, tuple[int, list[tuple[str, list[str], str]]]] = {
    "one channel": (1, [("Concat", ["b", "a"], "y")]),
    "twice the same": (2, [("Concat", ["b", "b"], "y")]),
    "read before": (2, [("Relu", ["b"], "r"), ("Concat", ["r", "b"], "y")]),
    "join of joins": (2, [("Concat", ["b", "a"], "r"), ("Concat", ["r", "r"], "y")]),
    "sum of joins": (2, [("Concat", ["b", "b"], "r"), ("Concat", ["a", "b"], "s"), ("Add", ["r", "s"], "y")]),
}


def _network(name: str) -> onnx.ModelProto:
    channels, ends = _ENDS[name]
    rng = np.random.default_rng(3)
    nodes, weights = [], []
    for x, y in (("x", "a"), ("a", "b")):
        w = rng.normal(size=(channels, channels, 3, 3)).astype(np.float32)
        weights.append(numpy_helper.from_array(w, f"w_{y}"))
        nodes.append(helper.make_node("Conv", [x, f"w_{y}"], [y], kernel_shape=[3, 3], pads=[1] * 4))
    for kind, ins, out in ends:
        nodes.append(helper.make_node(kind, ins, [out], **({"axis": 1} if kind == "Concat" else {})))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, channels, 7, 5])
    graph = helper.make_graph(nodes, "net", [x], [helper.make_empty_tensor_value_info("y")], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("edge", [Edge.RAM, Edge.ROWS])
@pytest.mark.parametrize("name", _ENDS)
def test_rows_of_joins_leave(name: str, edge: Edge) -> None:
    model = _network(name)
    whole = compile(model, "host", options=Options(name="net"))
    rows = compile(model, "host", options=Options(name="net", input=edge, output=Edge.ROWS))
    sample = np.random.default_rng(4).normal(size=(1, _ENDS[name][0], 7, 5)).astype(np.float32)
    assert rows.program.stages
    np.testing.assert_array_equal(rows.simulate({"x": sample})["y"], whole.simulate({"x": sample})["y"])


@pytest.mark.parametrize("first", [0, 2])
def test_rows_of_a_part_leave(first: int) -> None:
    """Channels that the part leaves out are not computed, and then the part is everything."""
    rng = np.random.default_rng(5)
    arrays = {"w": rng.normal(size=(4, 3, 3, 3)).astype(np.float32)}
    arrays |= {"s": np.array([first]), "e": np.array([first + 2]), "axes": np.array([1])}
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("Slice", ["a", "s", "e", "axes"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 7, 5])
    weights = [numpy_helper.from_array(a, n) for n, a in arrays.items()]
    graph = helper.make_graph(nodes, "net", [x], [helper.make_empty_tensor_value_info("y")], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    calibration = {"x": rng.normal(size=(8, 3, 7, 5)).astype(np.float32)}
    whole = compile(model, "host", calibration=calibration, options=Options(name="net"))
    options = Options(name="net", output=Edge.ROWS)
    rows = compile(model, "host", calibration=calibration, options=options)
    assert [node.op.name for node in rows.graph.nodes if node.op.name == "Slice"] == []
    sample = {"x": calibration["x"][:1]}
    np.testing.assert_array_equal(rows.simulate(sample)["y"], whole.simulate(sample)["y"])
