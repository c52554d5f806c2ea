"""The fastest plan within a budget: streams first, then tiles, then recomputation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tinycompile.plan.patches import patch_paths
from tinycompile.plan.rules import Rules, StageKind
from tinycompile.plan.schedule import Layout
from tinycompile.plan.spread import POINTER_BYTES, Spread
from tinycompile.plan.stage_layout import streamed_layout
from tinycompile.plan.stages import Path, StagePlanner
from tinycompile.plan.tiling_choice import TilingChooser
from tinycompile.plan.tilings import tilings

#: How often a packing above the budget is tried again with a lower limit.
_RETRIES = 8
#: Estimated cycles for a byte that is touched one memory further down the list: one for a word.
_SLOW_CYCLES = 0.25


@dataclass(frozen=True, eq=False)
class Candidate:
    """A finished layout, its estimated cycles on top of the whole-tensor kernels, and what is recomputed."""

    layout: Layout
    cycles: float
    extra_macs: int

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


class BudgetPlanner:
    """Finds layouts of one graph in one order by the rules."""

    def __init__(self, planner: StagePlanner, rules: Rules, macs: int, spread: Spread | None = None) -> None:
        self.planner, self.rules, self.spread = planner, rules, spread
        self.most_extra = rules.recompute * macs if macs else 0.0  # infinity times 0 is no number

    @cached_property
    def choosers(self) -> tuple[TilingChooser | None, ...]:
        """Ways to choose tilings: none, those that compute nothing twice, all."""
        if self.rules.stages is not StageKind.AUTO:
            return (None,)
        p = self.planner
        known = tilings(p.graph, p.order, p.units, p.choices)
        free = [t for t in known if t.unit.extra_macs <= 0]
        able = [t for t in known if t.unit.extra_macs <= self.most_extra]
        found = [TilingChooser(free, p.made_at)] if free else []
        if len(able) > len(free):
            found.append(TilingChooser(able, p.made_at))
        return (None, *found)

    def best(self, budget: int) -> Candidate | None:
        """The fastest candidate within `budget` bytes, or the smallest if none is; None if none exists."""
        found: Candidate | None = None
        for candidates in self._rounds(budget):
            for candidate in candidates:
                if candidate.better_than(found, budget):
                    found = candidate
                if self.spread is None and not candidate.over(budget):
                    break
            if found is not None and not found.over(budget):
                break
        return found

    def _rounds(self, budget: int) -> Iterator[Iterator[Candidate]]:
        """Candidates by the way in which tilings are chosen; one round that meets the budget is enough."""
        if self.rules.stages is StageKind.PATCH:
            yield self._patches(budget)
            return
        known: int | None = None
        for chooser in self.choosers:
            known = self._least(chooser, known)
            if known is None:
                return
            yield self._aimed(chooser, known, budget)

    def _aimed(self, chooser: TilingChooser | None, least: int, budget: int) -> Iterator[Candidate]:
        """For the budget; where the arena is spread, for the room in each memory too.

        What a stream touches lies in one memory: one that fits into the fastest may be worth its cycles.
        """
        yield from self._fit(chooser, least, budget, budget)
        if self.spread is not None:
            for room in sorted({min(budget, room) for room in self.spread.capacities}):
                yield from self._fit(chooser, least, budget, room)

    def _patches(self, budget: int) -> Iterator[Candidate]:
        """The few most promising splits and grids: those within the budget by cycles, then by bytes."""
        paths = [p for p in patch_paths(self.planner, self.rules) if self._allowed(p)]
        within = sorted((p for p in paths if p.peak <= budget), key=lambda p: p.cycles)
        smallest = sorted(paths, key=lambda p: (p.peak, p.cycles))
        for path in (*within[:_RETRIES], *smallest[:2]):
            yield self._lay_out(path)

    def _least(self, chooser: TilingChooser | None, known: int | None) -> int | None:
        """The smallest limit with a path that recomputes no more than the rules allow."""
        least = self.planner.least(chooser, known)
        while (
            least is not None and known is not None and not self._allowed(self.planner.path(least, chooser))
        ):
            least = min(known, least + max(64, (known - least) // 8))
            if least == known:
                break
        return least

    def _allowed(self, path: Path | None) -> bool:
        return path is not None and path.extra_macs <= self.most_extra

    def _fit(self, chooser: TilingChooser | None, least: int, budget: int, aim: int) -> Iterator[Candidate]:
        """From `aim` on lower the limit until what is packed meets the budget, or the least is reached."""
        limit = max(aim, least)
        for _ in range(_RETRIES):
            path = self.planner.path(limit, chooser)
            if path is None or not self._allowed(path):
                return
            candidate = self._lay_out(path, budget)
            yield candidate
            over = candidate.over(budget)
            if not over or limit <= least:
                return
            limit = max(least, min(path.peak - 1, limit - over))

    def front(self) -> Iterator[Candidate]:
        """Candidates of falling arena, from the fastest to the smallest."""
        known: int | None = None
        for chooser in self.choosers:
            least = self._least(chooser, known)
            path = self.planner.path(known - 1 if known is not None else 1 << 40, chooser)
            while least is not None and path is not None and self._allowed(path):
                yield self._lay_out(path)
                step = max(path.peak // 50, 1)
                path = self.planner.path(max(least, path.peak - step), chooser) if path.peak > least else None
            known = least

    def _lay_out(self, path: Path, budget: int | None = None) -> Candidate:
        segments = [self.planner.segment(part) for part in path.parts]
        layout = streamed_layout(self.planner, segments, self.spread, budget)
        return Candidate(layout, path.cycles, path.extra_macs)
