"""Both forms of a graph, with global averages as such and split, are weighed with all that they cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.networks.archs import arch_model, mobilenet_v2
from tinycompile.compiler import Options, compile
from tinycompile.plan.describe import cycles_known
from tinycompile.plan.planner import Planning
from tinycompile.plan.rules import Rules, StageKind
from tinycompile.target import load_board

_BUDGET = 16_000


@pytest.fixture
def planning() -> Planning:
    """Of a small MobileNetV2, which has an average to split."""
    model = arch_model(mobilenet_v2(0.35, 64, classes=10))
    graph = compile(model, "mps2-an386", options=Options(name="net"), check=False).graph
    rules = Rules(budget=_BUDGET, stages=StageKind.STREAM)
    return Planning(graph, load_board("mps2-an386"), rules)


def test_cycles_of_a_form_are_those_of_its_kernels_on_whole_tensors(planning: Planning) -> None:
    assert planning.staged[0].cycles == pytest.approx(cycles_known(planning.whole))


@pytest.mark.parametrize("dear", [0, 1])
def test_the_form_of_dearer_kernels_is_left(planning: Planning, dear: int) -> None:
    forms = planning.staged
    assert len(forms) == 2
    costs = [staged.cycles + 1e9 * (index == dear) for index, staged in enumerate(forms)]
    planning.__dict__["staged"] = tuple(replace(s, cycles=c) for s, c in zip(forms, costs, strict=True))
    best = planning._best_staged(_BUDGET, thorough=False)
    assert best is not None
    assert not best[0].over(_BUDGET)
    assert best[1].graph is forms[1 - dear].graph
