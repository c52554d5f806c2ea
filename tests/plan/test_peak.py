"""What a plan needs, from the geometry alone: never above a plan, and close to it."""

from __future__ import annotations

import pytest

from tinycompile.plan.geometry import Geometry, GeometryBuilder
from tinycompile.plan.peak import lower_bound, peak
from tinycompile.plan.rules import Edge, Rules, StageKind


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


@pytest.mark.parametrize("edge", list(Edge))
def test_the_bound_is_below_the_estimate_and_streams_below_whole_tensors(edge: Edge) -> None:
    net = _mobile()
    stream = Rules(stages=StageKind.STREAM, input=edge)
    whole = lower_bound(net, Rules(stages=StageKind.WHOLE))
    assert 0 < lower_bound(net, stream) <= peak(net, stream) < whole
