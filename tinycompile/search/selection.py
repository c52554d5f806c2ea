"""Which candidates are bred from: the selection of NSGA-II (Deb, Pratap, Agarwal, Meyarivan 2002).

Fronts are taken one after another; of the last that has room for some only, those with most room around them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinycompile.search.breeding import Parent
from tinycompile.search.candidate import dominates


def elite(candidates: Sequence[Parent], count: int) -> list[Parent]:
    """The `count` best candidates, or all where there are fewer."""
    left, chosen = list(candidates), list[Parent]()
    while left and len(chosen) < count:
        front = [p for p in left if not any(dominates(q.objectives, p.objectives) for q in left)]
        left = [p for p in left if p not in front]
        room = count - len(chosen)
        if len(front) > room:
            distance = crowding([p.objectives for p in front])
            order = sorted(range(len(front)), key=lambda i: -distance[i])
            front = [front[i] for i in sorted(order[:room])]
        chosen += front
    return chosen


def crowding(points: Sequence[Sequence[float]]) -> list[float]:
    """The distance between the neighbours of every point, as a share of the span, summed over objectives.

    The ends of every objective are infinitely far from everything.
    """
    found = [0.0] * len(points)
    for axis in range(len(points[0]) if points else 0):
        order = sorted(range(len(points)), key=lambda i: points[i][axis])
        span = points[order[-1]][axis] - points[order[0]][axis]
        found[order[0]] = found[order[-1]] = math.inf
        if not 0 < span < math.inf:
            continue
        for before, i, after in zip(order, order[1:], order[2:], strict=False):
            found[i] += (points[after][axis] - points[before][axis]) / span
    return found
