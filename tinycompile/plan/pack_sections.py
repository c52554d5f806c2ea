"""Sections, the maximal sets of items alive together, and what the packing search precomputes of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinycompile.plan.pack_fit import align_up
from tinycompile.plan.pack_types import PackItem

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Layout:
    """Items in a fixed order, with the sections that they span.

    Attributes:
        order: position -> index of the item; every other per-item field goes by position.
        size, tall, padded, align: bytes; ``padded`` is the size rounded up to the alignment that all items
            share, and ``tall`` the same as a list.
        span: the half-open range of sections that an item spans; ``low`` is where it begins.
        meets: (items, items) boolean; do the two share a section.
        reach: the range of sections of the items that an item meets.
        total: bytes (padded) per section.
        members, first: the items of section ``s`` are ``members[first[s]:first[s + 1]]``; each such run ends
            with a sentinel, the position one past the last item.
        covers: (items, sections) bytes (padded) of an item where it is alive, 0 elsewhere.
        twins: per item the later positions with the same sections.
        slack: the most that the padding of a topmost item may hang over the capacity.
        mixed: whether the top of a padded item can be misaligned for another.
    """

    order: tuple[int, ...]
    size: list[int]
    tall: list[int]
    padded: Ints
    align: Ints
    span: list[tuple[int, int]]
    low: Ints
    meets: NDArray[np.bool_]
    reach: list[tuple[int, int]]
    total: Ints
    members: Ints
    first: Ints
    covers: Ints
    twins: list[list[int]]
    slack: int
    mixed: bool


def sections_of(items: Sequence[PackItem]) -> list[frozenset[int]]:
    """Return the maximal sets of items alive at one step, in order of time."""
    found: list[frozenset[int]] = []
    for step in sorted({item.start for item in items}):
        alive = frozenset(i for i, item in enumerate(items) if item.start <= step < item.end)
        # A set that is not maximal lies within a neighbour: lifetimes are intervals.
        while found and found[-1] <= alive:
            found.pop()
        if not found or not alive <= found[-1]:
            found.append(alive)
    return found


@dataclass(frozen=True, slots=True)
class Timeline:
    """Non-empty items with their sections; ``spans`` gives the half-open range of sections of every item."""

    items: tuple[PackItem, ...]
    padded: tuple[int, ...]
    sections: tuple[frozenset[int], ...]
    totals: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]

    @staticmethod
    def of(items: Sequence[PackItem]) -> Timeline:
        """Lay out ``items``, of which there is at least one."""
        sections = sections_of(items)
        unit = math.gcd(*(item.align for item in items))
        padded = tuple(align_up(item.size, unit) for item in items)
        within = [[s for s, section in enumerate(sections) if i in section] for i in range(len(items))]
        return Timeline(
            items=tuple(items),
            padded=padded,
            sections=tuple(sections),
            totals=tuple(sum(padded[i] for i in section) for section in sections),
            spans=tuple((span[0], span[-1] + 1) for span in within),
        )

    def measure(self, letter: str, index: int) -> int:
        """Return one measure of an item: T its fullest section, A bytes times steps, W steps, Z bytes."""
        item = self.items[index]
        if letter == "T":
            return max(self.totals[slice(*self.spans[index])])
        length = item.end - item.start
        return {"A": item.size * length, "W": length, "Z": item.size}[letter]


def layout(timeline: Timeline, heuristic: str, trouble: Sequence[float] | None = None) -> Layout:
    """Arrange the items by a heuristic such as ``"TWA"``: largest first, most important measure first.

    With ``trouble``, a weight per item, the heaviest items come before all others.
    """
    items, spans, padded = timeline.items, timeline.spans, timeline.padded
    weight = [0.0] * len(items) if trouble is None else trouble
    measures = [[-timeline.measure(letter, i) for letter in heuristic] for i in range(len(items))]
    order = sorted(range(len(items)), key=lambda index: (-weight[index], measures[index]))
    position = {index: place for place, index in enumerate(order)}
    low = np.array([spans[i][0] for i in order])
    high = np.array([spans[i][1] for i in order])
    meets = (low[:, None] < high[None, :]) & (low[None, :] < high[:, None])
    runs = [[*sorted(position[i] for i in section), len(items)] for section in timeline.sections]
    sections = np.arange(len(runs))
    alive = (low[:, None] <= sections) & (sections < high[:, None])
    bytes_ = np.array([padded[i] for i in order])
    at = [spans[i] for i in order]
    return Layout(
        order=tuple(order),
        size=[items[i].size for i in order],
        tall=bytes_.tolist(),
        padded=bytes_,
        align=np.array([items[i].align for i in order]),
        span=at,
        low=low,
        meets=meets,
        reach=[(int(low[row].min()), int(high[row].max())) for row in meets],
        total=np.array(timeline.totals),
        members=np.array([place for run in runs for place in run]),
        first=np.cumsum([0, *(len(run) for run in runs)]),
        covers=np.where(alive, bytes_[:, None], 0),
        twins=[[later for later in range(i + 1, len(at)) if at[later] == at[i]] for i in range(len(at))],
        slack=max(p - item.size for p, item in zip(padded, items, strict=True)),
        mixed=len({item.align for item in items}) > 1,
    )
