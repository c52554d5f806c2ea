"""The map of random streamed networks: live bytes are the Program's, and no byte is drawn twice."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.networks.net import Net
from tests.report.agree import assert_agreement
from tests.report.plans import BOARD
from tinycompile.compiler import Options, compile
from tinycompile.errors import DoesNotFitError
from tinycompile.report.memory_map import baseline_map, memory_map


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_random_chains(data: st.DataObject) -> None:
    n = Net("chain", 17)
    x = n.input(1, data.draw(st.sampled_from([1, 3])), data.draw(st.integers(9, 18)), 12)
    for _ in range(data.draw(st.integers(2, 5))):
        channels = data.draw(st.sampled_from([2, 6, 9]))
        kernel = data.draw(st.sampled_from([1, 3, 5]))
        x = n.relu(n.conv(x, channels, kernel, stride=data.draw(st.integers(1, 2))))
        if data.draw(st.booleans()):
            x = n.add(x, n.conv(n.conv(x, 6, 3), channels, 1))
    model = n.model(x)
    whole = compile(model, BOARD, options=Options(name="net")).program
    assert_agreement(whole)
    budget = int(whole.arena * data.draw(st.floats(0.4, 1.0)))
    try:
        streamed = compile(model, BOARD, options=Options(name="net", ram=budget, recompute=0.0)).program
    except DoesNotFitError:
        return
    assert_agreement(streamed)
    before = baseline_map(streamed)
    assert before is None or before.rects == memory_map(whole).rects
