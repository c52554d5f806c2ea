"""A finished layout with what it costs, and which of two is the better one."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.plan.path import Path, Segment
from tinycompile.plan.schedule import Layout
from tinycompile.plan.spread import POINTER_BYTES

#: Estimated cycles for a byte that is touched one memory further down the list: one for a word.
_SLOW_CYCLES = 0.25


@dataclass(frozen=True, eq=False)
class Candidate:
    """A finished layout, its estimated cycles on top of the whole-tensor kernels, and what is recomputed.

    `path`: what it was made of; None for whole tensors. `segments`: the same in full.
    """

    layout: Layout
    cycles: float
    extra_macs: int
    path: Path | None = None
    segments: tuple[Segment, ...] = ()

    def over(self, budget: int) -> int:
        """Bytes above the budget, or by which memories are too small; 0 when all is met."""
        spread = self.layout.spread
        if spread is None:
            return max(0, self.layout.arena - budget)
        pointers = POINTER_BYTES * (len(spread.regions) - 1)
        return max(0, self.layout.arena + pointers - budget) + spread.excess

    @property
    def total_cycles(self) -> float:
        """The estimated cycles, with those for bytes that lie in slower memories than the fastest."""
        spread = self.layout.spread
        return self.cycles + (_SLOW_CYCLES * spread.cost if spread is not None else 0.0)

    def better_than(self, other: Candidate | None, budget: int) -> bool:
        """Within the budget the faster one wins, otherwise the smaller one."""
        if other is None:
            return True
        mine, its = self.over(budget), other.over(budget)
        if not mine and not its:
            return (self.total_cycles, self.layout.arena) < (other.total_cycles, other.layout.arena)
        return not mine or (bool(its) and (mine, self.total_cycles) < (its, other.total_cycles))

    def smaller_than(self, other: Candidate) -> bool:
        """Whether it needs less: of memory that is not there, of slow memory, of all memory."""
        return self._need < other._need

    @property
    def _need(self) -> tuple[int, int, int]:
        spread = self.layout.spread
        excess, cost = (spread.excess, spread.cost) if spread is not None else (0, 0)
        return excess, cost, self.layout.arena
