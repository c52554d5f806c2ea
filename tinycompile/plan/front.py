"""The plans of a network that are worth choosing from: less memory for more work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinycompile.plan.describe import cycles_known
from tinycompile.plan.planner import Planning
from tinycompile.plan.program import Program
from tinycompile.plan.stages import UNLIMITED
from tinycompile.plan.validate import validate

#: Points closer to each other than this share of their bytes are shown as one.
_NEAR = 0.005

Cost = tuple[int, float, int]


@dataclass(frozen=True, eq=False)
class Front:
    """Plans from the largest to the smallest, and the one among them that a budget leads to."""

    programs: tuple[Program, ...]
    chosen: Program


def front(
    planning: Planning,
    budget: int = UNLIMITED,
    progress: Callable[[int, int], None] = lambda done, count: None,
) -> Front:
    """Plans none of which is larger and slower and more work than another.

    Each is what the planner makes of its own size as a budget, so that it can be had again. What the planner
    makes of `budget` bytes of arena is among them: the smallest plan when nothing meets it.
    `progress` receives how many of the candidates were tried, and how many there are.

    Raises:
        UsageError: TC405 or TC407.
        VerificationError: the validator refutes a plan.
    """
    sizes = _sizes(planning)
    found: dict[int, Program] = {}
    for done, size in enumerate(sizes):
        progress(done, len(sizes))
        program = planning.best(size)
        if program.arena < size:
            program = _settled(planning, program)
        if program.arena <= size:
            found.setdefault(program.arena, program)
    chosen = planning.best(budget)
    chosen = _settled(planning, chosen) if chosen.arena < budget else chosen
    programs = _worth([planning.best(UNLIMITED), *found.values()], chosen)
    for program in programs:
        validate(program)
    return Front(programs, chosen)


def _settled(planning: Planning, program: Program) -> Program:
    """The plan that its own size as a budget gives; the plan itself where the search finds none."""
    while (again := planning.best(program.arena)).arena < program.arena:
        program = again
    return again if again.arena == program.arena else program


def _sizes(planning: Planning) -> list[int]:
    """Arenas that can be reached, largest first: those of all fronts that no other candidate beats."""
    costs: set[Cost] = set()
    for kernels in (planning, *([planning.lean] if planning.lean is not None else [])):
        work = cycles_known(kernels.whole)
        if not (planning.edges.any or planning.forced):
            costs.add((kernels.whole.arena, work, 0))
        for staged in kernels.staged if planning.stages_allowed else ():
            found = staged.search.front()
            costs |= {(c.layout.arena, work + c.cycles, c.extra_macs) for c in found}
    best = sorted((c for c in costs if not any(_beats(other, c) for other in costs)), reverse=True)
    sizes: list[int] = []
    for size, _, _ in best:
        if not sizes or sizes[-1] - size > _NEAR * size or size == best[-1][0]:
            sizes.append(size)
    return sizes


def _worth(programs: Sequence[Program], wanted: Program) -> tuple[Program, ...]:
    """Those that no other beats, each once, from the largest to the smallest."""
    unique = {_cost(p): p for p in programs}
    unique[_cost(wanted)] = wanted
    kept = [p for c, p in unique.items() if p is wanted or not any(_beats(other, c) for other in unique)]
    return tuple(sorted(kept, key=lambda p: (-p.arena, cycles_known(p))))


def _cost(program: Program) -> Cost:
    return program.arena, cycles_known(program), program.recomputed_macs


def _beats(one: Cost, other: Cost) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
