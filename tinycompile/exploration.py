"""The plans of a model to choose from: less RAM for more work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinycompile.compiler import Options, prepare
from tinycompile.fit import memory_use
from tinycompile.frontends import Source
from tinycompile.plan.describe import cycles_known, plan_object, unestimated
from tinycompile.plan.edges import at_edges
from tinycompile.plan.front import front
from tinycompile.plan.planner import Planning
from tinycompile.plan.program import Program
from tinycompile.plan.stages import UNLIMITED
from tinycompile.target import Board, load_board


@dataclass(frozen=True, eq=False)
class Point:
    """A plan of the front.

    Attributes:
        fits: whether its RAM and the stack are no more than the board's RAM.
        chosen: whether a compilation with the budget would take it.
    """

    program: Program
    fits: bool
    chosen: bool

    @property
    def ram(self) -> int:
        """Bytes of arena and context, as `--ram` counts them."""
        return memory_use(self.program).total

    def object(self, base: float) -> dict[str, Any]:
        """Name, bytes, work and plan, for JSON; extra cycles are those beyond `base`."""
        plan = plan_object(self.program)
        return {
            "name": plan["name"],
            "ram": self.ram,
            "extra_macs": plan["extra_macs"],
            "extra_percent": plan["extra_percent"],
            "cycles": plan["cycles"],
            "extra_cycles": round(max(0.0, cycles_known(self.program) - base)),
            "plan": plan["text"],
            "fits": self.fits,
            "chosen": self.chosen,
        }


@dataclass(frozen=True, eq=False)
class Exploration:
    """The front of one model on one board.

    Attributes:
        budget: bytes of arena and context that the chosen point was asked to meet; None for no limit.
        lower_bound: bytes of arena and context that no plan with these options can go below.
        base_cycles: those of whole tensors with the fastest kernels, as far as kernels have estimates.
    """

    model: str
    board: Board
    options: Options
    budget: int | None
    lower_bound: int
    base_cycles: float
    points: tuple[Point, ...]

    @property
    def met(self) -> bool:
        """Whether the chosen point is within the budget."""
        return self.budget is None or any(p.chosen and p.ram <= self.budget for p in self.points)

    @property
    def unestimated(self) -> tuple[str, ...]:
        """Kernels without an estimate of cycles, in any point."""
        return tuple(sorted({name for p in self.points for name in unestimated(p.program)}))

    def object(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "model": self.model,
            "board": self.board.name,
            "budget": self.budget,
            "lower_bound": self.lower_bound,
            "macs": min(p.program.macs - p.program.recomputed_macs for p in self.points),
            "input": self.options.input.value,
            "output": self.options.output.value,
            "stages": self.options.stages.value,
            "unestimated": list(self.unestimated),
            "points": [p.object(self.base_cycles) for p in self.points],
        }


def explore(
    model: Source,
    board: str | Board = "host",
    *,
    calibration: Mapping[str, np.ndarray] | None = None,
    options: Options | None = None,
    progress: Callable[[str], None] = lambda stage: None,
    count: Callable[[int, int], None] = lambda done, total: None,
) -> Exploration:
    """All plans of a model that are worth choosing from.

    Args:
        model, board, calibration, options: as for `compile`; `options.ram` says which point is marked as
            chosen, and without it the board's RAM less the stack does.
        progress: called with the name of each stage as it starts.
        count: called with the number of candidates that were tried, and of all.

    Raises:
        ModelError, UsageError, TargetError: each with coded diagnostics.
    """
    options = options or Options()
    target = board if isinstance(board, Board) else load_board(board)
    room = target.ram_bytes - target.stack_bytes
    budget = options.ram if options.ram is not None else None if target.core.is_host else room
    asked = replace(options.rules, budget=None)
    graph = prepare(model, calibration=calibration, options=options, progress=progress).graph
    graph, rules = at_edges(graph, asked)
    progress("plan")
    planning, context = Planning(graph, target, rules), options.context_bytes
    found = front(planning, UNLIMITED if budget is None else budget - context, count)
    points = tuple(
        Point(program, target.core.is_host or memory_use(program).total <= room, program is found.chosen)
        for program in found.programs
    )
    least = cycles_known(planning.whole)
    return Exploration(graph.name, target, options, budget, planning.bound + context, least, points)


def plans_within(
    model: Source, board: Board, sizes: Sequence[int], *, options: Options | None = None
) -> Iterator[Point]:
    """The plans that budgets lead to, without their neighbours: what a search asks of every candidate.

    Each is what `compile` makes with the same options and `--ram` set to the size, so it may be larger. They
    are made as they are asked for, and share what they have in common.

    Args:
        sizes: bytes of arena and context.

    Raises:
        ModelError, UsageError: each with coded diagnostics.
    """
    options = options or Options()
    room = board.ram_bytes - board.stack_bytes
    graph = prepare(model, options=options).graph
    graph, rules = at_edges(graph, replace(options.rules, budget=None))
    planning = Planning(graph, board, rules)
    for size in sizes:
        program = planning.best(size - options.context_bytes)
        yield Point(program, board.core.is_host or memory_use(program).total <= room, False)
