"""What plannings of one network share is the same for all of them, and changes none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.networks.archs import arch_model, mobilenet_v2
from tinycompile.compiler import Options, prepare
from tinycompile.ir import Graph
from tinycompile.ops import Data
from tinycompile.ops.kernel import Arg
from tinycompile.plan.known_units import KnownUnits
from tinycompile.plan.planner import Planning, plan
from tinycompile.plan.rules import Rules
from tinycompile.plan.tile_plan import NodeCall
from tinycompile.plan.tilings import Tiling
from tinycompile.target import load_board

BOARD = load_board("mps2-an386")


@pytest.fixture(scope="module")
def graph() -> Graph:
    """Inverted residuals with tiles that pay, and a global average."""
    return prepare(arch_model(mobilenet_v2(0.35, 48, 10)), options=Options(name="net")).graph


def _tilings(planning: Planning) -> list[Tiling]:
    choosers = (c for staged in planning.staged for c in staged.search.choosers if c is not None)
    return [tiling for chooser in choosers for tiling in chooser.known]


@pytest.mark.slow
def test_plans_that_share_units_are_those_made_alone(graph: Graph) -> None:
    known, once = KnownUnits(), Rules(9_500, recompute=0.0)
    for rules in (once, replace(once, compact=True), replace(once, recompute=0.1)):
        alone, shared = plan(graph, BOARD, rules), plan(graph, BOARD, rules, known=known)
        assert (shared.arena, shared.proof) == (alone.arena, alone.proof)
        assert [c.symbol for c in shared.calls] == [c.symbol for c in alone.calls]


def test_forms_and_rules_share_their_tiles(graph: Graph) -> None:
    known = KnownUnits()
    first = Planning(graph, BOARD, Rules(recompute=0.0), known=known)
    second = Planning(graph, BOARD, Rules(), known=known)
    assert len(first.staged) == 2, "with a global average as such, and split"
    tiles = {id(t.unit.tiles) for t in _tilings(second)}
    assert tiles and {id(t.unit.tiles) for t in _tilings(first)} <= tiles
    assert len(tiles) < len(_tilings(second))


def test_weights_are_packed_once_for_all_parts_of_a_node(graph: Graph) -> None:
    tiles = [t.unit.tiles for t in _tilings(Planning(graph, BOARD, Rules()))]
    calls = [s for plan_ in tiles if plan_ for s in plan_.steps if isinstance(s, NodeCall)]
    several = [call for call in calls if len(call.variants) > 1]
    assert several
    for call in several:
        first, *others = map(_packed, call.variants)
        assert first and all(other == first for other in others)


def _packed(args: tuple[Arg, ...]) -> list[int]:
    """Identities of the constants that a kernel packed for itself."""
    return [id(arg.array) for arg in args if isinstance(arg, Data)]
