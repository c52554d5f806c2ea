"""Layers in parts: the same bytes, contiguous joins where operators behind allow it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.networks.outside import image, model
from tinycompile.compiler import Options, compile
from tinycompile.ir import DType, Graph, GraphBuilder, Node, Quant, TensorType, verify
from tinycompile.ops.activation import Clip
from tinycompile.ops.concat import Concat
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.layout import Reshape
from tinycompile.ops.matmul import FullyConnected
from tinycompile.ops.pool import AveragePool2D, MaxPool2D
from tinycompile.ops.reduce import Kind, Reduce
from tinycompile.ops.spatial import Window
from tinycompile.passes.channels import SplitChannels, splittable
from tinycompile.sim.reference import evaluate

ACT = Quant.tensor(0.05, -3)


def _weights(b: GraphBuilder, rng: np.random.Generator, shape: tuple[int, ...], int8: bool) -> list[str]:
    """Weights with one scale per channel, and a bias."""
    if not int8:
        return [
            b.const(rng.normal(size=shape).astype(np.float32), "w"),
            b.const(rng.normal(size=shape[0]).astype(np.float32), "b"),
        ]
    scales = tuple(float(np.float32(s)) for s in rng.uniform(0.001, 0.01, shape[0]))
    w = b.const(rng.integers(-127, 128, shape).astype(np.int8), "w", Quant(scales, (0,) * shape[0], 0))
    steps = Quant(tuple(s * ACT.scale0 for s in scales), (0,) * shape[0], 0)
    return [w, b.const(rng.integers(-3000, 3000, shape[0]).astype(np.int32), "b", steps)]


def _chain(int8: bool, tail: str, channels: int, size: int = 5) -> tuple[Graph, str]:
    """x -> 3x3 convolution -> `tail`; the graph and the name of the convolution's result."""
    rng = np.random.default_rng(channels)
    b = GraphBuilder("net")
    dtype, quant = (DType.INT8, ACT) if int8 else (DType.FLOAT32, None)
    x = b.input("x", TensorType((1, size, size, 3), dtype, quant))

    def add(op: object, *operands: str) -> str:
        ins = tuple(b.type(o) for o in operands)
        (out,) = op.infer(ins)  # type: ignore[attr-defined]
        return b.add1(op, *operands, hint="y", out_type=TensorType(out.shape, dtype, quant))  # type: ignore[arg-type]

    conv = add(
        Conv2D(Window((3, 3), pads=(1, 1, 1, 1)), lo=0.0, hi=60.0),
        x,
        *_weights(b, rng, (channels, 3, 3, 3), int8),
    )
    y = conv
    for step in tail:
        if step == "d":
            window = Window((3, 3), strides=(2, 2), pads=(1, 1, 1, 1))
            y = add(Conv2D(window, channels), y, *_weights(b, rng, (channels, 3, 3, 1), int8))
        elif step == "c":
            y = add(Clip(-1.0, 40.0), y)
        elif step in "am":
            shape = b.type(y).shape
            window = Window((shape[1], shape[2]))
            y = add(AveragePool2D(window) if step == "a" else MaxPool2D(window), y)
        elif step == "r":
            y = add(Reduce(Kind.MEAN, (1, 2)), y)
        elif step == "f":
            y = b.add1(Reshape((1, channels)), y, out_type=b.type(y).with_shape((1, channels)))
            y = add(FullyConnected(), y, *_weights(b, rng, (10, channels), int8))
    return verify(b.graph([y]), "test"), conv


def _same(graph: Graph, split: Graph, *, varied: bool = True) -> None:
    verify(split, "split")
    type_ = graph.type("x")
    rng = np.random.default_rng(9)
    x = rng.normal(size=type_.shape).astype(np.float32)
    given_ = {"x": x if type_.quant is None else (x * 50).clip(-128, 127).astype(np.int8)}
    want, got = evaluate(graph, given_), evaluate(split, given_)
    assert list(want) == list(got)
    for name, array in want.items():
        assert array.tobytes() == got[name].tobytes()
        assert not varied or len(np.unique(array)) > 1


def _joins(graph: Graph) -> list[Node]:
    return [n for n in graph.nodes if isinstance(n.op, Concat)]


@pytest.mark.parametrize("int8", [False, True], ids=["float", "int8"])
@pytest.mark.parametrize("tail", ["", "d", "dc", "a", "m", "dcaf", "rf", "cm", "drf"])
@pytest.mark.parametrize(("width", "parts"), [(24, 2), (19, 3), (4, 11)])
def test_parts_compute_the_same(int8: bool, tail: str, width: int, parts: int) -> None:
    graph, conv = _chain(int8, tail, 44)
    split = SplitChannels(((conv, width),)).run(graph)
    _same(graph, split)
    convolutions = [n for n in split.nodes if isinstance(n.op, Conv2D) and n.op.groups == 1]
    assert len(convolutions) == parts
    assert sum(split.type(n.inputs[1]).shape[0] for n in convolutions) == 44


@pytest.mark.parametrize("tail", ["a", "dcm", "drf"])
def test_the_join_moves_behind_what_makes_channels_dense(tail: str) -> None:
    graph, conv = _chain(True, tail, 32)
    split = SplitChannels(((conv, 8),)).run(graph)
    (join,) = _joins(split)
    offsets = join.op.operand_offsets(split.in_types(join), split.out_types(join))
    assert offsets == (0, 8, 16, 24)


def test_without_such_an_end_the_join_stays_at_the_layer() -> None:
    graph, conv = _chain(True, "dc", 32)
    split = SplitChannels(((conv, 8),)).run(graph)
    (join,) = _joins(split)
    assert join.outputs == (conv,)
    assert sum(isinstance(n.op, Conv2D) and n.op.groups > 1 for n in split.nodes) == 1


def test_layers_with_other_readers_are_joined_at_once() -> None:
    graph, conv = _chain(True, "a", 16)
    both = graph.replaced(outputs=(conv, *graph.outputs))
    split = SplitChannels(((conv, 8),)).run(both)
    _same(both, split)
    assert _joins(split)[0].outputs == (conv,)


def test_parts_are_whole_words() -> None:
    """No part has channels that are not a multiple of four, but for the last one."""
    graph, conv = _chain(True, "", 22)
    split = SplitChannels(((conv, 9),)).run(graph)
    (join,) = _joins(split)
    widths = [t.shape[-1] for t in split.in_types(join)]
    assert sum(widths) == 22 and all(w % 4 == 0 for w in widths[:-1])
    _same(graph, split)


def test_what_cannot_be_split_stays() -> None:
    graph, conv = _chain(True, "a", 16)
    pool = graph.outputs[0]
    assert SplitChannels(((pool, 4), ("nothing", 4))).run(graph) is graph
    assert SplitChannels(((conv, 16),)).run(graph) is graph
    assert splittable(graph, graph.producers[conv])
    assert not splittable(graph, graph.producers[pool])
    narrow, conv = _chain(True, "", 4)
    assert SplitChannels(((conv, 2),)).run(narrow) is narrow


def test_a_whole_network_in_parts() -> None:
    graph = compile(model(), "host", options=Options(name="small")).graph
    layers = [n for n in graph.nodes if splittable(graph, n)]
    assert len(layers) > 8
    split = SplitChannels(tuple((n.outputs[0], 4) for n in layers)).run(graph)
    assert len(_joins(split)) >= len(layers)
    want, got = evaluate(graph, image()), evaluate(split, image())
    assert all(want[n].tobytes() == got[n].tobytes() for n in want)


@settings(max_examples=40, deadline=None)
@given(st.integers(4, 70), st.integers(2, 30), st.booleans(), st.text("dcamr", max_size=4), st.integers(1, 6))
def test_random_parts(channels: int, width: int, int8: bool, tail: str, size: int) -> None:
    graph, conv = _chain(int8, tail, channels, size)
    split = SplitChannels(((conv, width),)).run(graph)
    if channels > max(4, width):
        assert split is not graph
        _same(graph, split, varied=False)
