"""The lower bound holds for every plan, and is reached where it can be."""

from __future__ import annotations

import math
from collections.abc import Iterator

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.networks.archs import Arch, Block, arch_model
from tests.networks.builders import BUILDERS
from tests.plan.test_streams import _Net
from tinycompile.compiler import Options, prepare
from tinycompile.errors import UsageError
from tinycompile.ir import Graph
from tinycompile.plan.edges import at_edges
from tinycompile.plan.lower_bound import lower_bound
from tinycompile.plan.planner import Planning
from tinycompile.plan.rules import Edge, Rules, StageKind
from tinycompile.target import load_board

BOARD = load_board("mps2-an386")


def _graph(model: onnx.ModelProto) -> Graph:
    return prepare(model, options=Options(name="net")).graph


def _arenas(graph: Graph, rules: Rules) -> Iterator[int]:
    """Every plan that the searches come across; nothing where rows cannot come or go."""
    graph, rules = at_edges(graph, rules)
    planning = Planning(graph, BOARD, rules)
    try:
        yield planning.best(1).arena
    except UsageError:
        return
    for staged in planning.staged if planning.stages_allowed else ():
        for candidate in staged.search.front():
            yield candidate.layout.arena


def _bound(graph: Graph, rules: Rules) -> int:
    graph, rules = at_edges(graph, rules)
    return lower_bound(graph, BOARD.core, rules)


@st.composite
def _rules(draw: st.DrawFn) -> Rules:
    stages = draw(st.sampled_from([StageKind.AUTO, StageKind.AUTO, StageKind.STREAM, StageKind.PATCH]))
    able = [Edge.RAM, Edge.ROWS]
    given = [*able, Edge.PATCHES] if stages is StageKind.PATCH else able
    edges = draw(st.sampled_from(given)), draw(st.sampled_from(able))
    recompute = draw(st.sampled_from([0.0, 0.05, math.inf]))
    return Rules(stages=stages, recompute=recompute, input=edges[0], output=edges[1])


@st.composite
def _chain(draw: st.DrawFn) -> onnx.ModelProto:
    """Convolutions, pools and additions of odd shapes."""
    height, width = draw(st.integers(5, 19)), draw(st.integers(5, 13))
    net = _Net(draw(st.sampled_from([1, 3, 8])), height, width)
    for _ in range(draw(st.integers(1, 5))):
        height, width = _layer(draw, net, height, width)
    return net.model()


def _layer(draw: st.DrawFn, net: _Net, height: int, width: int) -> tuple[int, int]:
    kind = draw(st.sampled_from(["conv", "depthwise", "point", "pool", "relu", "residual"]))
    if kind == "relu":
        net.relu()
        return height, width
    if kind == "residual":
        skip, channels = net.last, net.channels
        net.conv(3 * channels, 1)
        net.conv(0, 3, depthwise=True)
        net.conv(channels, 1)
        net.add(skip)
        return height, width
    kernel = 1 if kind == "point" else draw(st.integers(1, min(5, height, width)))
    stride = draw(st.integers(1, 3))
    pad = 0 if kind == "pool" else draw(st.integers(0, kernel - 1))
    if kind == "pool":
        net.pool(kernel, stride)
    else:
        net.conv(draw(st.sampled_from([2, 5, 24])), kernel, stride, pad, depthwise=kind == "depthwise")
    return (height + 2 * pad - kernel) // stride + 1, (width + 2 * pad - kernel) // stride + 1


@settings(max_examples=60, deadline=None)
@given(_chain(), _rules())
def test_no_plan_of_a_random_network_is_smaller(model: onnx.ModelProto, rules: Rules) -> None:
    graph = _graph(model)
    bound = _bound(graph, rules)
    assert all(bound <= arena for arena in _arenas(graph, rules))


@st.composite
def _mobile(draw: st.DrawFn) -> onnx.ModelProto:
    """Inverted residuals in int8, with tiles that pay."""
    blocks, cin = [], 8
    for _ in range(draw(st.integers(1, 3))):
        cout = draw(st.sampled_from([8, 16]))
        wide = cin * draw(st.sampled_from([3, 6]))
        blocks.append(Block(cin, wide, cout, draw(st.sampled_from([3, 5])), draw(st.integers(1, 2))))
        cin = cout
    return arch_model(Arch("net", draw(st.sampled_from([24, 33])), 8, tuple(blocks), None, classes=10))


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(_mobile(), _rules())
def test_no_plan_of_a_mobile_network_is_smaller(model: onnx.ModelProto, rules: Rules) -> None:
    graph = _graph(model)
    bound = _bound(graph, rules)
    assert all(bound <= arena for arena in _arenas(graph, rules))


@pytest.mark.parametrize("name", ["mobilenet_v3_native", "shufflenet_v1", "unet_nearest", "detector"])
@pytest.mark.parametrize("rules", [Rules(), Rules(recompute=0.0), Rules(stages=StageKind.WHOLE)], ids=str)
def test_no_plan_of_a_branching_network_is_smaller(name: str, rules: Rules) -> None:
    graph = _graph(BUILDERS[name]())
    bound = _bound(graph, rules)
    assert bound > 0
    assert all(bound <= arena for arena in _arenas(graph, rules))


def test_it_is_the_optimum_where_an_image_fills_the_memory() -> None:
    """The input is whole at the start, the first row of the result beside it; nothing larger comes later."""
    net = _Net(3, 32, 16)
    net.conv(2, 3, stride=2)
    net.conv(2, 3, stride=2)
    graph = _graph(net.model())
    rules = Rules(stages=StageKind.STREAM)
    image, row = 4 * 3 * 32 * 16, 4 * 2 * 8
    bound = _bound(graph, rules)
    assert bound >= image + row
    assert Planning(graph, BOARD, rules).best(1).arena <= bound + 64


def test_it_grows_as_more_is_forbidden() -> None:
    graph = _graph(
        arch_model(Arch("net", 48, 8, (Block(8, 48, 16, 3, 1), Block(16, 96, 16, 3, 1)), None, 10))
    )
    rows = {"input": Edge.ROWS}
    anything, once = _bound(graph, Rules(**rows)), _bound(graph, Rules(recompute=0.0, **rows))
    stream, whole = (_bound(graph, Rules(stages=k, **rows)) for k in (StageKind.STREAM, StageKind.WHOLE))
    assert anything < once <= stream < whole
    ring = 3 * 24 * 48
    assert once >= ring


def test_whole_tensors_have_the_bound_of_their_order() -> None:
    graph = _graph(BUILDERS["mobilenet_v2"]())
    rules = Rules(stages=StageKind.WHOLE)
    assert _bound(graph, rules) == Planning(graph, BOARD, rules).best(1).arena
