"""The fastest plan within a budget: streams first, recomputation where streams alone do not suffice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tinycompile.plan.rules import Rules, StageKind
from tinycompile.plan.schedule import Layout
from tinycompile.plan.stage_layout import streamed_layout
from tinycompile.plan.stages import Options, Path, StagePlanner, Tiling
from tinycompile.plan.tilings import tilings

#: How often a packing that lies above its fullest moment is tried again with a lower limit.
_RETRIES = 6
#: Tilings that are tried at a bottleneck, the most promising first.
_TRIALS = 12


@dataclass(frozen=True, eq=False)
class Candidate:
    """A finished layout, its estimated cycles on top of the whole-tensor kernels, and what is recomputed."""

    layout: Layout
    cycles: float
    extra_macs: int

    def better_than(self, other: Candidate | None, budget: int) -> bool:
        """Within the budget the faster one wins, otherwise the smaller one."""
        if other is None:
            return True
        mine, its = self.layout.arena <= budget, other.layout.arena <= budget
        if mine and its:
            return (self.cycles, self.layout.arena) < (other.cycles, other.layout.arena)
        return mine or (not its and (self.layout.arena, self.cycles) < (other.layout.arena, other.cycles))


@dataclass(frozen=True, eq=False)
class _Choice:
    """Tilings, the streams that they allow, and the least live bytes of these."""

    tilings: tuple[Tiling, ...]
    options: Options
    least: int

    @property
    def extra_macs(self) -> int:
        return sum(t.unit.extra_macs for t in self.tilings)

    @property
    def extra_cycles(self) -> float:
        return sum(t.unit.extra_cycles for t in self.tilings)


class BudgetPlanner:
    """Finds layouts of one graph in one order by the rules."""

    def __init__(self, planner: StagePlanner, rules: Rules, macs: int) -> None:
        self.planner, self.rules = planner, rules
        self.most_extra = rules.recompute * macs

    def best(self, budget: int) -> Candidate | None:
        """The fastest candidate within `budget` bytes, or the smallest if none is; None if none exists."""
        found: Candidate | None = None
        for choice in self._choices(budget):
            candidate = self._fit(choice, budget)
            if candidate is not None and candidate.better_than(found, budget):
                found = candidate
            if found is not None and found.layout.arena <= budget:
                break
        return found

    def front(self) -> Iterator[Candidate]:
        """Candidates of falling arena, from the fastest to the smallest."""
        for choice in self._choices(0):
            path = self.planner.path(self._ceiling(choice), choice.options)
            while path is not None:
                candidate = self._lay_out(path, choice)
                yield candidate
                path = self.planner.path(path.peak - 1, choice.options)

    def _ceiling(self, choice: _Choice) -> int:
        found = self.planner.path(1 << 40, choice.options)
        return found.peak if found is not None else 0

    def _choices(self, budget: int) -> Iterator[_Choice]:
        """No tilings, then one more (or a narrower one) at the bottleneck as long as that helps."""
        choice = self._choice(())
        if choice is None:
            return
        yield choice
        if self.rules.stages is not StageKind.AUTO or self.most_extra <= 0:
            return
        known = tilings(self.planner)
        while choice.least > 0:
            improved = self._improved(choice, known, budget)
            if improved is None:
                return
            choice = improved
            yield choice

    def _choice(self, chosen: Sequence[Tiling]) -> _Choice | None:
        options = self.planner.options(chosen)
        least = self.planner.least(options)
        return None if least is None else _Choice(tuple(chosen), options, least)

    def _improved(self, choice: _Choice, known: Sequence[Tiling], budget: int) -> _Choice | None:
        """The tiling that lowers the bottleneck most for its cycles, as far as the budget asks for it."""
        best: tuple[float, _Choice] | None = None
        for trial in self._trials(choice, known):
            found = self._choice(trial)
            if found is None or found.extra_macs > self.most_extra or found.least >= choice.least:
                continue
            gain = choice.least - max(found.least, budget)
            rate = gain / max(1.0, found.extra_cycles - choice.extra_cycles)
            if best is None or rate > best[0]:
                best = (rate, found)
        return None if best is None else best[1]

    def _trials(self, choice: _Choice, known: Sequence[Tiling]) -> list[tuple[Tiling, ...]]:
        """Sets of tilings with one more at a segment that is as full as the least path must be."""
        path = self.planner.path(choice.least, choice.options)
        assert path is not None
        full = [(first, end) for first, end, peak in self._peaks(path, choice) if peak >= choice.least]
        scored = []
        for tiling in known:
            if tiling in choice.tilings or not any(tiling.first < e and f < tiling.end for f, e in full):
                continue
            kept = tuple(t for t in choice.tilings if t.end <= tiling.first or tiling.end <= t.first)
            scored.append((tiling.unit.extra_cycles, (*kept, tiling)))
        scored.sort(key=lambda pair: pair[0])
        return [trial for _, trial in _spread(scored)]

    def _peaks(self, path: Path, choice: _Choice) -> list[tuple[int, int, int]]:
        found = []
        for first, end, streamed in path.parts:
            if streamed:
                peak = next(o.peak for o in choice.options.ending[end] if o.first == first)
            else:
                peak = self.planner.plain_cost(first)
            found.append((first, end, peak))
        return found

    def _fit(self, choice: _Choice, budget: int) -> Candidate | None:
        """Lower the limit until what is packed meets the budget too, or the least limit is reached."""
        limit, best = max(budget, choice.least), None
        for _ in range(_RETRIES):
            path = self.planner.path(limit, choice.options)
            if path is None:
                break
            candidate = self._lay_out(path, choice)
            if candidate.better_than(best, budget):
                best = candidate
            if candidate.layout.arena <= budget or limit <= choice.least:
                break
            limit = max(choice.least, min(path.peak - 1, limit - (candidate.layout.arena - budget)))
        return best

    def _lay_out(self, path: Path, choice: _Choice) -> Candidate:
        segments = self.planner.segments(path, choice.options)
        layout = streamed_layout(self.planner, segments)
        extra = sum(s.stream.extra_macs for s in segments if s.stream)
        return Candidate(layout, path.cycles, extra)


def _spread(scored: list[tuple[float, tuple[Tiling, ...]]]) -> list[tuple[float, tuple[Tiling, ...]]]:
    """At most `_TRIALS` of them, evenly over the range of costs."""
    if len(scored) <= _TRIALS:
        return scored
    return [scored[round(i * (len(scored) - 1) / (_TRIALS - 1))] for i in range(_TRIALS)]
