"""Neighbouring streams become one only where that costs nothing and fills no moment further."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.networks.archs import arch_model, mobilenet_v2
from tinycompile.compiler import Options, compile
from tinycompile.plan.path import Path, PathPart
from tinycompile.plan.planner import Planning
from tinycompile.plan.rules import Edge, Rules, StageKind
from tinycompile.plan.stages import StagePlanner
from tinycompile.plan.stream_merge import merged
from tinycompile.target import load_board


@pytest.fixture(scope="module")
def planner() -> StagePlanner:
    """Of a small MobileNetV2 whose image arrives row by row."""
    model = arch_model(mobilenet_v2(0.35, 64, classes=10))
    graph = compile(model, "mps2-an386", options=Options(name="net"), check=False).graph
    rules = Rules(stages=StageKind.STREAM, input=Edge.ROWS)
    return Planning(graph, load_board("mps2-an386"), rules).staged[0].search.planner


def _cycles(planner: StagePlanner, path: Path) -> float:
    streams = [part for part in path.parts if part.tilings is not None]
    options = [o for s in streams for o in planner.options[s.end] if o.first == s.first]
    assert len(options) == len(streams)
    return sum(option.cycles for option in options)


def test_merging_changes_neither_cycles_nor_the_fullest_moment(planner: StagePlanner) -> None:
    least = planner.least()
    assert least is not None
    shorter = 0
    for limit in range(least, 3 * least, least // 4):
        path = planner.path(limit)
        assert path is not None
        found = merged(planner, path)
        assert [(a.end, b.first) for a, b in pairwise(found.parts) if a.end != b.first] == []
        assert (found.parts[0].first, found.parts[-1].end) == (0, len(planner.order))
        assert _cycles(planner, found) == pytest.approx(_cycles(planner, path))
        exact = max(planner.segment(part).peak for part in path.parts)
        assert max(planner.segment(part).peak for part in found.parts) <= exact
        shorter += len(found.parts) < len(path.parts)
    # Cut in two where that is free, a stream is found whole again.
    for part in (p for p in path.parts if p.tilings is not None):
        for cut in range(part.first + 1, part.end):
            halves = [PathPart(part.first, cut, 0, ()), PathPart(cut, part.end, 0, ())]
            if all(any(o.first == h.first for o in planner.options.get(h.end, ())) for h in halves):
                whole = merged(planner, Path(tuple(halves), 0.0)).parts
                shorter += [(w.first, w.end) for w in whole] == [(part.first, part.end)]
    assert shorter
