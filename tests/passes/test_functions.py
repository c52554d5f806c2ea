"""Functions that are written out: recognised on floats, tabulated on bytes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.passes.graphs import source_op
from tests.passes.test_integers import OUT, int8_input, kinds, lowered, qdq
from tinycompile.ir import DType, Graph, GraphBuilder, TensorType
from tinycompile.passes import canonical
from tinycompile.sim.reference import evaluate

RNG = np.random.default_rng(3)
Written = Callable[[GraphBuilder, str], str]


def _c(b: GraphBuilder, value: float) -> str:
    return b.const(np.float32(value))


def _op(b: GraphBuilder, kind: str, *names: str) -> str:
    return source_op(b, kind, *names)


def _six(b: GraphBuilder, x: str) -> str:
    return _op(b, "Clip", _op(b, "Add", x, _c(b, 3.0)), _c(b, 0.0), _c(b, 6.0))


def _silu(b: GraphBuilder, x: str) -> str:
    return _op(b, "Mul", _op(b, "Sigmoid", x), x)


def _hard_swish(b: GraphBuilder, x: str) -> str:
    return _op(b, "Div", _op(b, "Mul", x, _six(b, x)), _c(b, 6.0))


def _hard_swish_scaled_first(b: GraphBuilder, x: str) -> str:
    return _op(b, "Mul", x, _op(b, "Mul", _six(b, x), _c(b, 1 / 6)))


def _hard_sigmoid(b: GraphBuilder, x: str) -> str:
    return _op(b, "Div", _six(b, x), _c(b, 6.0))


def _gelu(b: GraphBuilder, x: str) -> str:
    gate = _op(b, "Add", _op(b, "Erf", _op(b, "Div", x, _c(b, 2**0.5))), _c(b, 1.0))
    return _op(b, "Mul", _op(b, "Mul", x, _c(b, 0.5)), gate)


def _mish(b: GraphBuilder, x: str) -> str:
    return _op(b, "Mul", x, _op(b, "Tanh", _op(b, "Softplus", x)))


def _nothing_known(b: GraphBuilder, x: str) -> str:
    return _op(b, "Mul", _op(b, "Tanh", x), x)


WRITTEN: list[tuple[Written, list[str]]] = [
    (_silu, ["Swish"]),
    (_hard_swish, ["HardSwish"]),
    (_hard_swish_scaled_first, ["HardSwish"]),
    (_hard_sigmoid, ["HardSigmoid"]),
    (_gelu, ["Gelu"]),
    (_mish, ["Mish"]),
    (_nothing_known, ["Tanh", "Mul"]),
]


def _canonical(b: GraphBuilder, *outputs: str) -> Graph:
    graph = b.graph(outputs)
    simple = canonical(graph)
    x = {n: RNG.uniform(-9, 9, graph.type(n).shape).astype(np.float32) for n in graph.inputs}
    want, got = evaluate(graph, x), evaluate(simple, x)
    for name in graph.outputs:
        np.testing.assert_allclose(got[name], want[name], rtol=1e-5, atol=1e-5)
    return simple


@pytest.mark.parametrize(("written", "names"), WRITTEN)
def test_known_functions_get_their_names(written: Written, names: list[str]) -> None:
    b = GraphBuilder("written")
    x = b.input("x", TensorType((1, 4, 50), DType.FLOAT32))
    assert [n.op.name for n in _canonical(b, written(b, x)).nodes] == names


def test_a_gate_that_is_read_elsewhere_is_computed_once() -> None:
    b = GraphBuilder("shared")
    x = b.input("x", TensorType((1, 4, 50), DType.FLOAT32))
    gate = _op(b, "Sigmoid", x)
    graph = _canonical(b, _op(b, "Mul", x, gate), gate)
    assert [n.op.name for n in graph.nodes] == ["Sigmoid", "Mul"]


def test_elementwise_operators_between_bytes_become_one_table() -> None:
    b = GraphBuilder("table")
    x = int8_input(b, 1, 6)
    gate = qdq(b, _op(b, "Sigmoid", x), OUT)
    y = qdq(b, _op(b, "Mul", x, gate), OUT)
    assert kinds(lowered(b, [qdq(b, _op(b, "Sqrt", _op(b, "Abs", y)), OUT)])) == ["Lookup"]


def test_two_tensors_make_no_table() -> None:
    b = GraphBuilder("two")
    x, z = int8_input(b, 1, 6), int8_input(b, 1, 6)
    y = _op(b, "Mul", x, qdq(b, _op(b, "Sigmoid", z), OUT))
    assert kinds(lowered(b, [qdq(b, y, OUT)])) == ["Sigmoid", "Mul"]
