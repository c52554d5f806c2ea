"""Tight budgets: lean kernels only where the plan is full, faster ones wherever their scratch has room."""

from __future__ import annotations

import numpy as np
import pytest

from tests.plan.test_fewer import _cost, _network, _row_cost
from tinycompile.ir import Graph, Node
from tinycompile.plan.describe import cycles_known
from tinycompile.plan.planner import plan
from tinycompile.plan.program import Program
from tinycompile.plan.room import Room, Usage
from tinycompile.plan.rules import Edge, Rules
from tinycompile.plan.select import select
from tinycompile.plan.validate import validate
from tinycompile.sim.machine import Machine
from tinycompile.sim.reference import evaluate
from tinycompile.target import load_board

_BOARD = load_board("mps2-an386")


def _smallest(graph: Graph, rules: Rules) -> Program:
    """The smallest plan, with lean kernels alone."""
    return plan(graph, _BOARD, Rules(budget=1, input=rules.input, slack=rules.slack, recompute=0.0))


@pytest.mark.parametrize("slack", [0.0, 0.05])
@pytest.mark.parametrize("edge", [Edge.RAM, Edge.ROWS])
@pytest.mark.parametrize("kernel", [3, 5, 7])
def test_a_tight_budget_costs_little_time(kernel: int, edge: Edge, slack: float) -> None:
    """Near the smallest arena kernels take at most a fifth more than the fastest ones."""
    graph = _network(kernel, (1, 2))
    rules = Rules(input=edge, slack=slack, recompute=0.0)
    least = round(1.05 * _smallest(graph, rules).arena)
    fastest = sum(max(_cost(c), _row_cost(c)) for c in select(graph, _BOARD.core, slack=slack).values())
    tight = Rules(budget=least, input=edge, slack=slack, recompute=0.0)
    program = plan(graph, _BOARD, tight)
    validate(program)
    assert program.arena <= least
    assert sum(call.cycles or 0.0 for call in program.calls) <= 1.2 * fastest


@pytest.mark.parametrize("edge", [Edge.RAM, Edge.ROWS])
def test_more_memory_is_never_slower(edge: Edge) -> None:
    graph = _network(5, (1, 2))
    least = _smallest(graph, Rules(input=edge)).arena
    costs = []
    for budget in (least, least + 64, least + 256, least + 1024):
        program = plan(graph, _BOARD, Rules(budget=budget, input=edge, recompute=0.0))
        validate(program)
        assert program.arena <= budget
        costs.append(cycles_known(program))
    assert costs == sorted(costs, reverse=True)


@pytest.mark.parametrize("kernel", [3, 5, 7])
def test_the_bytes_stay_the_same(kernel: int) -> None:
    graph = _network(kernel, (1, 2))
    program = _smallest(graph, Rules(input=Edge.ROWS))
    rng = np.random.default_rng(kernel)
    (name,) = graph.inputs
    inputs = {name: rng.integers(-128, 128, graph.type(name).shape, dtype=np.int8)}
    outputs = Machine(program).run(inputs).outputs
    for key, wanted in evaluate(graph, inputs).items():
        np.testing.assert_array_equal(outputs[key], wanted)


def test_lean_kernels_need_no_more_scratch() -> None:
    graph = _network(5, (1, 1))
    for slack in (0.0, 0.05, 0.25):
        fast = select(graph, _BOARD.core, slack=slack)
        lean = select(graph, _BOARD.core, slack=slack, lean=True)
        for node, choice in lean.items():
            assert choice.scratch <= fast[node].scratch
            assert fast[node].plain in choice.others


def test_gaps_are_what_nothing_uses_at_any_time() -> None:
    graph = _network()
    one, two = graph.nodes[:2]
    items = [(0, [(0, 2, 0, 10), (2, 4, 4, 10)]), (40, [(1, 3, 0, 8)]), (64, [(3, 4, 0, 8)])]
    times: dict[Node, np.ndarray] = {one: np.array([0, 1]), two: np.array([3])}
    room = Room(Usage(items, times, 4), 80)
    assert room.gaps(one) == [(16, 24), (48, 32)]
    assert room.gaps(two) == [(0, 4), (16, 48), (72, 8)]
    assert room.load({one: 5}).tolist() == [15, 23, 14, 14]
