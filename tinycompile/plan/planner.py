"""The planner: from a quantised graph and a core to a checked Program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.ir import Graph
from tinycompile.passes.folds import SplitFolds
from tinycompile.plan.assemble import assemble
from tinycompile.plan.budget import BudgetPlanner, Candidate
from tinycompile.plan.program import Baseline, Program
from tinycompile.plan.rules import Edge, Rules, StageKind
from tinycompile.plan.schedule import schedule
from tinycompile.plan.select import select
from tinycompile.plan.share import share
from tinycompile.plan.spread import Spread, capacity, region
from tinycompile.plan.stages import UNLIMITED, StagePlanner
from tinycompile.plan.stream import Edges
from tinycompile.plan.validate import validate
from tinycompile.target import Board, MemoryRegion

Places = tuple[MemoryRegion, ...]
_Found = tuple[Candidate, Program]

TC_ROWS = declare(
    "TC405",
    "Rows cannot arrive or leave here",
    "With `--input rows` or `--output rows`, the application gives or takes an image row by row. The "
    "operators at that end must work row by row: convolutions, pools, elementwise operators.",
)


def plan(
    graph: Graph, board: Board, rules: Rules | None = None, memories: Sequence[MemoryRegion] = ()
) -> Program:
    """The Program of least arena for `graph` on the core of `board`, or what `rules` ask for.

    With a budget that whole tensors do not meet, parts of the network are executed row by row or tile by
    tile: the fastest such plan within the budget; when none meets it, the smallest one is returned. Rows that
    arrive or leave one at a time make streams of what reads or makes them.

    An arena that the first of the `memories` can hold lies there. Any other is spread over them, with what is
    used most in the first ones; where they cannot hold it, one of them is overfilled. Without `memories` the
    arena lies in the default RAM of the board.

    Kernels are the fastest ones, or compact ones where the rules say so or the budget is not met otherwise.

    Raises:
        ModelError: some node has no kernel.
        UsageError: an input or output cannot come or go in rows.
        VerificationError: the validator refutes the plan (a bug, never accepted silently).
    """
    rules = rules or Rules()
    program = _plan(graph, board, rules, memories)
    if rules.budget is not None and program.arena > rules.budget and not rules.compact:
        smaller = _plan(graph, board, replace(rules, compact=True), memories)
        program = smaller if smaller.arena < program.arena else program
    validate(program)
    return program


def _plan(graph: Graph, board: Board, rules: Rules, memories: Sequence[MemoryRegion]) -> Program:
    """The plan of fast or of compact kernels, not yet checked."""
    places = tuple(memories) or (board.ram,)
    whole = _whole(graph, board, rules, ())
    program = _best(graph, board, rules, (), whole)
    if len(places) == 1 or program.arena <= capacity(board, places[0], 1):
        program = replace(program, regions=(region(places[0], 0, program.arena),))
    else:
        program = _best(graph, board, rules, places, _whole(graph, board, rules, places))
    if program.stages:
        program = replace(program, baseline=_baseline(whole[1]))
    return program


def _baseline(program: Program) -> Baseline:
    labels = tuple(call.label for call in program.calls)
    return Baseline(program.arena, program.blocks, labels, program.loads)


def _best(graph: Graph, board: Board, rules: Rules, places: Places, whole: _Found) -> Program:
    """The plan with its arena in one piece, or in the memories `places`; `whole` is that of whole tensors."""
    edges = edges_of(graph, rules)
    found = None if edges.any else whole
    budget = UNLIMITED if rules.budget is None else rules.budget
    # Within a budget, a stage may pay although whole tensors meet it: it may fit into a faster memory.
    weighed = bool(places) and rules.budget is not None
    if found is None or ((found[0].over(budget) or weighed) and rules.stages is not StageKind.WHOLE):
        staged = _staged(graph, board, rules, edges, budget, places)
        if staged is not None and staged[0].better_than(found[0] if found else None, budget):
            found = staged
    if found is None:
        raise _no_rows(graph, edges)
    return found[1]


def _whole(graph: Graph, board: Board, rules: Rules, places: Places) -> _Found:
    """Whole tensors only. Concats are tried with their operands written in place and with copies."""
    choices = select(graph, board.core, rules.compact)
    best: _Found | None = None
    for join in (True, False):
        storage = share(graph, join=join)
        if best is not None and len(storage.calls) == len(best[1].calls):
            continue
        spread = Spread.of(graph, choices, storage, places, board, rules.budget) if places else None
        found = Candidate(schedule(graph, choices, storage, spread), 0.0, 0)
        if best is None or found.smaller_than(best[0]):
            best = found, assemble(graph, choices, storage, found.layout, board.name)
    assert best is not None
    return best


def _staged(
    graph: Graph, board: Board, rules: Rules, edges: Edges, budget: int, places: Places
) -> _Found | None:
    """The fastest plan with stages within `budget`, or the smallest; global averages as such and split."""
    best: _Found | None = None
    split = SplitFolds().run(graph)
    for variant in (graph,) if split is graph else (graph, split):
        choices = select(variant, board.core, rules.compact)
        storage = share(variant, join=True)
        layout = schedule(variant, choices, storage)
        planner = StagePlanner(variant, choices, storage, layout.order, edges)
        spread = Spread.of(variant, choices, storage, places, board, rules.budget) if places else None
        found = BudgetPlanner(planner, rules, macs_of(variant), spread).best(budget)
        if found is not None and found.better_than(best[0] if best else None, budget):
            best = found, assemble(variant, choices, storage, found.layout, board.name)
    return best


def macs_of(graph: Graph) -> int:
    """Multiply-accumulates of a graph."""
    return sum(node.op.macs(graph.in_types(node), graph.out_types(node)) for node in graph.nodes)


def edges_of(graph: Graph, rules: Rules) -> Edges:
    """The input and the output that come and go in rows."""
    fed = frozenset(graph.inputs[:1]) if rules.input is Edge.ROWS else frozenset()
    leaving = graph.outputs[0] if rules.output is Edge.ROWS else None
    perms = {}
    if rules.input_perm is not None:
        perms[graph.inputs[0]] = rules.input_perm
    if rules.output_perm is not None:
        perms[graph.outputs[0]] = rules.output_perm
    return Edges(fed, leaving, perms)


def _no_rows(graph: Graph, edges: Edges) -> UsageError:
    """No stream can take the rows that arrive, or make those that leave."""
    ends = dict.fromkeys(edges.fed, "arrive") | ({edges.leaving: "leave"} if edges.leaving else {})
    return UsageError(
        Diagnostic(
            TC_ROWS,
            f"the rows of '{name}' {graph.type(name)} cannot {verb} one at a time",
            (name,),
            "an image of batch 1 is needed, with operators that work row by row behind or before it; "
            "leave it in RAM, or reduce the network to its convolutional part",
        )
        for name, verb in ends.items()
    )
