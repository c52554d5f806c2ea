"""Which distances between two shapes are forbidden, and the lower bounds that follow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinycompile.plan.pack_fit import align_up
from tinycompile.plan.pack_shape_types import Shape

Ints = NDArray[np.int64]

#: Open intervals (low, high) of distances, in rising order, none meeting another.
Gaps = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Conflicts:
    """``near[a]`` lists (b, forbidden distances offset(a) - offset(b)) for all b that conflict with a."""

    near: tuple[tuple[tuple[int, Gaps], ...], ...]

    @staticmethod
    def of(shapes: Sequence[Shape]) -> Conflicts:
        """Compare every two shapes, once: the distances do not depend on where the shapes are placed."""
        tables = [np.array(shape.spans, np.int64).reshape(-1, 4) for shape in shapes]
        near: list[list[tuple[int, Gaps]]] = [[] for _ in shapes]
        for b, table in enumerate(tables):
            for a in range(b):
                gaps = _forbidden(tables[a], table)
                if gaps:
                    near[a].append((b, gaps))
                    near[b].append((a, tuple((-high, -low) for low, high in reversed(gaps))))
        return Conflicts(tuple(tuple(row) for row in near))

    def pair_bound(self, shapes: Sequence[Shape]) -> int:
        """Return the most bytes that two of the shapes need even when they are alone (0 for no conflicts)."""
        best = 0
        for a, row in enumerate(self.near):
            for b, gaps in row:
                if b < a:
                    best = max(best, _pair_peak(shapes[a], shapes[b], gaps))
        return best


def forbidden(a: Shape, b: Shape) -> Gaps:
    """Return the distances offset(a) - offset(b) at which the bytes of both intersect at some step."""
    first, second = (np.array(shape.spans, np.int64).reshape(-1, 4) for shape in (a, b))
    return _forbidden(first, second)


def shapes_max_load(shapes: Sequence[Shape]) -> int:
    """Return the largest sum of occupied bytes at one step, in bytes."""
    spans = np.array([span for shape in shapes for span in shape.spans], np.int64).reshape(-1, 4)
    if not len(spans):
        return 0
    width = spans[:, 3] - spans[:, 2]
    steps = np.concatenate((spans[:, 1], spans[:, 0]))
    # A stable sort lets what ends at a step go before what starts there.
    order = np.argsort(steps, kind="stable")
    return int(np.concatenate((-width, width))[order].cumsum().max())


def _forbidden(a: Ints, b: Ints) -> Gaps:
    """Return ``forbidden`` of two tables with the columns start, end, low, high."""
    if not len(a) or not len(b) or a[0, 0] >= b[-1, 1] or b[0, 0] >= a[-1, 1]:
        return ()
    # Span i of a meets in time the spans [first[i], first[i] + count[i]) of b.
    first = np.searchsorted(b[:, 1], a[:, 0], "right")
    count = np.searchsorted(b[:, 0], a[:, 1], "left") - first
    total = int(count.sum())
    if not total:
        return ()
    mine = a[np.repeat(np.arange(len(a)), count)]
    theirs = b[np.arange(total) + np.repeat(first + count - count.cumsum(), count)]
    return _merged(theirs[:, 2] - mine[:, 3], theirs[:, 3] - mine[:, 2])


def _merged(low: Ints, high: Ints) -> Gaps:
    """Return the union of non-empty open intervals; two that only touch leave the point between them free."""
    order = np.argsort(low)
    low, reach = low[order], np.maximum.accumulate(high[order])
    cut = np.flatnonzero(low[1:] >= reach[:-1]) + 1
    lows, highs = low[[0, *cut]], reach[[*(cut - 1), -1]]
    return tuple(zip(lows.tolist(), highs.tolist(), strict=True))


def _pair_peak(a: Shape, b: Shape, gaps: Gaps) -> int:
    """Return the smallest peak of ``a`` and ``b`` alone; every distance is a multiple of the common unit."""
    unit = math.gcd(a.align, b.align)
    edges = {0, *(edge // unit * unit for edge, _ in gaps), *(align_up(edge, unit) for _, edge in gaps)}
    free = (d for d in edges if not any(low < d < high for low, high in gaps))
    return min(max(max(d, 0) + a.size, max(-d, 0) + b.size) for d in free)
