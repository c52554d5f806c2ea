"""New points for candidates: drawn, or bred from two that did well; only such as the fast bound accepts."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tinycompile.search.candidate import dominates
from tinycompile.search.space import Choice, Point, Space, Value

#: Whether a point may fit the budgets and is not known yet.
Accept = Callable[[Point], bool]


@dataclass(frozen=True)
class Parent:
    """A point and what it is judged by, everything to be small."""

    point: Point
    objectives: tuple[float, ...]


class Breeds(Protocol):
    """What makes points; None where it finds none."""

    def drawn(self, rng: random.Random) -> dict[str, Value] | None:
        """A random point."""

    def bred(self, parents: Sequence[Parent], rng: random.Random) -> dict[str, Value] | None:
        """A child of some parents."""


@dataclass(frozen=True)
class Breeder:
    """Makes points of a space.

    Attributes:
        accept: decides which points may be given.
        attempts: points that are tried before giving up.
        crossover: share of children that have two parents.
    """

    space: Space
    accept: Accept
    attempts: int = 4000
    crossover: float = 0.9

    def drawn(self, rng: random.Random) -> dict[str, Value] | None:
        """A random point; the longer none is accepted, the smaller they are drawn."""
        for attempt in range(self.attempts):
            lean = 1.0 + 4.0 * attempt / self.attempts
            point = {
                choice.name: choice.values[int(len(choice.values) * rng.random() ** lean)]
                for choice in self.space.choices()
            }
            if self.accept(point):
                return point
        return None

    def bred(self, parents: Sequence[Parent], rng: random.Random) -> dict[str, Value] | None:
        """A child of one or two parents, changed in one or a few choices; drawn where none is accepted.

        Parents are chosen by tournaments between two (Deb et al.: NSGA-II, 2002). Values of a choice are
        in order, so half of the changes go to a neighbour.
        """
        for _ in range(self.attempts):
            point = self._crossed(parents, rng)
            self._change(point, rng)
            if self.accept(point):
                return point
        return self.drawn(rng)

    def _crossed(self, parents: Sequence[Parent], rng: random.Random) -> dict[str, Value]:
        first = _tournament(parents, rng)
        second = _tournament(parents, rng) if rng.random() < self.crossover else first
        sides = (first.point, second.point)
        return {c.name: sides[rng.random() < 0.5][c.name] for c in self.space.choices()}

    def _change(self, point: dict[str, Value], rng: random.Random) -> None:
        free = [c for c in self.space.choices() if len(c.values) > 1]
        if not free:
            return
        sure = rng.randrange(len(free))
        for index, choice in enumerate(free):
            if index == sure or rng.random() < 1.0 / len(free):
                point[choice.name] = _changed(choice, point[choice.name], rng)


def _tournament(parents: Sequence[Parent], rng: random.Random) -> Parent:
    one, other = rng.choice(parents), rng.choice(parents)
    return other if dominates(other.objectives, one.objectives) else one


def _changed(choice: Choice, value: Value, rng: random.Random) -> Value:
    at = choice.values.index(value)
    if rng.random() < 0.5:
        near = [i for i in (at - 1, at + 1) if 0 <= i < len(choice.values)]
        return choice.values[rng.choice(near)]
    return rng.choice([v for v in choice.values if v != value])


@dataclass(frozen=True)
class Chooser:
    """Makes several points and gives the one that promises most.

    Attributes:
        promise: of a point; higher is better.
        among: points to choose from.
    """

    breeder: Breeds
    promise: Callable[[Point], float]
    among: int

    def drawn(self, rng: random.Random) -> dict[str, Value] | None:
        """The best of some random points."""
        return self._best(lambda: self.breeder.drawn(rng))

    def bred(self, parents: Sequence[Parent], rng: random.Random) -> dict[str, Value] | None:
        """The best of some children."""
        return self._best(lambda: self.breeder.bred(parents, rng))

    def _best(self, make: Callable[[], dict[str, Value] | None]) -> dict[str, Value] | None:
        found = [point for point in (make() for _ in range(self.among)) if point is not None]
        return max(found, key=self.promise) if found else None
