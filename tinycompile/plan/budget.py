"""The fastest plan within a budget: streams first, then tiles, then recomputation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from tinycompile.plan.candidate import Candidate
from tinycompile.plan.patches import Known, patch_paths
from tinycompile.plan.path import Path, Segment
from tinycompile.plan.rules import Rules, StageKind
from tinycompile.plan.schedule import Layout
from tinycompile.plan.spread import Spread
from tinycompile.plan.stage_layout import streamed_layout
from tinycompile.plan.stages import UNLIMITED, StagePlanner
from tinycompile.plan.stream_merge import merged
from tinycompile.plan.thrifty import Thrifty
from tinycompile.plan.tiling_choice import TilingChooser
from tinycompile.plan.tilings import Tiling, tilings
from tinycompile.plan.widen import widened

#: How often a packing above the budget is tried again with the next lower limit, and how often with a guess.
_STEPS, _RETRIES = 6, 8
#: Paths below one that has no room for bands, at most.
_CHANCES = 3
#: Limits that are tried stand at fixed places, each so much above the one before.
_RUNG = 1.02
#: Greedy packings up to a share of 1 / _NEAR above what is wanted are worth a search.
_NEAR = 4
#: The least limit with a path is found to so many bytes.
_FINE = 32

_Parts = tuple[tuple[int, int, tuple[Tiling, ...] | None, tuple[tuple[int, int], ...]], ...]


class BudgetPlanner:
    """Finds layouts of one graph in one order by the rules."""

    def __init__(self, planner: StagePlanner, rules: Rules, macs: int, spread: Spread | None = None) -> None:
        self.planner, self.rules, self.spread = planner, rules, spread
        self.most_extra = rules.recompute * macs if macs else 0.0  # infinity times 0 is no number
        self._leasts: dict[int, int | None] = {}
        self._paths: dict[tuple[int, int], Path | None] = {}
        self._with_tilings: dict[int, Thrifty] = {}
        self._patched: Known = {}
        self._laid: dict[_Parts, dict[int | None, Candidate]] = {}

    def _thrifty(self, index: int) -> Thrifty:
        if index not in self._with_tilings:
            self._with_tilings[index] = Thrifty(self.planner, self._chooser(index), self.most_extra)
        return self._with_tilings[index]

    @cached_property
    def choosers(self) -> tuple[TilingChooser | None, ...]:
        """Ways to choose tilings: none, those that compute nothing twice, all."""
        if self.rules.stages is not StageKind.AUTO:
            return (None,)
        p = self.planner
        known = tilings(p.parts, p.order, p.units, p.choices, p.known)
        free = [t for t in known if t.unit.extra_macs <= 0]
        able = [t for t in known if t.unit.extra_macs <= self.most_extra]
        found = [TilingChooser(free, p.made_at)] if free else []
        if len(able) > len(free):
            found.append(TilingChooser(able, p.made_at))
        return (None, *found)

    def best(self, budget: int, thorough: bool = True) -> Candidate | None:
        """The fastest candidate within `budget` bytes, or the smallest if none is; None if none exists.

        With `thorough`, tiles are also shaped until they pack, and the whole front from there downwards is
        asked where no packing meets the budget.
        """
        found: Candidate | None = None
        for candidates in self._rounds(budget, thorough):
            for candidate in candidates:
                if candidate.better_than(found, budget):
                    found = candidate
                if self.spread is None and not candidate.over(budget):
                    break
            if found is not None and not found.over(budget):
                break
        return found

    def wider(self, found: Candidate, budget: int) -> Candidate:
        """With rows made several at once, as far as the budget has room for that.

        Where there is none, paths of the next lower limits are tried: slower ones, which leave room.
        """
        if found.path is None or found.over(budget) or self.rules.budget is None:
            return found
        if self.rules.stages is StageKind.PATCH:
            return found
        for path in (found.path, *self._below(found.path)):
            wide = self._widened(path, budget)
            if wide is not None and wide.better_than(found, budget):
                return wide
        return found

    def _widened(self, path: Path, budget: int) -> Candidate | None:
        def fits(path: Path) -> bool:
            return not self._lay_out(path, budget).over(budget)

        wide = widened(self.planner, path, budget, fits)
        return None if wide is None else self._lay_out(wide, budget)

    def _below(self, path: Path) -> Iterator[Path]:
        """The paths by the same chooser of the next lower limits."""
        index = next((index for (_, index), known in self._paths.items() if known is path), None)
        for _ in range(_CHANCES if index is not None else 0):
            assert index is not None
            least = self._least_of(index)
            if least is None or path.peak <= least:
                return
            lower = self._path(_rung_below(path.peak, least), index)
            if lower is None or not self._allowed(lower):
                return
            yield lower
            path = lower

    def hopeless(self, budget: int) -> bool:
        """Whether it is known without packing anything that no candidate is within `budget` bytes."""
        if self.rules.stages is StageKind.PATCH or self.spread is not None:
            return False
        leasts = (self._least_of(index) for index in self._levels())
        return all(least is None or least > budget for least in leasts)

    def _levels(self) -> Iterator[int]:
        """The numbers of the choosers; tilings are made only where more than the first is asked for."""
        yield 0
        yield from range(1, len(self.choosers))

    def _chooser(self, index: int) -> TilingChooser | None:
        return self.choosers[index] if index else None

    def _rounds(self, budget: int, thorough: bool) -> Iterator[Iterator[Candidate]]:
        """Candidates by the way in which tilings are chosen; one round that meets the budget is enough."""
        if self.rules.stages is StageKind.PATCH:
            yield self._patches(budget)
            return
        for index in self._levels():
            least = self._least_of(index)
            if least is None:
                return
            if least > budget and self.spread is None and self._smaller_later(index, least):
                continue
            yield self._aimed(index, least, budget, thorough)
        if self.spread is None and thorough:
            yield self.front(budget)

    def _smaller_later(self, index: int, least: int) -> bool:
        later = (self._least_of(other) for other in range(index + 1, len(self.choosers)))
        return any(other is not None and other < least for other in later)

    def _aimed(self, index: int, least: int, budget: int, thorough: bool) -> Iterator[Candidate]:
        """For the budget; where the arena is spread, for the room in each memory too.

        What a stream touches lies in one memory: one that fits into the fastest may be worth its cycles.
        """
        yield from self._fit(index, least, budget, budget, thorough)
        if self.spread is not None:
            for room in sorted({min(budget, room) for room in self.spread.capacities}):
                yield from self._fit(index, least, budget, room, thorough)

    def _patches(self, budget: int) -> Iterator[Candidate]:
        """The few most promising splits and grids: those within the budget by cycles, then by bytes."""
        paths = self._patch_paths(budget)
        within = sorted((p for p in paths if p.peak <= budget), key=lambda p: p.cycles)
        smallest = sorted(paths, key=lambda p: (p.peak, p.cycles))
        for path in (*within[:_RETRIES], *smallest[:2]):
            yield self._lay_out(path)

    def _patch_paths(self, budget: int | None) -> list[Path]:
        rules = replace(self.rules, budget=budget)
        return [p for p in patch_paths(self.planner, rules, self._patched) if self._allowed(p)]

    def _least_of(self, index: int) -> int | None:
        """`_least` of a chooser, which those before it bound."""
        if index not in self._leasts:
            known = self._least_of(index - 1) if index else None
            possible = index == 0 or known is not None
            self._leasts[index] = self._least(index, known) if possible else None
        return self._leasts[index]

    def _least(self, index: int, known: int | None) -> int | None:
        """The smallest limit found with a path that recomputes no more than the rules allow."""
        least = self.planner.least(self._chooser(index), known)
        if least is None or known is None or self._allowed(self._path(least, index)):
            return least
        while known - least > max(_FINE, least // 128):
            middle = (least + known) // 2
            if self._allowed(self._path(middle, index)):
                known = middle
            else:
                least = middle
        return known

    def _allowed(self, path: Path | None) -> bool:
        return path is not None and path.extra_macs <= self.most_extra

    def _fit(self, index: int, least: int, budget: int, aim: int, thorough: bool) -> Iterator[Candidate]:
        """From `aim` lower the limit until what is packed meets the budget, or to the least.

        First in small steps, then by as much as the packing is too large.
        """
        limit = max(aim, least)
        for number in range(_STEPS + _RETRIES):
            path = self._path(limit, index)
            if path is None or not self._allowed(path):
                return
            candidate = self._lay_out(path, budget)
            yield candidate
            over = candidate.over(budget)
            if over:
                yield self._lay_out(merged(self.planner, path), budget)
            if over and thorough:
                yield from self._reshaped(path, index, budget)
            if not over or limit <= least:
                return
            below = _rung_below(path.peak, least)
            if number >= _STEPS:
                below = min(below, limit - over)
            limit = max(least, aim if below < aim < limit else below)

    def _reshaped(self, path: Path, index: int, budget: int) -> Iterator[Candidate]:
        """The same path with tiles that pack better: of the least scratch, then in other bands.

        Band by band, as long as that brings the packing closer to the budget.
        """
        chooser = self._chooser(index)
        used = {t: t for part in path.parts for t in part.tilings or ()}
        if chooser is None or not used:
            return
        slim = {t: chooser.slimmest(t, 0) for t in used}
        best: Candidate | None = None
        trials = [slim]
        while trials:
            now: dict[Tiling, Tiling] | None = None
            for trial in (*trials, *self._other_bands(trials[0], chooser)):
                other = _replaced(path, trial)
                if not self._allowed(other) or (best and self._fullest(other) >= best.layout.arena):
                    continue
                candidate = self._lay_out(other, budget)
                yield candidate
                if not candidate.over(budget):
                    return
                if candidate.better_than(best, budget):
                    best, now = candidate, trial
            trials = [now] if now is not None else []

    def _fullest(self, path: Path) -> int:
        """Live bytes at the fullest moment of a path whose tilings are not those that it was found with."""
        peaks = (self.planner.peak(p.first, p.end, p.tilings) for p in path.parts if p.tilings)
        return max(peaks, default=0)

    def _other_bands(
        self, now: Mapping[Tiling, Tiling], chooser: TilingChooser
    ) -> Iterator[dict[Tiling, Tiling]]:
        """One tiling in bands that are a row lower or higher."""
        for tiling, current in now.items():
            for lower in (1, -1):
                other = chooser.slimmest(current, lower)
                if other.unit.band != current.unit.band:
                    yield {**now, tiling: other}

    def front(self, start: int = UNLIMITED) -> Iterator[Candidate]:
        """Candidates from `start` bytes downwards, from the fastest to the smallest for each chooser.

        The limits stand at fixed places whatever the start, so that what one front holds can be found again.
        """
        if self.rules.stages is StageKind.PATCH:
            yield from self._patch_front()
            return
        for index in range(len(self.choosers)):
            least = self._least_of(index)
            if least is None:
                return
            known = self._least_of(index - 1) if index else None
            path = self._path(start if known is None else min(start, known - 1), index)
            while path is not None and self._allowed(path):
                yield self._lay_out(path)
                if path.peak <= least:
                    break
                path = self._path(_rung_below(path.peak, least), index)

    def _patch_front(self) -> Iterator[Candidate]:
        """The grids and splits that are cheaper than all smaller ones."""
        fewest = math.inf
        for path in sorted(self._patch_paths(None), key=lambda p: (p.peak, p.cycles)):
            if path.cycles < fewest:
                fewest = path.cycles
                yield self._lay_out(path)

    def _path(self, limit: int, index: int) -> Path | None:
        """`StagePlanner.path` with a chooser; searches come back to the same limits."""
        if (limit, index) not in self._paths:
            self._paths[limit, index] = self._thrifty(index).path(limit)
        return self._paths[limit, index]

    def _lay_out(self, path: Path, budget: int | None = None) -> Candidate:
        """Packed; hard where a budget would be missed otherwise. Searches come back to the same paths."""
        key = tuple((part.first, part.end, part.tilings, part.bands) for part in path.parts)
        known = self._laid.setdefault(key, {})
        for candidate in known.values():
            if budget is None or candidate.layout.arena <= budget:
                return candidate
        if budget not in known:
            segments, layout = self._packed([self.planner.segment(part) for part in path.parts], budget)
            known[budget] = Candidate(layout, path.cycles, path.extra_macs, path, tuple(segments))
        return known[budget]

    def _packed(self, segments: list[Segment], budget: int | None) -> tuple[list[Segment], Layout]:
        """The layout of least arena, with rings that lie in each other where that helps.

        The long search for one of those begins where greedy packing comes near what is wanted.
        """
        layout = streamed_layout(self.planner, segments, self.spread, budget)
        paired, load = [segment.paired for segment in segments], layout.proof.max_load
        wanted = load if budget is None else max(load, budget)
        if self.spread is not None or paired == segments or layout.arena <= wanted:
            return segments, layout
        other = streamed_layout(self.planner, paired, enough=budget, effort=0)
        if wanted < other.arena < min(layout.arena, wanted + wanted // _NEAR):
            other = streamed_layout(self.planner, paired, enough=budget)
        return (paired, other) if other.arena < layout.arena else (segments, layout)


def _replaced(path: Path, tilings: Mapping[Tiling, Tiling]) -> Path:
    """The path with other tilings of the same calls."""
    parts = [
        part if part.tilings is None else replace(part, tilings=tuple(tilings[t] for t in part.tilings))
        for part in path.parts
    ]
    cycles = sum(new.unit.extra_cycles - old.unit.extra_cycles for old, new in tilings.items())
    return Path(tuple(parts), path.cycles + cycles)


def _rung_below(peak: int, least: int) -> int:
    """The largest place of the ladder that starts at `least` and is below `peak`."""
    step = max(0, math.floor(math.log(peak / max(1, least), _RUNG)) + 1)
    while step and int(least * _RUNG**step) >= peak:
        step -= 1
    return max(least, int(least * _RUNG**step))
