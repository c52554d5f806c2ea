"""Forbidden distances as disjunctions: one of two shapes lies far enough below the other, or above it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tinycompile.plan.pack_fit import align_up
from tinycompile.plan.pack_shape_conflicts import Conflicts
from tinycompile.plan.pack_shape_types import Shape

#: The most sides that all cliques have together, as each takes its time at every decision.
_ENTRIES = 5_000


@dataclass(frozen=True, slots=True)
class Disjunction:
    """offset(b) >= offset(a) + up, or offset(a) >= offset(b) + down, in bytes.

    The sum of ``up`` and ``down`` is positive; one of them may be negative, when the shapes may have the same
    offset.
    """

    a: int
    b: int
    up: int
    down: int


#: A disjunction seen from one of its shapes: (its number, the other shape, least distance to the other one
#: above, least distance from the other one below, 1 when this shape is ``a`` and -1 when it is ``b``).
Side = tuple[int, int, int, int, int]

#: Shapes of which no two may have the same offset, each with its sides towards the others, nearest first.
Clique = tuple[tuple[int, tuple[Side, ...]], ...]


@dataclass(frozen=True, slots=True)
class Disjunctions:
    """All of them, the same per shape, some large cliques, and the numbers of those per shape."""

    every: tuple[Disjunction, ...]
    sides: tuple[tuple[Side, ...], ...]
    cliques: tuple[Clique, ...]
    cliques_of: tuple[tuple[int, ...], ...]

    @staticmethod
    def of(shapes: Sequence[Shape], conflicts: Conflicts) -> Disjunctions:
        """Make one of each interval of forbidden distances."""
        every = tuple(_disjunctions(shapes, conflicts))
        sides: list[list[Side]] = [[] for _ in shapes]
        for number, one in enumerate(every):
            sides[one.a].append((number, one.b, one.up, one.down, 1))
            sides[one.b].append((number, one.a, one.down, one.up, -1))
        cliques = tuple(_cliques(sides))
        members: list[list[int]] = [[] for _ in shapes]
        for number, clique in enumerate(cliques):
            for index, _ in clique:
                members[index].append(number)
        return Disjunctions(every, tuple(map(tuple, sides)), cliques, tuple(map(tuple, members)))


def _disjunctions(shapes: Sequence[Shape], conflicts: Conflicts) -> Iterator[Disjunction]:
    for a, row in enumerate(conflicts.near):
        for b, gaps in row:
            unit = math.gcd(shapes[a].align, shapes[b].align)
            for low, high in gaps:
                if b < a:
                    yield Disjunction(a, b, align_up(-low, unit), align_up(high, unit))


def _cliques(sides: Sequence[Sequence[Side]]) -> Iterator[Clique]:
    """Grow cliques from every shape, once along large distances and once along many neighbours."""
    sides = [[side for side in row if side[2] > 0 and side[3] > 0] for row in sides]
    near = [{side[1] for side in row} for row in sides]
    found: dict[tuple[int, ...], None] = {}
    for start, row in enumerate(sides):
        width = {side[1]: min(side[2], side[3]) for side in row}
        found[_grown(near, start, width)] = None
        found[_grown(near, start, None)] = None
    cliques = [_clique(sides, members) for members in found if len(members) > 2]
    cliques.sort(key=lambda clique: -sum(own[0][2] for _, own in clique))
    room = _ENTRIES
    for clique in cliques:
        room -= len(clique) ** 2
        if room < 0:
            break
        yield clique


def _clique(sides: Sequence[Sequence[Side]], members: tuple[int, ...]) -> Clique:
    inside = set(members)
    return tuple(
        (k, tuple(sorted((s for s in sides[k] if s[1] in inside), key=lambda s: s[2]))) for k in members
    )


def _grown(near: Sequence[set[int]], start: int, worth: Mapping[int, int] | None) -> tuple[int, ...]:
    """Return ``start`` and what is greedily added to it by worth or by neighbours left, in rising order."""
    members, rest = [start], set(near[start])
    while rest:
        best = max(rest, key=lambda k: (len(near[k] & rest) if worth is None else worth[k], -k))
        members.append(best)
        rest &= near[best]
    return tuple(sorted(members))
