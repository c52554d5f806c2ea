"""Removal of constant and unread channels: the same results for every input, and nothing left to remove."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.passes.integer_graphs import RECTIFIED, SIGNED, SIZE, integer_graph, put, weights
from tinycompile.ir import DType, Graph, GraphBuilder, Quant, TensorType, verify
from tinycompile.ops.arithmetic import Add, Mul
from tinycompile.ops.concat import Concat
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.layout import Reshape
from tinycompile.ops.matmul import FullyConnected
from tinycompile.ops.slice import Slice
from tinycompile.ops.spatial import Window
from tinycompile.passes.dead_channels import RemoveDeadChannels, removal
from tinycompile.passes.edges import float_edges
from tinycompile.passes.pipeline import without_dead_channels
from tinycompile.plan.planner import plan
from tinycompile.sim.machine import Machine
from tinycompile.sim.reference import evaluate
from tinycompile.target import load_board

PADDED = Window((3, 3), pads=(1, 1, 1, 1))


def extremes(graph: Graph, rng: np.random.Generator) -> list[dict[str, np.ndarray]]:
    """Random inputs; the lowest, the highest; the border alone, the middle alone; one pixel; stripes."""
    (name,) = graph.inputs
    shape = (*graph.type(name).shape, 1, 1)[:4]
    rows, columns = np.indices(shape[1:3])
    border = ((rows % (shape[1] - 1) == 0) | (columns % max(1, shape[2] - 1) == 0))[None, :, :, None]
    masks = [
        np.zeros(shape, bool),
        np.ones(shape, bool),
        border,
        ~border,
        (rows + columns == 0)[None, ..., None],
    ]
    masks += [(rows % 2 == 0)[None, ..., None], rng.random(shape) < 0.5, rng.random(shape) < 0.05]
    arrays = [np.broadcast_to(np.where(mask, 127, -128), shape) for mask in masks]
    arrays += [rng.integers(-128, 128, shape) for _ in range(4)]
    return [{name: array.astype(np.int8).reshape(graph.type(name).shape)} for array in arrays]


def assert_same(before: Graph, after: Graph, seed: int = 0, count: int | None = None) -> None:
    """On `count` of the inputs, or on all."""
    assert after.inputs == before.inputs and after.outputs == before.outputs
    assert all(after.type(n) == before.type(n) for n in (*before.inputs, *before.outputs))
    for inputs in extremes(before, np.random.default_rng(seed))[:count]:
        want, got = evaluate(before, inputs), evaluate(after, inputs)
        for name, array in want.items():
            np.testing.assert_array_equal(got[name], array)


@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 12))
def test_results_stay_the_same(seed: int, steps: int) -> None:
    graph = integer_graph(seed, steps)
    once = verify(RemoveDeadChannels().run(graph), "removal")
    assert_same(graph, once, seed)
    assert_same(graph, without_dead_channels(graph), seed)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_removal_comes_to_an_end_and_saves_work(seed: int) -> None:
    graph = integer_graph(seed)
    thin = without_dead_channels(graph)
    assert RemoveDeadChannels().run(thin) is thin
    saved = removal(graph, thin)
    assert saved.macs >= 0 and saved.channels >= 0


def test_the_random_networks_have_much_to_remove() -> None:
    saved = [removal(g, without_dead_channels(g)) for g in map(integer_graph, range(40))]
    assert sum(s.channels > 0 for s in saved) >= 30
    assert sum(s.macs > 0 and s.weight_bytes > 0 for s in saved) >= 30


@pytest.mark.parametrize("seed", range(30))
def test_what_is_left_can_be_planned(seed: int) -> None:
    """Odd numbers of channels, constants in place of gates, outputs that are copies of constants."""
    graph = integer_graph(seed)
    program = plan(without_dead_channels(graph), load_board("host"))
    for inputs in extremes(graph, np.random.default_rng(seed))[-2:]:
        want, got = evaluate(graph, inputs), Machine(program).run(inputs).outputs
        for name, array in want.items():
            np.testing.assert_array_equal(got[name], array)


def _image(b: GraphBuilder, channels: int = 3) -> str:
    return b.input("x", TensorType((1, SIZE, SIZE, channels), DType.INT8, SIGNED))


def _filters(b: GraphBuilder, data: np.ndarray, bias: list[int]) -> tuple[str, str]:
    return b.const(data.astype(np.int8), "w", Quant.tensor(0.01, 0)), b.const(
        np.array(bias, np.int32), "bias"
    )


def _rectified(b: GraphBuilder, x: str, fates: list[str], window: Window = PADDED) -> str:
    """A convolution with a filter per fate: `alive`, `off` (always the real 0), `full` (always 127)."""
    data = np.random.default_rng(len(b.nodes)).integers(
        -9, 10, (len(fates), *window.kernel, b.type(x).shape[3])
    )
    bias = [{"alive": 50, "off": -(10**7), "full": 10**7}[fate] for fate in fates]
    return put(b, Conv2D(window, 1, lo=0.0), x, *_filters(b, data, bias), quant=RECTIFIED)


def _widths(graph: Graph) -> list[int]:
    return [graph.type(n.outputs[0]).shape[-1] for n in graph.nodes]


def test_a_zero_point_is_removed_below_padding_and_a_constant_is_not() -> None:
    b = GraphBuilder("borders")
    x = _rectified(b, _image(b), ["alive", "off", "full", "alive", "off"])
    y = put(b, Conv2D(PADDED), x, *_filters(b, np.full((2, 3, 3, 5), 3), [0, 9]), quant=SIGNED)
    graph = b.graph([y])
    thin = without_dead_channels(graph)
    assert _widths(thin) == [3, 2]
    assert_same(graph, thin)


def test_a_constant_is_removed_where_no_border_is_seen() -> None:
    b = GraphBuilder("inside")
    x = _rectified(b, _image(b), ["alive", "off", "full", "alive", "off"])
    y = put(b, Conv2D(Window((3, 3))), x, *_filters(b, np.full((2, 3, 3, 5), 3), [0, 9]), quant=SIGNED)
    graph = b.graph([y])
    thin = without_dead_channels(graph)
    assert _widths(thin) == [2, 2]
    assert_same(graph, thin)


def test_constants_pass_through_depthwise_filters_and_end_in_the_next_bias() -> None:
    b = GraphBuilder("separable")
    x = _rectified(b, _image(b), ["alive", "off", "alive", "off"])
    bias = [5, 300, -5, 900]
    x = put(b, Conv2D(PADDED, 4, lo=0.0), x, *_filters(b, np.full((4, 3, 3, 1), 2), bias), quant=RECTIFIED)
    y = put(b, Conv2D(Window((1, 1))), x, *_filters(b, np.full((3, 1, 1, 4), 7), [0, 1, 2]), quant=SIGNED)
    graph = b.graph([y])
    thin = without_dead_channels(graph)
    assert _widths(thin) == [2, 2, 3]
    assert_same(graph, thin)
    before, after = (g.values[g.nodes[-1].inputs[2]].array for g in (graph, thin))
    assert (after > before).all()


def test_filters_that_nothing_reads_go_with_what_only_they_read() -> None:
    b = GraphBuilder("unread")
    x = _rectified(b, _image(b), ["alive"] * 4)
    middle = np.full((3, 1, 1, 4), 4)
    middle[:2, ..., 1] = 0
    x = put(b, Conv2D(Window((1, 1))), x, *_filters(b, middle, [0, 0, 0]), quant=SIGNED)
    last = np.full((2, 1, 1, 3), 6)
    last[..., 2] = 0
    y = put(b, Conv2D(Window((1, 1))), x, *_filters(b, last, [0, 0]), quant=SIGNED)
    graph = b.graph([y])
    thin = without_dead_channels(graph)
    assert _widths(thin) == [3, 2, 2]
    assert_same(graph, thin)


def test_both_sides_of_a_residual_must_allow_it() -> None:
    b = GraphBuilder("residual")
    x = _image(b)
    left = _rectified(b, x, ["off", "off", "alive", "alive"])
    right = _rectified(b, x, ["off", "alive", "off", "alive"])
    y = put(b, Add(), left, right, quant=SIGNED)
    y = put(b, Conv2D(Window((1, 1))), y, *_filters(b, np.full((2, 1, 1, 4), 3), [0, 0]), quant=SIGNED)
    graph = b.graph([y])
    thin = without_dead_channels(graph)
    assert _widths(thin) == [3, 3, 3, 2]
    assert_same(graph, thin)


def test_a_part_of_a_concat_goes_as_a_whole() -> None:
    b = GraphBuilder("concat")
    x = _image(b)
    parts = [_rectified(b, x, ["alive", "off"]), _rectified(b, x, ["off"] * 3), _rectified(b, x, ["alive"])]
    joined = put(b, Concat(3), *parts)
    y = put(b, Conv2D(PADDED), joined, *_filters(b, np.full((2, 3, 3, 6), 2), [0, 0]), quant=SIGNED)
    graph = b.graph([y])
    thin = without_dead_channels(graph)
    assert [n.op.name for n in thin.nodes] == ["Conv2D", "Conv2D", "Concat", "Conv2D"]
    assert _widths(thin) == [1, 1, 2, 2]
    assert_same(graph, thin)


def test_channels_become_strided_features() -> None:
    b = GraphBuilder("flatten")
    x = _rectified(b, _image(b), ["alive", "full", "alive"])
    flat = put(b, Reshape((1, SIZE * SIZE * 3)), x)
    data = np.random.default_rng(2).integers(-99, 100, (4, SIZE * SIZE * 3))
    data[:, 2::3] = 0
    y = put(b, FullyConnected(), flat, *_filters(b, data, [0, 1, 2, 3]), quant=SIGNED)
    graph = b.graph([y])
    thin = without_dead_channels(graph)
    assert _widths(thin) == [1, SIZE * SIZE, 4]
    assert_same(graph, thin)


def test_a_gate_that_never_moves_becomes_a_constant() -> None:
    b = GraphBuilder("gate")
    x = _image(b)
    pooled = put(b, Conv2D(Window((SIZE, SIZE)), 1, lo=0.0), x, *_gate_filters(b), quant=RECTIFIED)
    gate = put(
        b,
        Conv2D(Window((1, 1)), 1, lo=0.0),
        pooled,
        *weights(b, np.random.default_rng(0), 3, 1, 1, 2),
        quant=RECTIFIED,
    )
    graph = b.graph([put(b, Mul(), x, gate, quant=SIGNED)])
    thin = without_dead_channels(graph)
    assert [n.op.name for n in thin.nodes] == ["Mul"]
    assert_same(graph, thin)


def _gate_filters(b: GraphBuilder) -> tuple[str, str]:
    return _filters(b, np.ones((2, SIZE, SIZE, 3)), [-(10**7), 10**7])


@pytest.mark.parametrize("fate", ["off", "full"])
def test_an_output_that_never_changes_is_a_constant(fate: str) -> None:
    b = GraphBuilder("constant")
    x = _rectified(b, _image(b), [fate] * 2, Window((SIZE, SIZE)))
    graph = b.graph([put(b, Reshape((1, 2)), x)])
    thin = without_dead_channels(graph)
    assert [n.op.name for n in thin.nodes] == ["Copy"]
    assert_same(graph, thin)
    (name,) = graph.outputs
    inputs = extremes(graph, np.random.default_rng(0))[-1]
    outputs = Machine(plan(thin, load_board("host"))).run(inputs).outputs
    np.testing.assert_array_equal(outputs[name], evaluate(graph, inputs)[name])


def test_a_map_that_never_changes_keeps_one_channel() -> None:
    b = GraphBuilder("map")
    x = _rectified(b, _image(b), ["full"] * 4)
    y = put(b, Conv2D(PADDED), x, *_filters(b, np.full((2, 3, 3, 4), 2), [0, 0]), quant=SIGNED)
    z = put(
        b,
        Conv2D(Window((1, 1))),
        _rectified(b, y, ["off"] * 3),
        *_filters(b, np.ones((2, 1, 1, 3)), [7, 8]),
        quant=SIGNED,
    )
    graph = b.graph([z])
    assert_same(graph, without_dead_channels(graph))
    assert _widths(without_dead_channels(graph))[-2:] == [1, 2]


def test_what_shares_weights_keeps_sharing_them() -> None:
    b = GraphBuilder("twins")
    x = _image(b)
    shared = _filters(b, np.random.default_rng(5).integers(-50, 50, (4, 1, 1, 3)), [0, 0, 10**7, -(10**7)])
    left = put(b, Conv2D(Window((1, 1)), 1, lo=0.0), x, *shared, quant=RECTIFIED)
    right = put(
        b,
        Conv2D(Window((1, 1)), 1, lo=0.0),
        _rectified(b, x, ["alive", "off", "alive"]),
        *shared,
        quant=RECTIFIED,
    )
    outs = [
        put(b, Conv2D(Window((1, 1))), left, *_filters(b, np.ones((2, 1, 1, 4)), [0, 0]), quant=SIGNED),
        put(b, Conv2D(PADDED), right, *_filters(b, np.ones((2, 3, 3, 4)), [0, 0]), quant=SIGNED),
    ]
    graph = b.graph(outs)
    thin = without_dead_channels(graph)
    arrays = [thin.values[n.inputs[1]].array for n in thin.nodes]
    assert len({a.tobytes() for a in arrays if a.shape == (3, 1, 1, 3)}) == 1
    assert [a.shape for a in arrays].count((3, 1, 1, 3)) == 2
    assert_same(graph, thin)


def test_outputs_inputs_and_float_graphs_stay_as_they_are() -> None:
    b = GraphBuilder("edges")
    graph = b.graph([_rectified(b, _image(b), ["alive", "off", "full"])])
    assert without_dead_channels(graph) is graph
    b = GraphBuilder("floats")
    x = b.input("x", TensorType((1, SIZE, SIZE, 2), DType.FLOAT32))
    y = b.add1(Conv2D(PADDED, 1, lo=0.0), x, b.const(np.zeros((3, 3, 3, 2), np.float32)))
    floats = b.graph([b.add1(Conv2D(PADDED), y, b.const(np.ones((2, 3, 3, 3), np.float32)))])
    assert without_dead_channels(floats) is floats


def test_graphs_with_empty_tensors_stay_as_they_are() -> None:
    b = GraphBuilder("empty")
    x = _rectified(b, _image(b), ["alive", "off", "alive"])
    empty = put(b, Slice((0, 0, 0, 0), (1, SIZE, SIZE, 0), (1, 1, 1, 1)), x)
    y = put(b, Conv2D(PADDED), x, *_filters(b, np.full((2, 3, 3, 3), 3), [0, 9]), quant=SIGNED)
    graph = verify(b.graph([empty, y]), "test")
    assert without_dead_channels(graph) is graph


def test_conversions_at_the_edges_do_not_matter() -> None:
    b = GraphBuilder("edges")
    x = _rectified(b, _image(b), ["alive", "off", "full", "alive", "off"])
    y = put(b, Conv2D(Window((1, 1))), x, *_filters(b, np.full((2, 1, 1, 5), 3), [0, 9]), quant=SIGNED)
    floats = float_edges(b.graph([y]))
    thin = without_dead_channels(floats)
    assert _widths(thin) == [3, 2, 2, 2]
    for image in np.random.default_rng(4).normal(size=(5, 1, SIZE, SIZE, 3)).astype(np.float32):
        want, got = evaluate(floats, {"x": image}), evaluate(thin, {"x": image})
        np.testing.assert_array_equal(got[y], want[y])


def test_the_removal_is_counted() -> None:
    b = GraphBuilder("count")
    x = _rectified(b, _image(b), ["alive", "off", "off", "alive"])
    y = put(b, Conv2D(Window((1, 1))), x, *_filters(b, np.ones((2, 1, 1, 4)), [0, 0]), quant=SIGNED)
    graph = b.graph([y])
    found = removal(graph, without_dead_channels(graph))
    assert [(t.origin, t.channels, t.kept) for t in found.layers] == [(graph.nodes[0].outputs[0], 4, 2)]
    assert found.channels == 2
    assert found.macs == SIZE * SIZE * (2 * 27 + 2 * 2)
    assert found.weight_bytes == 2 * 27 + 2 * 4 + 2 * 2
