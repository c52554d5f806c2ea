"""QDQ graphs become integer graphs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.passes.graphs import convolved, normal, quantised_weights, relu, source_op
from tinycompile.ir import DType, Graph, GraphBuilder, Quant, TensorType
from tinycompile.ops.arithmetic import Add
from tinycompile.ops.concat import Concat
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.layout import Reshape, Transpose
from tinycompile.ops.matmul import FullyConnected, MatMul
from tinycompile.ops.pad import Pad
from tinycompile.ops.quantise import Dequantize, Quantize, Requantize
from tinycompile.ops.spatial import Window
from tinycompile.passes import float_edges, lower, strip_float_edges
from tinycompile.sim.reference import evaluate

RNG = np.random.default_rng(11)
IN, MID, OUT = Quant.tensor(0.02, 5), Quant.tensor(0.03, -128), Quant.tensor(0.05, 0)
U8 = Quant.tensor(0.02, 131)


def int8_input(b: GraphBuilder, *shape: int, name: str = "x", quant: Quant = IN) -> str:
    """A dequantised int8 graph input."""
    return b.add1(Dequantize(quant), b.input(name, TensorType(shape, DType.INT8)))


def qdq(b: GraphBuilder, x: str, quant: Quant, dtype: DType = DType.INT8) -> str:
    return b.add1(Dequantize(quant), b.add1(Quantize(dtype, quant), x))


def lowered(b: GraphBuilder, outputs: Sequence[str], steps: float = 1) -> Graph:
    """The lowered graph, its integer results within `steps` of the float ones."""
    graph = b.graph(outputs)
    result = strip_float_edges(lower(graph))
    inputs = {
        n: RNG.integers(*graph.type(n).dtype.limits, graph.type(n).shape, endpoint=True).astype(
            graph.type(n).dtype.numpy
        )
        for n in graph.inputs
    }
    want, got = evaluate(graph, inputs), evaluate(result, inputs)
    for name, array in want.items():
        quant = result.type(name).quant
        if array.dtype == np.float32 and quant is not None:
            array = np.rint(array / quant.scale0) + quant.zero0
        assert np.abs(got[name].astype(np.float64) - array).max() <= steps
    return result


def kinds(graph: Graph) -> list[str]:
    return [node.op.name for node in graph.nodes]


def assert_integer(graph: Graph) -> None:
    assert all(v.type.dtype is not DType.FLOAT32 for v in graph.values.values())


def test_convolution_with_relu_and_stored_bias_is_one_operator() -> None:
    b = GraphBuilder("conv")
    w = quantised_weights(b, normal(RNG, 4, 3, 3, 3))
    scales = tuple(float(np.float32(IN.scale0 * s)) for s in b.nodes[-1].op.quant.scale)  # type: ignore[attr-defined]
    bias = RNG.integers(-900, 900, 4).astype(np.int32)
    stored = b.add1(Dequantize(Quant(scales, (0,) * 4, 0)), b.const(bias))
    y = relu(b, convolved(b, int8_input(b, 1, 3, 6, 6), w, stored, window=Window((3, 3))))
    graph = lowered(b, [b.add1(Quantize(DType.INT8, MID), y)])
    assert kinds(graph) == ["Transpose", "Conv2D", "Transpose"]
    conv = graph.nodes[1]
    np.testing.assert_array_equal(graph.values[conv.inputs[2]].array, bias)
    assert isinstance(conv.op, Conv2D) and conv.op.lo == 0.0
    assert_integer(graph)


def test_unsigned_weights_and_a_float_bias_are_converted() -> None:
    b = GraphBuilder("unsigned")
    stored = RNG.integers(0, 256, (12, 5)).astype(np.uint8)
    w = b.add1(Dequantize(Quant.tensor(0.01, 128)), b.const(stored))
    y = b.add1(MatMul(), int8_input(b, 2, 12), w)
    y = b.add1(Add(), y, b.const(normal(RNG, 1, 5)))
    graph = lowered(b, [qdq(b, y, OUT)])
    assert kinds(graph) == ["FullyConnected"]
    weights = graph.values[graph.nodes[0].inputs[1]]
    np.testing.assert_array_equal(weights.array, stored.T.astype(np.int32) - 128)
    assert_integer(graph)


def test_uint8_activations_become_int8_between_their_edges() -> None:
    b = GraphBuilder("bytes")
    x = b.add1(Dequantize(U8), b.input("x", TensorType((1, 3, 6, 6), DType.UINT8)))
    y = convolved(b, x, quantised_weights(b, normal(RNG, 4, 1, 1, 3)), window=Window((1, 1)))
    y = qdq(b, y, U8, DType.UINT8)
    y = b.add1(Quantize(DType.UINT8, U8), relu(b, y))
    graph = lowered(b, [y])
    assert [graph.type(n).dtype for n in (*graph.inputs, *graph.outputs)] == [DType.UINT8, DType.UINT8]
    assert kinds(graph).count("Requantize") == 2
    assert all(v.type.dtype is not DType.FLOAT32 for v in graph.values.values())


def test_concat_requantises_only_what_differs() -> None:
    b = GraphBuilder("concat")
    parts = [int8_input(b, 2, 3, name="a"), int8_input(b, 2, 3, name="c", quant=OUT)]
    graph = lowered(b, [qdq(b, b.add1(Concat(1), *parts), OUT)])
    assert kinds(graph) == ["Requantize", "Concat"]


def test_movement_between_conversions_works_on_integers() -> None:
    b = GraphBuilder("movement")
    x = b.add1(Transpose((1, 0)), int8_input(b, 4, 6))
    graph = lowered(b, [b.add1(Reshape((3, 8)), x)], 0)
    assert kinds(graph) == ["Transpose", "Reshape"]
    assert graph.type(graph.outputs[0]) == TensorType((3, 8), DType.INT8, IN)


def test_zero_padding_between_equal_quantisations_joins_the_window() -> None:
    b = GraphBuilder("pad")
    padded = qdq(b, b.add1(Pad((0, 0, 1, 1), (0, 0, 1, 1)), int8_input(b, 1, 3, 5, 5)), IN)
    y = convolved(b, padded, quantised_weights(b, normal(RNG, 2, 3, 3, 3)), window=Window((3, 3)))
    graph = lowered(b, [qdq(b, y, OUT)])
    assert "Pad" not in kinds(graph) and kinds(graph).count("Conv2D") == 1


@pytest.mark.parametrize(("quant", "expected"), [(IN, []), (OUT, ["Requantize"])])
def test_pairs_vanish_or_become_one_conversion(quant: Quant, expected: list[str]) -> None:
    b = GraphBuilder("pairs")
    graph = lowered(b, [qdq(b, int8_input(b, 3, 4), quant)])
    assert [k for k in kinds(graph) if k != "Copy"] == expected


def test_a_clamp_within_one_quantisation_disappears_or_fuses() -> None:
    b = GraphBuilder("clamp")
    y = b.add1(Add(), int8_input(b, 3, 4), int8_input(b, 3, 4, name="z"))
    clamped = qdq(b, relu(b, qdq(b, y, OUT)), OUT)
    graph = lowered(b, [clamped])
    assert kinds(graph) == ["Add"]


def test_constants_of_elementwise_operators_are_quantised_by_their_range() -> None:
    b = GraphBuilder("constant")
    y = b.add1(Add(), int8_input(b, 1, 4), b.const(np.array([[0.1, -0.2, 0.3, 0.0]], np.float32)))
    graph = lowered(b, [qdq(b, y, OUT)])
    assert kinds(graph) == ["Add"]
    assert graph.values[graph.nodes[0].inputs[1]].type.dtype is DType.INT8


def test_what_has_no_integer_form_stays_float_and_is_named() -> None:
    b = GraphBuilder("island")
    stored = b.const(RNG.integers(-9, 9, (8, 3)).astype(np.int16))
    w = b.add1(Dequantize(Quant.tensor(0.1, 0)), stored)
    y = b.add1(MatMul(), int8_input(b, 2, 8), w, origins=["dense"])
    graph = lowered(b, [qdq(b, y, OUT)], 0)
    assert kinds(graph) == ["Dequantize", "FullyConnected", "Quantize"]
    assert any("'dense'" in note and "float32" in note for note in graph.notes)


def test_results_needed_as_floats_stay_floats() -> None:
    b = GraphBuilder("both")
    y = b.add1(Add(), int8_input(b, 2, 3), int8_input(b, 2, 3, name="z"))
    graph = lowered(b, [y, b.add1(Quantize(DType.INT8, OUT), y)], 0)
    assert graph.type(graph.outputs[0]).dtype is DType.FLOAT32
    assert "Dequantize" in kinds(graph)


def test_float_edges_come_back() -> None:
    b = GraphBuilder("edges")
    x = b.input("x", TensorType((2, 8), DType.FLOAT32))
    w = quantised_weights(b, normal(RNG, 8, 3), axis=1)
    y = qdq(b, b.add1(MatMul(), qdq(b, x, IN), w), OUT)
    stripped = strip_float_edges(lower(b.graph([y])))
    assert stripped.type("x") == TensorType((2, 8), DType.INT8, IN)
    assert stripped.type(y) == TensorType((2, 3), DType.INT8, OUT)
    assert [type(n.op) for n in stripped.nodes] == [FullyConnected]
    floats = float_edges(stripped)
    assert [type(n.op) for n in floats.nodes] == [Quantize, FullyConnected, Dequantize]
    data = RNG.normal(size=(2, 8)).astype(np.float32)
    np.testing.assert_array_equal(
        evaluate(floats, {"x": data})[y], evaluate(lower(b.graph([y])), {"x": data})[y]
    )
    assert strip_float_edges(stripped) is stripped and float_edges(floats) is floats


def test_one_dequantize_and_equal_quantize_nodes_are_shared() -> None:
    b = GraphBuilder("fan out")
    y = b.add1(Add(), int8_input(b, 1, 6), int8_input(b, 1, 6))
    first, second = (b.add1(Quantize(DType.INT8, OUT), y) for _ in range(2))
    again = b.add1(Add(), b.add1(Dequantize(OUT), first), b.add1(Dequantize(OUT), second))
    assert kinds(lowered(b, [qdq(b, again, OUT)])) == ["Add", "Add"]


def test_requantize_stands_where_quantisations_force_it() -> None:
    b = GraphBuilder("forced")
    graph = lowered(b, [qdq(b, source_op(b, "MaxPool", int8_input(b, 1, 2, 4, 4), kernel_shape=(2, 2)), OUT)])
    assert kinds(graph).count(Requantize().name) == 1


def test_one_channel_of_unsigned_bytes_is_seen_in_one_way_only() -> None:
    """Its transpose there and back moves nothing: no reshape is left around the conversion."""
    b = GraphBuilder("grey")
    planes = b.add1(Transpose((0, 3, 1, 2)), b.input("x", TensorType((1, 6, 5, 1), DType.UINT8)))
    weights = quantised_weights(b, normal(RNG, 2, 3, 3, 1))
    y = convolved(b, b.add1(Dequantize(U8), planes), weights, window=Window((3, 3), pads=(1, 1, 1, 1)))
    graph = lowered(b, [qdq(b, y, OUT)])
    assert kinds(graph)[:2] == ["Requantize", "Conv2D"]
