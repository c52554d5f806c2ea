"""Folding and fusion: what becomes part of what."""

from __future__ import annotations

import numpy as np
import pytest

from tests.passes.graphs import convolved, normal, quantised_weights, relu, source_op
from tinycompile.errors import InternalError
from tinycompile.ir import DType, Graph, GraphBuilder, Node, Quant, TensorType
from tinycompile.ops import SourceNode, import_rule
from tinycompile.ops.arithmetic import Add, Div, Mul, Sub
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.layout import Reshape, Transpose
from tinycompile.ops.matmul import FullyConnected, MatMul
from tinycompile.ops.quantise import Dequantize
from tinycompile.ops.spatial import Window
from tinycompile.passes import canonical
from tinycompile.passes.activations import FuseActivations
from tinycompile.passes.constants import FoldConstants, MoveQuantisedConstants, moved_quant
from tinycompile.passes.duplicates import MergeDuplicates, RemoveDead
from tinycompile.passes.rewrite import Pass, apply
from tinycompile.sim.reference import evaluate

RNG = np.random.default_rng(5)
FLOAT = DType.FLOAT32


def checked(b: GraphBuilder, *outputs: str) -> Graph:
    """The canonical graph, with the results of the original."""
    graph = b.graph(outputs)
    simple = canonical(graph)
    inputs = {n: RNG.normal(size=graph.type(n).shape).astype(np.float32) for n in graph.inputs}
    want, got = evaluate(graph, inputs), evaluate(simple, inputs)
    for name in graph.outputs:
        np.testing.assert_allclose(got[name], want[name], rtol=1e-4, atol=1e-5)
    return simple


def computing(graph: Graph) -> list[Node]:
    return [n for n in graph.nodes if not isinstance(n.op, Transpose | Reshape)]


def some_conv(b: GraphBuilder, *, bias: bool) -> str:
    x = b.input("x", TensorType((1, 3, 5, 5), FLOAT))
    extra = [b.const(normal(RNG, 4), "bias")] if bias else []
    return convolved(b, x, b.const(normal(RNG, 4, 3, 3, 3), "w"), *extra, window=Window((3, 3)))


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("op", [Add, Sub, Mul, Div])
def test_arithmetic_per_channel_folds_into_a_convolution(op: type[Add | Mul], bias: bool) -> None:
    b = GraphBuilder("scale")
    y = b.add1(op(), some_conv(b, bias=bias), b.const(normal(RNG, 1, 4, 1, 1) + 2))
    (node,) = computing(checked(b, y))
    assert isinstance(node.op, Conv2D) and len(node.inputs) == 3


def test_batch_normalisation_and_relu_end_in_the_convolution() -> None:
    b = GraphBuilder("norm")
    parts = [b.const(np.abs(normal(RNG, 4)) + 0.5, name) for name in ("scale", "bias", "mean", "var")]
    y = relu(b, source_op(b, "BatchNormalization", some_conv(b, bias=False), *parts))
    (node,) = computing(checked(b, y))
    assert isinstance(node.op, Conv2D) and node.op.lo == 0.0


def test_a_scale_behind_a_clamp_is_a_convolution_with_the_steps_that_follow() -> None:
    b = GraphBuilder("clamped")
    y = b.add1(Mul(), relu(b, some_conv(b, bias=True)), b.const(normal(RNG, 1, 4, 1, 1) - 3))
    y = relu(b, b.add1(Add(), y, b.const(normal(RNG, 1, 4, 1, 1))))
    _, second = computing(checked(b, y))
    assert isinstance(second.op, Conv2D) and second.op.groups == 4 and second.op.lo == 0.0


def test_a_scale_that_varies_along_rows_stays() -> None:
    b = GraphBuilder("rows")
    y = b.add1(Mul(), some_conv(b, bias=True), b.const(normal(RNG, 1, 1, 3, 1)))
    assert [type(n.op) for n in computing(checked(b, y))] == [Conv2D, Mul]


def test_a_result_with_two_readers_is_not_fused() -> None:
    b = GraphBuilder("readers")
    y = some_conv(b, bias=True)
    simple = checked(b, b.add1(Add(), y, relu(b, y)))
    assert len(computing(simple)) == 3


def test_matmul_by_constants_becomes_fully_connected_with_bias() -> None:
    b = GraphBuilder("dense")
    x = b.input("x", TensorType((2, 5, 6), FLOAT))
    y = b.add1(MatMul(), x, b.const(normal(RNG, 6, 3)))
    y = source_op(
        b,
        "Clip",
        b.add1(Add(), y, b.const(normal(RNG, 3).reshape(1, 1, 3))),
        b.const(np.float32(0)),
        b.const(np.float32(6)),
    )
    simple = checked(b, y)
    (node,) = simple.nodes
    assert node.op == FullyConnected(lo=0.0, hi=6.0) and simple.type(node.inputs[1]).shape == (3, 6)


def test_clamps_compose() -> None:
    b = GraphBuilder("clamps")
    y = relu(b, some_conv(b, bias=False))
    low, high = (b.const(np.float32(v)) for v in (-1, 2))
    (node,) = computing(checked(b, source_op(b, "Clip", y, low, high)))
    assert isinstance(node.op, Conv2D) and (node.op.lo, node.op.hi) == (0.0, 2.0)


def test_zero_padding_joins_the_window_and_other_padding_does_not() -> None:
    for value, count in ((0.0, 1), (1.0, 2)):
        b = GraphBuilder("pads")
        x = b.input("x", TensorType((1, 3, 5, 5), FLOAT))
        pads = b.const(np.array([0, 0, 2, 1, 0, 0, 0, 1]))
        padded = source_op(b, "Pad", x, pads, b.const(np.float32(value)))
        y = convolved(b, padded, b.const(normal(RNG, 4, 3, 3, 3)), window=Window((3, 3)))
        assert len(computing(checked(b, y))) == count


def test_constants_fold_but_stored_weights_stay() -> None:
    b = GraphBuilder("constants", fold=False)
    x = b.input("x", TensorType((3,), FLOAT))
    folded = b.add1(Add(), b.const(normal(RNG, 3)), b.const(normal(RNG, 3)))
    kept = b.add1(Dequantize(Quant.tensor(0.5, 0)), b.const(np.arange(3, dtype=np.int8)))
    y = b.add1(Add(), b.add1(Add(), x, folded), kept)
    graph = FoldConstants().run(b.graph([y]))
    assert [n.op.name for n in graph.nodes] == ["Dequantize", "Add", "Add"]


def test_channels_follow_the_movement_of_weights() -> None:
    b = GraphBuilder("weights")
    w = quantised_weights(b, normal(RNG, 4, 3, 2, 5))
    x = b.input("x", TensorType((1, 2, 20, 3), FLOAT))
    moved = b.add1(Reshape((1, 2, 20, 3)), b.add1(Transpose((2, 0, 3, 1)), w))
    graph = b.graph([b.add1(Add(), x, moved)])
    changed = apply(graph, [MoveQuantisedConstants()])
    assert [n.op.name for n in changed.nodes] == ["Dequantize", "Add"]
    op = changed.nodes[0].op
    assert isinstance(op, Dequantize) and op.quant.axis == 2 and len(op.quant.scale) == 20
    data = {"x": np.zeros((1, 2, 20, 3), np.float32)}
    (want,), (got,) = evaluate(graph, data).values(), evaluate(changed, data).values()
    np.testing.assert_array_equal(got, want)


def test_channels_have_an_axis_unless_a_reshape_mixes_them() -> None:
    quant, data = Quant((0.1, 0.2), (0, 0), 0), np.zeros((2, 3), np.int8)
    types = (TensorType((2, 3), DType.INT8),)
    assert moved_quant(quant, Reshape((3, 2)), [data], types) is None
    assert moved_quant(quant, Reshape((6,)), [data], types) == Quant((0.1,) * 3 + (0.2,) * 3, (0,) * 6, 0)
    assert moved_quant(quant, Reshape((2, 3, 1)), [data], types) == quant
    assert moved_quant(quant, Transpose((1, 0)), [data], types) == Quant((0.1, 0.2), (0, 0), 1)


def test_duplicates_merge_and_dead_nodes_go() -> None:
    b = GraphBuilder("twice")
    x = b.input("x", TensorType((3,), FLOAT))
    same = [b.add1(Add(), x, b.const(np.ones(3, np.float32))) for _ in range(2)]
    graph = b.graph([b.add1(Mul(), *same)])
    assert len(MergeDuplicates().run(graph).nodes) == 2
    dead = graph.replaced(outputs=(same[0],))
    assert len(RemoveDead().run(dead).nodes) == 1
    assert RemoveDead().run(graph) is graph


def test_a_clamp_that_saturation_repeats_disappears() -> None:
    b = GraphBuilder("saturation")
    x = b.input("x", TensorType((8,), FLOAT))
    y = source_op(b, "QuantizeLinear", relu(b, x), b.const(np.float32(0.1)), b.const(np.int8(-128)))
    z = source_op(b, "QuantizeLinear", relu(b, x), b.const(np.float32(0.1)), b.const(np.int8(-100)))
    graph = b.graph([y, z])
    changed = FuseActivations().run(graph)
    data = {"x": np.linspace(-2, 2, 8, dtype=np.float32)}
    for name in graph.outputs:
        np.testing.assert_array_equal(evaluate(graph, data)[name], evaluate(changed, data)[name])
    assert [n.op.name for n in changed.nodes].count("Quantize") == 2
    assert len(changed.nodes) == 3


def test_a_pass_that_breaks_a_graph_is_named() -> None:
    class Break:
        name = "break shapes"

        def run(self, graph: Graph) -> Graph:
            return graph.replaced(nodes=[Node(Reshape((7,)), n.inputs, n.outputs) for n in graph.nodes])

    b = GraphBuilder("broken")
    graph = b.graph([b.add1(Reshape((6,)), b.input("x", TensorType((2, 3), FLOAT)))])
    broken: Pass = Break()
    with pytest.raises(InternalError, match=r"after break shapes: .*cannot be reshaped"):
        apply(graph, [broken])


@pytest.mark.parametrize(
    ("pads", "starts", "ends", "left"),
    [
        ((2, 2), (0,), (-2,), (0, 2, 0, 0)),
        ((2, 2), (1,), (1 << 40,), (0, 1, 0, 2)),
        ((2, 1), (0,), (-2,), None),  # the second of them saw no pads
    ],
)
def test_a_convolution_that_is_cut_again_makes_less(
    pads: tuple[int, int], starts: tuple[int], ends: tuple[int], left: tuple[int, ...] | None
) -> None:
    b = GraphBuilder("causal")
    x = b.input("x", TensorType((1, 3, 8), FLOAT))
    y = source_op(b, "Conv", x, b.const(normal(RNG, 4, 3, 3), "w"), kernel_shape=(3,), pads=pads)
    bounds = (b.const(np.array(v), "bound") for v in (starts, ends, (2,)))
    rule = import_rule("Slice")
    assert rule is not None
    y = relu(b, rule(SourceNode("Slice", "Slice", (y, *bounds), 1, {}, 13), b)[0])
    made = [n.op for n in computing(checked(b, y))]
    windows = [op.window.pads for op in made if isinstance(op, Conv2D)]
    assert (len(made), windows) == ((1, [left]) if left is not None else (3, [(0, 2, 0, 1)]))
