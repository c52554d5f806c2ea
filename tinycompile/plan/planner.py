"""The planner: from a quantised graph and a core to a checked Program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.ir import Graph, Node
from tinycompile.passes.folds import SplitFolds
from tinycompile.plan.assemble import assemble
from tinycompile.plan.budget import BudgetPlanner
from tinycompile.plan.candidate import Candidate
from tinycompile.plan.describe import cycles_known
from tinycompile.plan.known_units import KnownUnits
from tinycompile.plan.lower_bound import lower_bound
from tinycompile.plan.program import Baseline, Program
from tinycompile.plan.quicken import quickened, whole_usage
from tinycompile.plan.rules import Edge, Rules, StageKind
from tinycompile.plan.schedule import schedule
from tinycompile.plan.select import Choice, select
from tinycompile.plan.share import Storage, share
from tinycompile.plan.spread import Spread, capacity, region
from tinycompile.plan.stage_layout import usage as streamed_usage
from tinycompile.plan.stages import UNLIMITED, StagePlanner
from tinycompile.plan.stream import Edges
from tinycompile.plan.validate import validate
from tinycompile.target import Board, MemoryRegion

Places = tuple[MemoryRegion, ...]
#: Cycles over those of whole tensors with the fastest kernels, above which a plan is not taken unseen.
_DEAR = 1.01

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

    Kernels are the fastest ones, or compact ones where the rules say so. Where the budget is not met
    otherwise, those at the peak are the ones of the least scratch.

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
        program = replace(program, baseline=_baseline(planning.whole))
    validate(program)
    return program


def _baseline(program: Program) -> Baseline:
    labels = tuple(call.label for call in program.calls)
    return Baseline(program.arena, program.blocks, labels, program.loads)


@dataclass(frozen=True, eq=False)
class Staged:
    """One form of the graph in one order, and the search for its stages.

    `cycles`: estimated ones of its kernels on whole tensors, which those of a candidate come on top of.
    """

    graph: Graph
    choices: Mapping[Node, Choice]
    storage: Storage
    search: BudgetPlanner
    cycles: float


@dataclass(frozen=True, eq=False)
class Whole:
    """The graph in whole tensors."""

    graph: Graph
    choices: Mapping[Node, Choice]
    storage: Storage
    candidate: Candidate


class Planning:
    """Plans of one graph by the same rules but for the budget; what they have in common is computed once."""

    def __init__(
        self,
        graph: Graph,
        board: Board,
        rules: Rules,
        places: Places = (),
        known: KnownUnits | None = None,
        fast: Planning | None = None,
    ) -> None:
        """Without `places`, the arena is one piece, in the default RAM.

        Args:
            known: what other plannings of the same network for the same core have found.
            fast: the same with the fastest kernels; None for those themselves.
        """
        self.graph, self.board, self.rules, self.places = graph, board, rules, places
        self.known, self.fast = known or KnownUnits(), fast or self
        self.edges = edges_of(graph, rules)
        self._programs: dict[tuple[Candidate, int], Program] = {}

    @property
    def stages_allowed(self) -> bool:
        """Whether anything but whole tensors may be planned."""
        return self.rules.stages is not StageKind.WHOLE

    @property
    def forced(self) -> bool:
        """Whether one certain stage of patches is asked for, whatever the budget."""
        return self.rules.grid is not None or self.rules.split is not None

    @cached_property
    def _whole(self) -> Whole:
        return _whole(self.graph, self.board, self.rules, self.places)

    @cached_property
    def whole(self) -> Program:
        """Whole tensors only, edges too."""
        made = self._whole
        return assemble(made.graph, made.choices, made.storage, made.candidate.layout, self.board.name)

    @cached_property
    def staged(self) -> tuple[Staged, ...]:
        """The graph with its global averages as such and split."""
        split = SplitFolds().run(self.graph)
        found = []
        for variant in (self.graph,) if split is self.graph else (self.graph, split):
            choices = _selected(variant, self.board, self.rules)
            storage = share(variant, join=True)
            layout = schedule(variant, choices, storage)
            planner = StagePlanner(variant, choices, storage, layout.order, self.edges, self.known)
            spread = None
            if self.places:
                spread = Spread.of(variant, choices, storage, self.places, self.board, self.rules.budget)
            search = BudgetPlanner(planner, self.rules, macs_of(variant), spread)
            cycles = sum(choices[node].cycles(node in layout.shared) for node in layout.order)
            found.append(Staged(variant, choices, storage, search, cycles))
        return tuple(found)

    @cached_property
    def bound(self) -> int:
        """Bytes that no plan by these rules can go below, with the fastest kernels or lean ones."""
        if self.fast is not self:
            return self.fast.bound
        return lower_bound(self.graph, self.board.core, self.rules)

    @cached_property
    def lean(self) -> Planning | None:
        """The same with kernels of the least scratch; None where these are."""
        if self.rules.lean:
            return None
        lean = replace(self.rules, lean=True)
        return Planning(self.graph, self.board, lean, self.places, self.known, self)

    def best(self, budget: int) -> Program:
        """The fastest plan within `budget` bytes of arena, or the smallest.

        Where the fastest kernels miss the budget, or meet it at a price, lean ones are tried too.

        Raises:
            UsageError: TC405 or TC407.
        """
        if self.lean is None:
            return self._best(budget, thorough=True)
        if self._hopeless(budget):
            return self.lean.best(budget)
        program = self._best(budget, thorough=False)
        if program.arena > budget or self._dear(program):
            other = self.lean._best(budget, thorough=program.arena > budget)
            if _rank(other, budget) < _rank(program, budget):
                return other
        return program

    def _hopeless(self, budget: int) -> bool:
        """Whether it is known without packing that no plan with these kernels is within `budget` bytes.

        Kernels of less scratch then give the smallest plan, too.
        """
        whole = self.edges.any or self.forced or bool(self._whole.candidate.over(budget))
        if not whole or self.forced or self.places or not self.stages_allowed:
            return False
        return bool(self.staged) and all(staged.search.hopeless(budget) for staged in self.staged)

    def _dear(self, program: Program) -> bool:
        """Whether a plan is so much slower than whole tensors that others are worth a look."""
        return cycles_known(program) > _DEAR * cycles_known(self.whole)

    def _best(self, budget: int, thorough: bool) -> Program:
        found = None if self.edges.any or self.forced else self._whole.candidate
        made: Staged | Whole = self._whole
        # Within a budget, a stage may pay although whole tensors meet it: it may fit into a faster memory.
        weighed = bool(self.places) and self.rules.budget is not None
        if found is None or ((found.over(budget) or weighed) and self.stages_allowed):
            staged = self._best_staged(budget, thorough)
            if staged is not None and staged[0].better_than(found, budget):
                found, made = staged
        if found is None:
            raise _no_patches(self.graph, self.rules) if self.forced else _no_rows(self.graph, self.edges)
        program = self._assembled(found, made, budget)
        if self.places:
            return program
        return replace(program, regions=(region(self.board.ram, 0, program.arena),))

    def _best_staged(self, budget: int, thorough: bool) -> tuple[Candidate, Staged] | None:
        best: tuple[Candidate, Candidate, Staged] | None = None
        for staged in self.staged:
            found = staged.search.best(budget, thorough)
            if found is None:
                continue
            in_all = replace(found, cycles=found.cycles + staged.cycles)
            if in_all.better_than(best[0] if best else None, budget):
                best = in_all, found, staged
        return None if best is None else best[1:]

    def _assembled(self, found: Candidate, made: Staged | Whole, budget: int) -> Program:
        key = found, budget
        if key not in self._programs:
            wider = made.search.wider(found, budget) if isinstance(made, Staged) else found
            # Rows made at once and scratch of fast kernels want the same bytes.
            forms = dict.fromkeys((found, wider) if self.rules.lean else (wider,))
            programs = [self._assemble(form, made, budget) for form in forms]
            self._programs[key] = min(programs, key=lambda program: _rank(program, budget))
        return self._programs[key]

    def _assemble(self, found: Candidate, made: Staged | Whole, budget: int) -> Program:
        choices, layout = made.choices, found.layout
        if self.rules.lean and layout.spread is None:
            usage = whole_usage(layout)
            if isinstance(made, Staged):
                usage = streamed_usage(made.search.planner, found.segments, layout)
            choices, layout = quickened(made.graph, choices, layout, usage, min(budget, 2 * layout.arena))
        program = assemble(made.graph, choices, made.storage, layout, self.board.name)
        if isinstance(made, Whole):
            return program
        bound = max(program.proof.order_bound, self.bound)
        proof = replace(program.proof, order_bound=bound, order_exact=bound == program.proof.max_load)
        return replace(program, proof=proof)


def _rank(program: Program, budget: int) -> tuple[int, float, int]:
    """Bytes above the budget, then cycles, then bytes."""
    return max(0, program.arena - budget), cycles_known(program), program.arena


def _selected(graph: Graph, board: Board, rules: Rules) -> Mapping[Node, Choice]:
    return select(graph, board.core, rules.compact, rules.slack, rules.lean)


def _whole(graph: Graph, board: Board, rules: Rules, places: Places) -> Whole:
    """Whole tensors only. Concats are tried with their operands written in place and with copies."""
    choices = _selected(graph, board, rules)
    best: Whole | None = None
    for join in (True, False):
        storage = share(graph, join=join)
        if best is not None and len(storage.calls) == len(best.candidate.layout.order):
            continue
        spread = Spread.of(graph, choices, storage, places, board, rules.budget) if places else None
        found = Candidate(schedule(graph, choices, storage, spread), 0.0, 0)
        if best is None or found.smaller_than(best.candidate):
            best = Whole(graph, choices, storage, found)
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
    calls = "whatever their number" if rules.split is None else f"{rules.split} of them"
    grid = "any grid of patches" if rules.grid is None else f"{rules.grid[0]} x {rules.grid[1]} patches"
    message = f"the first calls of {graph.name}, {calls}, cannot be computed in {grid}"
    return UsageError(Diagnostic(TC_PATCHES, message, (), "choose another --split or --patches"))
