"""What a candidate costs and how good it is, and which candidates no other beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from tinycompile.search.space import Point


class Figure(StrEnum):
    """What a board limits, and what a search can minimise."""

    RAM = "ram"
    FLASH = "flash"
    CYCLES = "cycles"


@dataclass(frozen=True)
class Cost:
    """What one plan of a candidate takes.

    Attributes:
        ram: bytes of arena and context.
        weights: bytes of constants in flash.
        code: bytes of code in flash.
        measured: whether `code` was measured in a linked image or is an estimate.
        cycles: estimated for the board's core at zero wait states; None where a kernel has no estimate.
        macs: multiply-accumulates of one inference, those that are computed again included.
        plan: its name.
    """

    ram: int
    weights: int
    code: int
    measured: bool
    cycles: int | None
    macs: int
    plan: str

    @property
    def flash(self) -> int:
        """Bytes of flash in all."""
        return self.weights + self.code

    def of(self, figure: Figure) -> float:
        """One figure; infinite where it is unknown."""
        found = {Figure.RAM: self.ram, Figure.FLASH: self.flash, Figure.CYCLES: self.cycles}[figure]
        return float("inf") if found is None else float(found)

    def object(self) -> dict[str, Any]:
        """The cost as plain JSON values; `Cost(**...)` without `flash` reads it back."""
        return {**asdict(self), "flash": self.flash}

    @staticmethod
    def read(found: Mapping[str, Any]) -> Cost:
        """The cost that `object` wrote."""
        return Cost(**{name: value for name, value in found.items() if name != "flash"})


@dataclass(frozen=True)
class Budgets:
    """Limits; None for what has none.

    Attributes:
        ram, flash: bytes.
        cycles: estimated for the board's core.
        macs, weights: multiply-accumulates, and bytes of int8 weights and int32 biases, of the network
            itself, whatever its plan and its kernels make of it.
    """

    ram: int | None = None
    flash: int | None = None
    cycles: int | None = None
    macs: int | None = None
    weights: int | None = None

    def of(self, figure: Figure) -> int | None:
        """One limit."""
        return {Figure.RAM: self.ram, Figure.FLASH: self.flash, Figure.CYCLES: self.cycles}[figure]

    def missed(self, cost: Cost) -> tuple[Figure, ...]:
        """What a cost exceeds."""
        limits = ((figure, self.of(figure)) for figure in Figure)
        return tuple(f for f, limit in limits if limit is not None and cost.of(f) > limit)


@dataclass(frozen=True)
class Candidate:
    """A candidate that was evaluated.

    Attributes:
        number: of its trial in the study.
        digest: of its network.
        accuracy: share of the held-out samples that it classifies correctly.
        alone: the same after it was trained by itself, where that was done beside shared weights.
        proxy: its score before training, where one was computed.
        filtered: whether that score chose it from among several.
        seconds: that its evaluation took.
    """

    number: int
    point: Point
    digest: str
    cost: Cost
    accuracy: float
    proxy: float | None = None
    filtered: bool = False
    seconds: float = 0.0
    alone: float | None = None


@dataclass(frozen=True)
class Refused:
    """A candidate that was not evaluated.

    Attributes:
        cost: of its plan, over a budget; None where it has none.
        reason: in words.
    """

    cost: Cost | None
    reason: str


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether `one` is nowhere larger and somewhere smaller; all of it is to be small."""
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def objectives(candidate: Candidate, minimised: Sequence[Figure]) -> tuple[float, ...]:
    """What a candidate is judged by, everything to be small: its error, then the figures."""
    return (-candidate.accuracy, *(candidate.cost.of(figure) for figure in minimised))


def pareto(candidates: Sequence[Candidate], minimised: Sequence[Figure]) -> list[Candidate]:
    """The candidates that no other dominates, the smallest first by the first figure; each network once."""
    once = list({c.digest: c for c in candidates}.values())
    found = {c.number: objectives(c, minimised) for c in once}
    kept = [c for c in once if not any(dominates(other, found[c.number]) for other in found.values())]
    return sorted(kept, key=lambda c: (*found[c.number][1:], found[c.number][0], c.number))


def winners(front: Sequence[Candidate], count: int) -> list[Candidate]:
    """The most accurate candidate of a front by RAM, then others spread over the rest of it.

    The others are chosen one by one: each time the one whose RAM is furthest, as a ratio, from all chosen.
    """
    if not front:
        return []
    left = sorted(front, key=lambda c: (-c.accuracy, c.cost.ram, c.number))
    chosen = [left.pop(0)]
    while left and len(chosen) < count:
        furthest = max(left, key=lambda c: (min(_apart(c, other) for other in chosen), c.accuracy))
        left.remove(furthest)
        chosen.append(furthest)
    return [chosen[0], *sorted(chosen[1:], key=lambda c: -c.cost.ram)]


def _apart(one: Candidate, other: Candidate) -> float:
    small, large = sorted((max(1, one.cost.ram), max(1, other.cost.ram)))
    return large / small
