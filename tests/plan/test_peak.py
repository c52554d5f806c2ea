"""What a plan needs, from the geometry alone: never above a plan, and close to it."""

from __future__ import annotations

import math

import onnx
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tests.networks.candidates import KINDS, candidate_geometry, candidate_model
from tests.plan.test_lower_bound import _arenas, _chain, _graph, _rules
from tinycompile.compiler import Options, prepare
from tinycompile.ir import Graph
from tinycompile.plan.edges import at_edges
from tinycompile.plan.geometry import Asked, Geometry, GeometryBuilder
from tinycompile.plan.geometry_of import geometry_of
from tinycompile.plan.lives import Lives
from tinycompile.plan.peak import fits, lower_bound, peak
from tinycompile.plan.planner import Planning
from tinycompile.plan.rules import Edge, Rules, StageKind
from tinycompile.plan.stream_moments import Moments
from tinycompile.plan.stream_paths import least_peak
from tinycompile.target import load_board

BOARD = load_board("mps2-an386")
STREAMS = (Rules(stages=StageKind.STREAM), Rules(stages=StageKind.STREAM, input=Edge.ROWS))
#: Least and largest estimate of a streamed plan, as a share of it.
NEAR = 0.7, 1.35


def _mobile(size: int = 32) -> Geometry:
    net = GeometryBuilder()
    x = net.conv(net.input(size, size, 3), 8, kernel=3, stride=2)
    for channels, stride in ((8, 1), (16, 2), (16, 1)):
        y = net.conv(x, 6 * net.plane(x).channels)
        y = net.conv(net.depthwise(y, 3, stride), channels)
        x = net.add(x, y) if net.plane(x) == net.plane(y) else y
    return net.build(net.dense(net.mean(x), 10))


def test_a_layer_on_whole_tensors_holds_its_operand_and_its_result() -> None:
    net = GeometryBuilder()
    x = net.conv(net.input(8, 8, 2), 4, kernel=3)
    assert lower_bound(net.build(x), Rules(stages=StageKind.WHOLE)) == 8 * 8 * 2 + 8 * 8 * 4


def test_depthwise_takes_the_place_of_its_operand() -> None:
    net = GeometryBuilder()
    x = net.depthwise(net.input(8, 8, 2), 3)
    assert lower_bound(net.build(x), Rules(stages=StageKind.WHOLE)) == 8 * 8 * 2


def test_rows_that_arrive_need_a_window_and_a_row_of_the_result() -> None:
    net = GeometryBuilder()
    x = net.conv(net.input(32, 32, 3), 2, kernel=3)
    rules = Rules(stages=StageKind.STREAM, input=Edge.ROWS, output=Edge.ROWS)
    assert lower_bound(net.build(x), rules) == 3 * 32 * 3 + 32 * 2


def test_rows_that_strides_leave_out_are_never_made() -> None:
    """Of three rows of the first result the second reads row 0, and that is made of row 0 of the image."""
    net = GeometryBuilder(itemsize=4)
    x = net.conv(net.input(5, 5, 3), 2, kernel=2, stride=2, pads=(1, 1, 1, 1))
    geometry = net.build(net.conv(x, 2, stride=3))
    assert geometry.asked == ((Asked(1, 0), Asked(1, 0)),) * 3
    rules = Rules(stages=StageKind.STREAM, input=Edge.ROWS)
    assert lower_bound(geometry, rules) == 4 * (5 * 3 + 3 * 2)


@pytest.mark.parametrize("edge", list(Edge))
def test_the_bound_is_below_the_estimate_and_streams_below_whole_tensors(edge: Edge) -> None:
    net = _mobile()
    stream = Rules(stages=StageKind.STREAM, input=edge)
    whole = lower_bound(net, Rules(stages=StageKind.WHOLE))
    assert 0 < lower_bound(net, stream) <= peak(net, stream) < whole


def _model(kind: str, seed: int) -> Graph:
    options = Options(name="net", keep_dead_channels=True)
    return prepare(candidate_model(kind, seed), options=options).graph


def _smallest(graph: Graph, rules: Rules) -> int:
    graph, rules = at_edges(graph, rules)
    return Planning(graph, BOARD, rules).best(1).arena


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rules", STREAMS, ids=["ram", "rows"])
def test_a_candidate_needs_what_is_expected_and_no_less_than_the_bound(kind: str, rules: Rules) -> None:
    arena, net = _smallest(_model(kind, 0), rules), candidate_geometry(kind, 0)
    assert lower_bound(net, rules) <= arena
    assert NEAR[0] * arena <= peak(net, rules) <= NEAR[1] * arena


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(1, 25))
def test_candidates_need_no_less_than_the_bound(kind: str, seed: int) -> None:
    graph, net = _model(kind, seed), candidate_geometry(kind, seed)
    anything = (Rules(recompute=0.0, input=Edge.ROWS), Rules(recompute=0.05), Rules(input=Edge.ROWS))
    for rules in (Rules(stages=StageKind.WHOLE), *STREAMS, *(anything if seed < 5 else ())):
        assert lower_bound(net, rules) <= _smallest(graph, rules)


@settings(max_examples=40, deadline=None)
@given(_chain(), _rules())
def test_no_plan_of_odd_shapes_is_smaller(model: onnx.ModelProto, rules: Rules) -> None:
    graph = _graph(model)
    fed, known = at_edges(graph, rules)
    try:
        net = geometry_of(fed, BOARD.core)
    except ValueError:
        reject()  # an image that is read in two shapes
    bound = lower_bound(net, known)
    assert all(bound <= arena for arena in _arenas(graph, rules))


@pytest.mark.parametrize("kind", KINDS)
def test_a_graph_has_the_geometry_that_it_was_described_by(kind: str) -> None:
    found, net = geometry_of(_model(kind, 3), BOARD.core), candidate_geometry(kind, 3)
    assert sorted(p.nbytes for p in found.planes) == sorted(p.nbytes for p in net.planes)
    assert found.macs == net.macs
    assert [layer.window and layer.window.row_reach for layer in found.layers if not layer.fold] == [
        layer.window and layer.window.row_reach for layer in net.layers if not layer.fold
    ]


@given(st.sampled_from(KINDS), st.integers(0, 500), st.sampled_from([0.0, 0.05, math.inf]))
@settings(max_examples=60, deadline=None)
def test_what_may_be_done_lowers_the_bound(kind: str, seed: int, recompute: float) -> None:
    net = candidate_geometry(kind, seed)
    whole = lower_bound(net, Rules(stages=StageKind.WHOLE))
    stream = lower_bound(net, Rules(stages=StageKind.STREAM))
    free, fed = lower_bound(net, Rules(recompute=recompute)), Rules(recompute=recompute, input=Edge.ROWS)
    assert lower_bound(net, fed) <= free <= stream <= whole


@given(st.sampled_from(KINDS), st.integers(0, 500), st.sampled_from(STREAMS), st.floats(0.5, 1.5))
@settings(max_examples=60, deadline=None)
def test_a_budget_is_met_where_the_bound_is_within_it(
    kind: str, seed: int, rules: Rules, share: float
) -> None:
    net = candidate_geometry(kind, seed)
    bound = lower_bound(net, rules)
    assert fits(net, int(share * bound), rules) == (bound <= int(share * bound))


@given(st.integers(0, 500), st.sampled_from(STREAMS))
@settings(max_examples=30, deadline=None)
def test_more_moments_never_lower_what_streams_hold(seed: int, rules: Rules) -> None:
    net = candidate_geometry("mcunet", seed).split
    lives, heights = Lives.of(net, rules), [net.planes[layer.output].height for layer in net.layers]
    some = least_peak(Moments(lives, [(0,)] * len(heights)))
    assert some <= least_peak(Moments(lives, [range(height) for height in heights]))
