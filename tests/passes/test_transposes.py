"""Where transposes go."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.passes.graphs import convolved, normal, relu, source_op
from tinycompile.ir import DType, Graph, GraphBuilder, Quant, TensorType
from tinycompile.ops.arithmetic import Add, Mul
from tinycompile.ops.concat import Concat
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.layout import Copy, Reshape, Transpose
from tinycompile.ops.matmul import FullyConnected, MatMul
from tinycompile.ops.quantise import Dequantize, Quantize
from tinycompile.ops.shuffle import Shuffle
from tinycompile.ops.spatial import Window
from tinycompile.passes import canonical
from tinycompile.passes.permutations import composed, inverse, through_reshape
from tinycompile.passes.shuffles import RecogniseShuffles
from tinycompile.sim.reference import evaluate

RNG = np.random.default_rng(7)
SAME = Window((3, 3), pads=(1, 1, 1, 1))


def nhwc_input(b: GraphBuilder) -> str:
    """An NCHW view of an NHWC input, as TensorFlow exports begin."""
    x = b.input("x", TensorType((1, 6, 5, 4), DType.FLOAT32))
    return b.add1(Transpose((0, 3, 1, 2)), x)


def conv(b: GraphBuilder, x: str, channels: int = 4) -> str:
    return convolved(b, x, b.const(normal(RNG, channels, 3, 3, b.type(x).shape[1]), "w"), window=SAME)


def to_nhwc(b: GraphBuilder, y: str) -> str:
    return b.add1(Transpose((0, 2, 3, 1)), y)


def checked(b: GraphBuilder, *outputs: str) -> Graph:
    """The canonical graph, with the results of the original."""
    graph = b.graph(outputs)
    simple = canonical(graph)
    inputs = {n: RNG.normal(size=graph.type(n).shape).astype(np.float32) for n in graph.inputs}
    want, got = evaluate(graph, inputs), evaluate(simple, inputs)
    for name in graph.outputs:
        np.testing.assert_allclose(got[name], want[name], rtol=1e-5, atol=1e-5)
    return simple


def transposes(graph: Graph) -> list[str]:
    return [str(graph.type(n.outputs[0])) for n in graph.nodes if isinstance(n.op, Transpose)]


def test_residual_block_has_no_transpose() -> None:
    b = GraphBuilder("residual")
    first = relu(b, conv(b, nhwc_input(b)))
    second = conv(b, relu(b, conv(b, first)))
    y = relu(b, b.add1(Add(), first, second))
    assert transposes(checked(b, to_nhwc(b, conv(b, y)))) == []


def test_branches_through_concat_split_pad_and_softmax_have_no_transpose() -> None:
    b = GraphBuilder("branches")
    x = nhwc_input(b)
    joined = b.add1(Concat(1), conv(b, x, 2), conv(b, x, 6))
    padded = source_op(
        b,
        "Pad",
        joined,
        b.const(np.array([0, 0, 1, 1, 0, 0, 1, 1]), "pads"),
        b.const(np.array(2.0, np.float32), "value"),
    )
    scores = source_op(b, "Softmax", padded, axis=1)
    assert transposes(checked(b, to_nhwc(b, scores))) == []


def test_squeeze_and_excite_has_no_transpose() -> None:
    b = GraphBuilder("squeeze")
    y = conv(b, nhwc_input(b))
    pooled = source_op(b, "GlobalAveragePool", y)
    gate = source_op(b, "Sigmoid", conv(b, pooled))
    assert transposes(checked(b, to_nhwc(b, b.add1(Mul(), y, gate)))) == []


def test_a_transpose_waits_where_the_tensor_is_smallest() -> None:
    b = GraphBuilder("shrinking")
    y = relu(b, conv(b, nhwc_input(b)))
    pooled = source_op(b, "MaxPool", y, kernel_shape=(2, 2), strides=(2, 2))
    assert transposes(checked(b, relu(b, pooled))) == ["float32[1,4,3,2]"]


def test_one_transpose_serves_several_readers() -> None:
    b = GraphBuilder("shared")
    x = b.input("x", TensorType((1, 4, 6, 5), DType.FLOAT32))
    y = b.add1(Add(), conv(b, x), conv(b, x))
    assert transposes(checked(b, to_nhwc(b, y))) == ["float32[1,6,5,4]"]


def test_flatten_before_a_matrix_permutes_its_weights() -> None:
    b = GraphBuilder("classifier")
    flat = b.add1(Reshape((1, 120)), conv(b, nhwc_input(b)))
    simple = checked(b, b.add1(MatMul(), flat, b.const(normal(RNG, 120, 3), "fc")))
    assert transposes(simple) == []
    assert isinstance(simple.nodes[-1].op, FullyConnected)


def test_conv1d_chain_keeps_only_views() -> None:
    b = GraphBuilder("sequence")
    x = b.input("x", TensorType((1, 8, 4), DType.FLOAT32))
    y = b.add1(Transpose((0, 2, 1)), x)
    for _ in range(2):
        w = b.const(normal(RNG, 4, 4, 3), "w")
        y = relu(b, source_op(b, "Conv", y, w, kernel_shape=(3,), pads=(1, 1)))
    simple = checked(b, b.add1(Transpose((0, 2, 1)), y))
    assert transposes(simple) == []
    assert sum(not isinstance(n.op, Reshape) for n in simple.nodes) == 2


def test_causal_1d_residual_block_keeps_only_views() -> None:
    b = GraphBuilder("causal")
    x = b.input("x", TensorType((1, 8, 4), DType.FLOAT32))
    first = y = b.add1(Transpose((0, 2, 1)), x)
    for _ in range(2):
        y = source_op(b, "Pad", y, b.const(np.array([0, 0, 2, 0, 0, 0]), "pads"))
        y = relu(b, source_op(b, "Conv", y, b.const(normal(RNG, 4, 4, 3), "w"), kernel_shape=(3,)))
    simple = checked(b, b.add1(Transpose((0, 2, 1)), b.add1(Add(), first, y)))
    computed = sorted(n.op.name for n in simple.nodes if not isinstance(n.op, Reshape))
    assert computed == ["Add", "Conv2D", "Conv2D"]


def test_a_channel_shuffle_between_convolutions_needs_no_transpose() -> None:
    b = GraphBuilder("shuffle")
    y = conv(b, nhwc_input(b))
    y = b.add1(Transpose((0, 2, 1, 3, 4)), b.add1(Reshape((1, 2, 2, 6, 5)), y))
    y = conv(b, b.add1(Reshape((1, 4, 6, 5)), y))
    simple = checked(b, to_nhwc(b, y))
    assert [n.op for n in simple.nodes if not isinstance(n.op, Conv2D)] == [Shuffle(3, 2)]


def test_only_two_neighbours_that_change_places_are_a_shuffle() -> None:
    for perm in ((0, 1, 2, 4, 3), (0, 3, 2, 1, 4), (0, 2, 1, 4, 3)):
        b = GraphBuilder("no_shuffle")
        x = b.input("x", TensorType((1, 4, 6, 6), DType.FLOAT32))
        y = b.add1(Transpose(perm), b.add1(Reshape((1, 2, 2, 6, 6)), x))
        simple = checked(b, b.add1(Reshape((1, 4, 6, 6)), y))
        assert not any(isinstance(n.op, Shuffle) for n in simple.nodes)


@pytest.mark.parametrize(("scale", "shuffles"), [(0.5, 1), (0.25, 0)])
def test_a_shuffle_is_seen_through_quantisations_that_change_nothing(scale: float, shuffles: int) -> None:
    b = GraphBuilder("quantised")
    quant, other = Quant.tensor(0.5, 3), Quant.tensor(scale, 3)
    y = b.add1(Dequantize(quant), b.input("x", TensorType((1, 4, 3, 5), DType.INT8)))
    y = b.add1(Reshape((1, 2, 2, 3, 5)), y)
    y = b.add1(Dequantize(other), b.add1(Quantize(DType.INT8, other), y))
    y = b.add1(Reshape((1, 4, 3, 5)), b.add1(Transpose((0, 2, 1, 3, 4)), y))
    graph = b.graph([b.add1(Quantize(DType.INT8, other), y)])
    found = RecogniseShuffles().run(graph)
    assert sum(isinstance(n.op, Shuffle) for n in found.nodes) == shuffles
    x = {"x": RNG.integers(-128, 128, (1, 4, 3, 5)).astype(np.int8)}
    (want,), (got,) = evaluate(graph, x).values(), evaluate(found, x).values()
    np.testing.assert_array_equal(got, want)


def test_an_output_that_becomes_an_input_is_copied_under_its_name() -> None:
    b = GraphBuilder("identity")
    x = b.input("x", TensorType((2, 3), DType.FLOAT32))
    y = b.add1(Transpose((1, 0)), b.add1(Transpose((1, 0)), x), hint="y")
    simple = checked(b, y)
    assert simple.outputs == (y,)
    assert [type(n.op) for n in simple.nodes] == [Copy]


@given(st.permutations(range(5)), st.permutations(range(5)))
def test_permutation_algebra(first: list[int], second: list[int]) -> None:
    x = np.arange(2 * 3 * 4 * 5 * 6).reshape(2, 3, 4, 5, 6)
    both = composed(tuple(first), tuple(second))
    np.testing.assert_array_equal(x.transpose(first).transpose(second), x.transpose(both))
    np.testing.assert_array_equal(x.transpose(first).transpose(inverse(tuple(first))), x)


SHAPES = [(2, 3, 4), (1, 6, 4), (24,), (4, 1, 6), (2, 12), (3, 8, 1), (1, 2, 3, 4), (6, 2, 1, 2)]


@pytest.mark.parametrize("shape", SHAPES)
def test_reshapes_swap_with_transposes(shape: tuple[int, ...]) -> None:
    x, swapped = np.arange(24).reshape(shape), 0
    for perm, target in itertools.product(itertools.permutations(range(len(shape))), SHAPES):
        moved = through_reshape(shape, perm, target)
        if moved is not None:
            swapped += 1
            want = x.transpose(perm).reshape(target)
            np.testing.assert_array_equal(x.reshape(moved[0]).transpose(moved[1]), want)
    assert swapped >= len(SHAPES)


def test_a_reshape_that_joins_separated_dimensions_does_not_swap() -> None:
    assert through_reshape((1, 2, 3, 4), (0, 3, 1, 2), (1, 24)) is None
    assert through_reshape((1, 2, 3, 4), (0, 3, 1, 2), (1, 4, 6)) == ((1, 6, 4), (0, 2, 1))
