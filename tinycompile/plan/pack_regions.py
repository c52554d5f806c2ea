"""Spread shapes over several memories: hot ones in the cheapest, each memory packed by itself.

The choice of memories is a multiple knapsack whose knapsacks are themselves packing problems. Homes are
searched here (`pack_region_search`), and the packings of `pack` and `pack_shapes` say what fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from tinycompile.plan.pack_region_oracle import Members, Offsets, Oracle
from tinycompile.plan.pack_region_search import Search
from tinycompile.plan.pack_region_types import Memory, RegionPacking
from tinycompile.plan.pack_shapes import Shape

__all__ = ["Memory", "RegionPacking", "pack_regions"]

#: Packings of one memory that the search may try.
_ATTEMPTS = 2_000


def pack_regions(
    shapes: Sequence[Shape],
    heat: Sequence[int],
    groups: Iterable[Iterable[int]],
    memories: Sequence[Memory],
    *,
    total: int | None = None,
    attempts: int = _ATTEMPTS,
) -> RegionPacking:
    """Return a memory and an offset in it for every shape.

    The sum of heat times the cost of a byte is made small; where one memory that costs least takes
    everything, only that one is used. The result is the same on every machine.

    Args:
        shapes: as for `pack_shapes`; their steps are of one clock.
        heat: bytes that a run reads and writes in each shape.
        groups: indices of shapes that must share a memory; groups that meet are joined.
        memories: in order of preference among those that cost the same; one or more.
        total: bytes that all memories together should not exceed, where that can be had. Parts that peak at
            different times need more than one arena would, so fewer or smaller parts are tried then.
        attempts: how many packings of one memory are tried at most, and nodes of the branch and bound.
    """
    if len(heat) != len(shapes) or not memories:
        raise ValueError("every shape has a heat, and there is at least one memory")
    oracle = Oracle(shapes, _clusters(len(shapes), groups))
    members, proven, method = _homes(oracle, heat, memories, attempts)
    homeless = sorted(frozenset(range(len(oracle.clusters))).difference(*members))
    if homeless:
        members = _overfilled(oracle, memories, members, homeless)
    unplaced = tuple(sorted(i for c in homeless for i in oracle.clusters[c]))
    best = _result(oracle, heat, memories, members, unplaced, proven, method)
    if total is None or homeless or sum(best.used) <= total:
        return best
    found = [best]
    for narrower in _narrower(memories):
        members, _, method = _homes(oracle, heat, narrower, attempts + oracle.attempts)
        if sum(map(len, members)) == len(oracle.clusters):
            found.append(_result(oracle, heat, narrower, members, (), False, method))
    return min(found, key=lambda f: (max(0, sum(f.used) - total), f.cost))


def _homes(
    oracle: Oracle, heat: Sequence[int], memories: Sequence[Memory], attempts: int
) -> tuple[Sequence[Members], bool, str]:
    """The clusters in each memory, whether that is proven to be the best, and how it was found."""
    everything: Members = frozenset(range(len(oracle.clusters)))
    least = min(memory.cost for memory in memories)
    for index, memory in enumerate(memories):
        if memory.cost == least and oracle.fit(everything, memory.capacity).offsets is not None:
            members = [everything if i == index else frozenset() for i in range(len(memories))]
            return members, True, "one memory"
    search = Search(oracle, [sum(heat[i] for i in c) for c in oracle.clusters], memories, attempts)
    return search.run().members, search.proven, search.method


def _narrower(memories: Sequence[Memory]) -> Iterator[list[Memory]]:
    """The memories with all but the last cut to parts, and each memory alone."""
    for quarters in (3, 2, 1):
        cut = [replace(m, capacity=m.capacity * quarters // 4) for m in memories[:-1]]
        yield [*cut, memories[-1]]
    for alone in range(len(memories)):
        yield [m if i == alone else replace(m, capacity=0) for i, m in enumerate(memories)]


def _clusters(count: int, groups: Iterable[Iterable[int]]) -> list[tuple[int, ...]]:
    """Disjoint sets of shapes, each in rising order, by their first shape."""
    leader = list(range(count))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = index = leader[leader[index]]
        return index

    for group in groups:
        for a, b in pairwise(group):
            low, high = sorted((find(a), find(b)))
            leader[high] = low
    found: dict[int, list[int]] = {}
    for index in range(count):
        found.setdefault(find(index), []).append(index)
    return [tuple(members) for _, members in sorted(found.items())]


def _overfilled(
    oracle: Oracle, memories: Sequence[Memory], members: Sequence[Members], homeless: Sequence[int]
) -> list[Members]:
    """The members with all homeless clusters in the one memory that is then exceeded by the least."""
    grown = [m | set(homeless) for m in members]
    excess = [
        oracle.peak(oracle.smallest(g)) - memory.capacity for g, memory in zip(grown, memories, strict=True)
    ]
    chosen = excess.index(min(excess))
    return [g if i == chosen else m for i, (g, m) in enumerate(zip(grown, members, strict=True))]


def _result(
    oracle: Oracle,
    heat: Sequence[int],
    memories: Sequence[Memory],
    members: Sequence[Members],
    unplaced: tuple[int, ...],
    proven: bool,
    method: str,
) -> RegionPacking:
    home, offsets, used = [0] * len(heat), [0] * len(heat), []
    for index, (inside, memory) in enumerate(zip(members, memories, strict=True)):
        placed = _tightest(oracle, inside, memory.capacity)
        for shape, offset in placed.items():
            home[shape], offsets[shape] = index, offset
        used.append(oracle.peak(placed))
    cost = sum(h * memories[m].cost for h, m in zip(heat, home, strict=True))
    return RegionPacking(
        tuple(home), tuple(offsets), tuple(used), cost, unplaced, proven, oracle.attempts, method
    )


def _tightest(oracle: Oracle, members: Members, capacity: int) -> Offsets:
    """Of the packing that fits and the one that is searched without a capacity, the lower."""
    found = oracle.smallest(members)
    fitting = oracle.fit(members, capacity).offsets
    return fitting if fitting is not None and oracle.peak(fitting) < oracle.peak(found) else found
