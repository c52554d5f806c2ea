"""The cheapest tilings that bring a stream below a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tinycompile.plan.tilings import Tiling

#: Scratch that tilings may take, tried one after the other; each wider tile costs less time.
LEVELS = (640, 1024, 1536, 2304, 3456, 5184, 7776, 11664)


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


class TilingChooser:
    """Chooses among `known` tilings."""

    def __init__(self, known: Sequence[Tiling], positions: Mapping[str, int]) -> None:
        self.positions = positions
        self.levels = [(level, _at_level(known, level)) for level in LEVELS]

    def choose(
        self, first: int, end: int, capacity: Mapping[str, int], peak: int, scratch: int, limit: int
    ) -> tuple[float, tuple[Tiling, ...]] | None:
        """(cycles, tilings) for a stream of `peak` bytes, `scratch` of them scratch; None if none do."""
        best: tuple[float, tuple[Tiling, ...]] | None = None
        for level, known in self.levels:
            inside = [t for t in known if first <= t.first and t.end <= end]
            if not inside:
                continue
            need = peak - scratch + max(scratch, level) - limit
            found = _greedy(inside, lambda t: t.saves(capacity, first, self.positions), need)
            if found is not None and (best is None or found[0] < best[0]):
                best = found
        return best


def _at_level(known: Sequence[Tiling], level: int) -> list[Tiling]:
    """Per run of calls the cheapest tiling whose scratch stays within a level."""
    best: dict[tuple[int, int], Tiling] = {}
    for tiling in known:
        key = (tiling.first, tiling.end)
        cheaper = key not in best or tiling.unit.extra_cycles < best[key].unit.extra_cycles
        if tiling.unit.scratch <= level and cheaper:
            best[key] = tiling
    return list(best.values())


def _greedy(
    inside: Sequence[Tiling], saves: Callable[[Tiling], int], need: int
) -> tuple[float, tuple[Tiling, ...]] | None:
    """Tilings with the most bytes for their cycles first, until `need` bytes are saved; or None."""
    if need <= 0:
        return (0.0, ())
    chosen: list[Tiling] = []
    cycles = 0.0
    for gain in sorted(_gains(inside, saves), key=lambda g: -g.rate):
        others = [t for t in chosen if t.meets(gain.tiling)]
        if others != ([] if gain.instead is None else [gain.instead]):
            continue
        if gain.instead is not None:
            chosen.remove(gain.instead)
        chosen.append(gain.tiling)
        cycles += gain.cycles
        need -= gain.saved
        if need <= 0:
            return (cycles, tuple(sorted(chosen, key=lambda t: t.first)))
    return None


def _gains(inside: Sequence[Tiling], saves: Callable[[Tiling], int]) -> Iterator[_Gain]:
    saved = {t: saves(t) for t in inside}
    for tiling in inside:
        cost = tiling.unit.extra_cycles
        if saved[tiling] > 0:
            yield _Gain(tiling, None, saved[tiling], cost)
        for other in inside:
            stronger = saved[tiling] > saved[other] > 0 and cost > other.unit.extra_cycles
            if tiling is not other and tiling.meets(other) and stronger:
                extra = saved[tiling] - saved[other]
                yield _Gain(tiling, other, extra, cost - other.unit.extra_cycles)
