"""The planner: from a quantised graph and a core to a checked Program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.ir import Graph, Node
from tinycompile.passes.folds import SplitFolds
from tinycompile.plan.assemble import assemble
from tinycompile.plan.budget import BudgetPlanner, Candidate
from tinycompile.plan.known_units import KnownUnits
from tinycompile.plan.lower_bound import lower_bound
from tinycompile.plan.program import Baseline, Program
from tinycompile.plan.rules import Edge, Rules, StageKind
from tinycompile.plan.schedule import schedule
from tinycompile.plan.select import Choice, select
from tinycompile.plan.share import Storage, share
from tinycompile.plan.spread import Spread, capacity, region
from tinycompile.plan.stages import UNLIMITED, StagePlanner
from tinycompile.plan.stream import Edges
from tinycompile.plan.validate import validate
from tinycompile.target import Board, MemoryRegion

Places = tuple[MemoryRegion, ...]
Found = tuple[Candidate, Program]

TC_ROWS = declare(
    "TC405",
    "Rows cannot arrive or leave here",
    "With `--input rows` or `--output rows`, the application gives or takes an image row by row. The "
    "operators at that end must work row by row: convolutions, pools, elementwise operators.",
)

TC_PATCHES = declare(
    "TC407",
    "There is no such stage of patches",
    "The first calls, as many as --split says, cannot be computed in the grid of --patches within the share "
    "of --recompute: some operator works on whole tensors, the result has fewer rows or columns than the "
    "grid, or its patches differ too much. Choose another split or grid, or leave both to the planner.",
)


def plan(
    graph: Graph,
    board: Board,
    rules: Rules | None = None,
    memories: Sequence[MemoryRegion] = (),
    known: KnownUnits | None = None,
) -> Program:
    """The Program of least arena for `graph` on the core of `board`, or what `rules` ask for.

    With a budget that whole tensors do not meet, parts of the network are executed row by row or tile by
    tile: the fastest such plan within the budget; when none meets it, the smallest one is returned. Rows that
    arrive or leave one at a time make streams of what reads or makes them.

    An arena that the first of the `memories` can hold lies there. Any other is spread over them, with what is
    used most in the first ones; where they cannot hold it, one of them is overfilled. Without `memories` the
    arena lies in the default RAM of the board. `known` keeps for the next plan of the network, for the same
    core, what the two have in common.

    Kernels are the fastest ones, or compact ones where the rules say so or the budget is not met otherwise.

    Raises:
        ModelError: some node has no kernel.
        UsageError: TC405, an input or output cannot come or go in rows; TC407, there is no such patch stage.
        VerificationError: the validator refutes the plan (a bug, never accepted silently).
    """
    rules = rules or Rules()
    places = tuple(memories) or (board.ram,)
    budget = UNLIMITED if rules.budget is None else rules.budget
    planning = Planning(graph, board, rules, known=known)
    program = planning.best(budget)
    if len(places) == 1 or program.arena <= capacity(board, places[0], 1):
        program = replace(program, regions=(region(places[0], 0, program.arena),))
    else:
        program = Planning(graph, board, rules, places, planning.known).best(budget)
    if program.stages:
        program = replace(program, baseline=_baseline(planning.whole[1]))
    validate(program)
    return program


def _baseline(program: Program) -> Baseline:
    labels = tuple(call.label for call in program.calls)
    return Baseline(program.arena, program.blocks, labels, program.loads)


@dataclass(frozen=True, eq=False)
class Staged:
    """One form of the graph in one order, and the search for its stages."""

    graph: Graph
    choices: Mapping[Node, Choice]
    storage: Storage
    search: BudgetPlanner


class Planning:
    """Plans of one graph by the same rules but for the budget; what they have in common is computed once."""

    def __init__(
        self, graph: Graph, board: Board, rules: Rules, places: Places = (), known: KnownUnits | None = None
    ) -> None:
        """Without `places`, the arena is one piece, in the default RAM.

        `known`: what other plannings of the same network for the same core have found.
        """
        self.graph, self.board, self.rules, self.places = graph, board, rules, places
        self.known = known or KnownUnits()
        self.edges = edges_of(graph, rules)
        self._programs: dict[Candidate, Program] = {}

    @property
    def stages_allowed(self) -> bool:
        """Whether anything but whole tensors may be planned."""
        return self.rules.stages is not StageKind.WHOLE

    @property
    def forced(self) -> bool:
        """Whether one certain stage of patches is asked for, whatever the budget."""
        return self.rules.grid is not None or self.rules.split is not None

    @cached_property
    def whole(self) -> Found:
        """Whole tensors only, edges too."""
        return _whole(self.graph, self.board, self.rules, self.places)

    @cached_property
    def staged(self) -> tuple[Staged, ...]:
        """The graph with its global averages as such and split."""
        split = SplitFolds().run(self.graph)
        found = []
        for variant in (self.graph,) if split is self.graph else (self.graph, split):
            choices = select(variant, self.board.core, self.rules.compact, self.rules.slack)
            storage = share(variant, join=True)
            layout = schedule(variant, choices, storage)
            planner = StagePlanner(variant, choices, storage, layout.order, self.edges, self.known)
            spread = None
            if self.places:
                spread = Spread.of(variant, choices, storage, self.places, self.board, self.rules.budget)
            search = BudgetPlanner(planner, self.rules, macs_of(variant), spread)
            found.append(Staged(variant, choices, storage, search))
        return tuple(found)

    @cached_property
    def bound(self) -> int:
        """Bytes that no plan by these rules can go below."""
        return lower_bound(self.graph, self.board.core, self.rules)

    @cached_property
    def compact(self) -> Planning | None:
        """The same with compact kernels; None where these are compact."""
        if self.rules.compact:
            return None
        compact = replace(self.rules, compact=True)
        return Planning(self.graph, self.board, compact, self.places, self.known)

    def best(self, budget: int) -> Program:
        """The fastest plan within `budget` bytes of arena, or the smallest; compact kernels if need be.

        Raises:
            UsageError: TC405 or TC407.
        """
        program = self._best(budget)
        if program.arena > budget and self.compact is not None:
            smaller = self.compact.best(budget)
            program = smaller if smaller.arena < program.arena else program
        return program

    def _best(self, budget: int) -> Program:
        found = None if self.edges.any or self.forced else self.whole
        # Within a budget, a stage may pay although whole tensors meet it: it may fit into a faster memory.
        weighed = bool(self.places) and self.rules.budget is not None
        if found is None or ((found[0].over(budget) or weighed) and self.stages_allowed):
            staged = self._best_staged(budget)
            if staged is not None and staged[0].better_than(found[0] if found else None, budget):
                found = staged
        if found is None:
            raise _no_patches(self.graph, self.rules) if self.forced else _no_rows(self.graph, self.edges)
        if self.places:
            return found[1]
        return replace(found[1], regions=(region(self.board.ram, 0, found[1].arena),))

    def _best_staged(self, budget: int) -> Found | None:
        best: tuple[Candidate, Staged] | None = None
        for staged in self.staged:
            found = staged.search.best(budget)
            if found is not None and found.better_than(best[0] if best else None, budget):
                best = found, staged
        return None if best is None else (best[0], self._assembled(*best))

    def _assembled(self, found: Candidate, staged: Staged) -> Program:
        if found not in self._programs:
            self._programs[found] = self._assemble(found, staged)
        return self._programs[found]

    def _assemble(self, found: Candidate, staged: Staged) -> Program:
        program = assemble(staged.graph, staged.choices, staged.storage, found.layout, self.board.name)
        bound = max(program.proof.order_bound, self.bound)
        proof = replace(program.proof, order_bound=bound, order_exact=bound == program.proof.max_load)
        return replace(program, proof=proof)


def _whole(graph: Graph, board: Board, rules: Rules, places: Places) -> Found:
    """Whole tensors only. Concats are tried with their operands written in place and with copies."""
    choices = select(graph, board.core, rules.compact, rules.slack)
    best: Found | None = None
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


def macs_of(graph: Graph) -> int:
    """Multiply-accumulates of a graph."""
    return sum(node.op.macs(graph.in_types(node), graph.out_types(node)) for node in graph.nodes)


def edges_of(graph: Graph, rules: Rules) -> Edges:
    """The input and the output that come and go in rows or patches."""
    fed = frozenset(graph.inputs[:1]) if rules.input is not Edge.RAM else frozenset()
    leaving = graph.outputs[0] if rules.output is Edge.ROWS else None
    perms = {}
    if rules.input_perm is not None:
        perms[graph.inputs[0]] = rules.input_perm
    if rules.output_perm is not None:
        perms[graph.outputs[0]] = rules.output_perm
    return Edges(fed, leaving, perms, patched=rules.input is Edge.PATCHES)


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


def _no_patches(graph: Graph, rules: Rules) -> UsageError:
    """No patch stage has the grid and the split that are asked for."""
    grid = "any grid" if rules.grid is None else f"{rules.grid[0]} x {rules.grid[1]} patches"
    calls = "any first calls" if rules.split is None else f"the first {rules.split} calls"
    message = f"{calls} of {graph.name} cannot be computed in {grid}"
    return UsageError(Diagnostic(TC_PATCHES, message, (), "choose another --split or --patches"))
