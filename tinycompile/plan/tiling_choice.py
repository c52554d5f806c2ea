"""The cheapest tilings that bring a stream below a limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tinycompile.plan.tilings import Tiling

#: Bytes that may be in use while one tiling runs, tried one after the other; wider tiles cost less time.
LEVELS = (640, 1024, 1536, 2304, 3456, 5184, 7776, 11664, 17496, 26244)


@dataclass(frozen=True)
class _Gain:
    """One more tiling, or a stronger one in the place of another: bytes saved and cycles spent on top."""

    tiling: Tiling
    instead: Tiling | None
    saved: int
    cycles: float

    @property
    def rate(self) -> float:
        return self.saved / max(1.0, self.cycles)


@dataclass(frozen=True, eq=False)
class _Offer:
    """Tilings inside a stream that need no more than `level` bytes while they run, and what each saves.

    `must`: the calls that need more than that where they are not tiled.
    """

    level: int
    inside: tuple[Tiling, ...]
    must: tuple[int, ...]
    saved: Mapping[Tiling, int]

    @cached_property
    def gains(self) -> tuple[_Gain, ...]:
        """Those of the most bytes per cycle first."""
        return tuple(sorted(_gains(self.inside, self.saved), key=lambda gain: -gain.rate))


@dataclass(frozen=True, eq=False)
class Option:
    """Calls [first, end) as a stream of single calls.

    Attributes:
        peak: live bytes at its fullest moment, as estimated; `passing` of them only while one unit runs.
        cycles: on top of its kernels.
        settled: rows that each ring holds most of the time.
        extra: bytes in use only while a unit runs, by its result; those behind `end` or before `first` too.
    """

    first: int
    end: int
    peak: int
    passing: int
    cycles: float
    settled: Mapping[str, int]
    extra: Mapping[str, int]


class TilingChooser:
    """Chooses among `known` tilings."""

    def __init__(self, known: Sequence[Tiling], positions: Mapping[str, int]) -> None:
        self.positions, self.known = positions, tuple(known)
        self.levels = [(level, _at_level(known, level)) for level in LEVELS]
        self._saved: dict[Option, int] = {}
        self._offers: dict[Option, tuple[_Offer, ...]] = {}

    def slimmest(self, tiling: Tiling, lower: int) -> Tiling:
        """The tiling of the same calls with the least scratch, in bands that are `lower` rows lower."""
        same = [t for t in self.known if (t.first, t.end) == (tiling.first, tiling.end)]
        bands = [t for t in same if t.unit.band == max(1, tiling.unit.band - lower)]
        return min(bands or [tiling], key=lambda t: (t.unit.scratch, t.unit.extra_cycles))

    def _most_saved(self, option: Option) -> int:
        """Bytes of all rings of a stream that some tiling makes needless."""
        if option not in self._saved:
            rows: dict[str, int] = {}
            for tiling in self.known:
                if option.first <= tiling.first and tiling.end <= option.end:
                    rows.update(tiling.inner)
            self._saved[option] = sum(option.settled.get(value, 0) * row for value, row in rows.items())
        return self._saved[option]

    def choose(self, option: Option, limit: int) -> tuple[float, tuple[Tiling, ...]] | None:
        """(cycles, tilings) that bring a stream to `limit` bytes, as estimated; None when none do."""
        best: tuple[float, tuple[Tiling, ...]] | None = None
        if option.peak - option.passing + LEVELS[0] - self._most_saved(option) > limit:
            return None
        if option not in self._offers:
            self._offers[option] = tuple(self._offered(option))
        for offer in self._offers[option]:
            found = _greedy(offer, option.peak - option.passing + offer.level - limit)
            if found is not None and (best is None or found[0] < best[0]):
                best = found
        return best

    def _offered(self, option: Option) -> Iterator[_Offer]:
        """What there is to choose from at each level."""
        first, end = option.first, option.end
        single = {
            at: size for v, size in option.extra.items() if first <= (at := self.positions.get(v, -1)) < end
        }
        for level, known in self.levels:
            inside = tuple(t for t in known if first <= t.first and t.end <= end)
            covered = {i for t in inside for i in range(t.first, t.end)}
            level = max(level, max((size for at, size in single.items() if at not in covered), default=0))
            must = tuple(at for at, size in single.items() if size > level)
            saved = {t: t.saves(option.settled, first, self.positions) for t in inside}
            yield _Offer(level, inside, must, saved)


def _at_level(known: Sequence[Tiling], level: int) -> list[Tiling]:
    """Per run of calls the cheapest tiling that needs no more than `level` bytes while it runs."""
    best: dict[tuple[int, int], Tiling] = {}
    for tiling in known:
        key = (tiling.first, tiling.end)
        cheaper = key not in best or tiling.unit.extra_cycles < best[key].unit.extra_cycles
        if tiling.passing <= level and cheaper:
            best[key] = tiling
    return list(best.values())


def _greedy(offer: _Offer, need: int) -> tuple[float, tuple[Tiling, ...]] | None:
    """Tilings over the calls that must be tiled, then those of the most bytes per cycle, until it does."""
    chosen: list[Tiling] = []
    for at in offer.must:
        if not any(t.first <= at < t.end for t in chosen):
            able = [t for t in offer.inside if t.first <= at < t.end and not any(t.meets(o) for o in chosen)]
            if not able:
                return None
            chosen.append(min(able, key=lambda t: (t.unit.extra_cycles, -offer.saved[t])))
    cycles = sum(t.unit.extra_cycles for t in chosen)
    need -= sum(offer.saved[t] for t in chosen)
    for gain in offer.gains if need > 0 else ():
        others = [t for t in chosen if t.meets(gain.tiling)]
        if others != ([] if gain.instead is None else [gain.instead]):
            continue
        if gain.instead is not None:
            chosen.remove(gain.instead)
        chosen.append(gain.tiling)
        cycles += gain.cycles
        need -= gain.saved
        if need <= 0:
            break
    return (cycles, tuple(sorted(chosen, key=lambda t: t.first))) if need <= 0 else None


def _gains(inside: Sequence[Tiling], saved: Mapping[Tiling, int]) -> Iterator[_Gain]:
    for tiling in inside:
        cost = tiling.unit.extra_cycles
        if saved[tiling] > 0:
            yield _Gain(tiling, None, saved[tiling], cost)
        for other in inside:
            stronger = saved[tiling] > saved[other] and cost > other.unit.extra_cycles
            if tiling is not other and tiling.meets(other) and stronger:
                extra = saved[tiling] - saved[other]
                yield _Gain(tiling, other, extra, cost - other.unit.extra_cycles)
