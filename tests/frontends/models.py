"""Small ONNX models made on the fly, and how tests look at what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from tinycompile.errors import TinyCompileError
from tinycompile.frontends import Source, load_model
from tinycompile.ir import Graph
from tinycompile.sim.reference import evaluate

Array = npt.NDArray[Any]
Dims = Sequence[int | str | None]

onnxruntime.set_default_logger_severity(4)


def port(name: str, shape: Dims | None, elem_type: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    """A graph input or output; None as a dimension leaves it free without a name."""
    return helper.make_tensor_value_info(name, elem_type, shape)


def make(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[str | onnx.ValueInfoProto],
    constants: Mapping[str, Array] | None = None,
    *,
    opset: int = 17,
    functions: Sequence[onnx.FunctionProto] = (),
    domains: Mapping[str, int] | None = None,
    ir_version: int = 8,
) -> onnx.ModelProto:
    """A model; outputs given by name have no declared type."""
    declared = [helper.make_empty_tensor_value_info(o) if isinstance(o, str) else o for o in outputs]
    tensors = [numpy_helper.from_array(np.asarray(a), n) for n, a in (constants or {}).items()]
    graph = helper.make_graph(list(nodes), "net", list(inputs), declared, tensors)
    versions = {"": opset, **(domains or {})}
    opsets = [helper.make_opsetid(domain, version) for domain, version in versions.items()]
    return helper.make_model(graph, opset_imports=opsets, functions=list(functions), ir_version=ir_version)


def conv_model(**keywords: Any) -> onnx.ModelProto:
    """x[1,2,6,6] -> Conv 3x3 -> Transpose -> y, with a bias."""
    rng = np.random.default_rng(1)
    constants = {"w": rng.standard_normal((3, 2, 3, 3)).astype(np.float32), "b": np.ones(3, np.float32)}
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="conv"),
        helper.make_node("Transpose", ["c"], ["y"], perm=[0, 2, 3, 1], name="last"),
    ]
    return make(nodes, [port("x", [1, 2, 6, 6])], [port("y", [1, 4, 4, 3])], constants, **keywords)


def run(graph: Graph, feeds: Mapping[str, Array]) -> list[Array]:
    """The graph's outputs in order."""
    results = evaluate(graph, dict(feeds))
    return [results[name] for name in graph.outputs]


def assert_agrees(model: onnx.ModelProto, feeds: Mapping[str, Array], **keywords: Any) -> Graph:
    """Load the model and compare it with onnxruntime; returns the graph."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=providers)
    graph = load_model(model, **keywords)
    expected = session.run(None, dict(feeds))
    assert list(graph.outputs) == [o.name for o in session.get_outputs()]
    for got, want in zip(run(graph, feeds), expected, strict=True):
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
    return graph


def refusal(source: Source, **keywords: Any) -> TinyCompileError:
    """The error that loading `source` ends with."""
    try:
        load_model(source, **keywords)
    except TinyCompileError as error:
        return error
    raise AssertionError("the model was accepted")


def codes(error: TinyCompileError) -> list[str]:
    """The codes of an error's findings."""
    return [d.code for d in error.diagnostics]
