"""The planner: from a quantised graph and a core to a checked Program."""

from __future__ import annotations

from collections.abc import Mapping

from tinycompile.ir import Graph, Node
from tinycompile.plan.assemble import assemble
from tinycompile.plan.program import Program
from tinycompile.plan.schedule import Layout, schedule
from tinycompile.plan.select import Choice, select
from tinycompile.plan.share import share
from tinycompile.plan.stage_layout import streamed_layout
from tinycompile.plan.stages import StagePlanner
from tinycompile.plan.stream import Edges
from tinycompile.plan.validate import validate
from tinycompile.target import Board


def plan(graph: Graph, board: Board, budget: int | None = None) -> Program:
    """The Program of least arena for `graph` on the core of `board`.

    With a `budget` (bytes of arena) that whole tensors do not meet, parts of the network are streamed row
    by row, as few operators as the budget asks for; when no plan meets it, the smallest one is returned.

    Concats are tried with their operands written in place and with copies; the smaller arena wins.

    Raises:
        ModelError: some node has no kernel.
        VerificationError: the validator refutes the plan (a bug, never accepted silently).
    """
    choices = select(graph, board.core)
    best: Program | None = None
    for join in (True, False):
        storage = share(graph, join=join)
        if best is not None and len(storage.calls) == len(best.calls):
            continue
        program = assemble(graph, choices, storage, schedule(graph, choices, storage), board.name)
        if best is None or program.arena < best.arena:
            best = program
    assert best is not None
    if budget is not None and best.arena > budget:
        streamed = _streamed(graph, choices, board, budget)
        if streamed is not None and streamed.arena < best.arena:
            best = streamed
    validate(best)
    return best


def _streamed(graph: Graph, choices: Mapping[Node, Choice], board: Board, budget: int) -> Program | None:
    """The plan of least estimated cycles within `budget`, or the smallest one that was found."""
    storage = share(graph, join=True)
    layout = schedule(graph, choices, storage)
    planner = StagePlanner(graph, choices, storage, layout.order, Edges())
    least = planner.least_limit()
    best: Layout | None = None
    if least is None:
        return None
    for limit in dict.fromkeys((max(budget, least), (max(budget, least) + least) // 2, least)):
        segments = planner.path(limit)
        if segments is None or not any(s.stream for s in segments):
            continue
        found = streamed_layout(planner, segments)
        if best is None or found.arena < best.arena:
            best = found
        if best.arena <= budget:
            break
    return None if best is None else assemble(graph, choices, storage, best, board.name)
