"""The planner: from a quantised graph and a core to a checked Program."""

from __future__ import annotations

from tinycompile.ir import Graph
from tinycompile.plan.assemble import assemble
from tinycompile.plan.program import Program
from tinycompile.plan.schedule import schedule
from tinycompile.plan.select import select
from tinycompile.plan.share import share
from tinycompile.plan.validate import validate
from tinycompile.target import Board


def plan(graph: Graph, board: Board) -> Program:
    """The Program of least arena for `graph` on the core of `board`.

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
    validate(best)
    return best
