"""Exact packing into a given capacity: a depth-first search over canonical solutions.

After Moffitt, "MiniMalloc: A Lightweight Memory Allocator for Hardware-Accelerated Machine Learning", ASPLOS
2023. Items are placed from the bottom up, each as low as what lies beneath allows. That leaves out nothing:
in a packing whose offsets have the least sum every item rests so, and sorting its items by (offset, position)
gives the order in which the search places them. Cut off are

* placements below the one before, or level with it and earlier in the order: another branch has them;
* placements at or above the possible top of some waiting item: that item could move down (dominance);
* placements after which the lowest possible offset in some section, plus the sizes that wait there, is beyond
  the capacity (section inference).

Whenever no waiting item crosses a boundary between two sections, the two sides are solved one after the
other; if one cannot be solved, the placement that parted them fails, whatever the other has still to try.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from tinycompile.plan.pack_sections import Ints, Layout

_PLACED = 1 << 60


@dataclass(frozen=True, slots=True)
class _Part:
    """Waiting items over the sections [begin, end), with the state of the placements that parted them.

    ``lowest`` holds the lowest possible offset per item, ``total`` the waiting bytes per section, ``cross``
    the waiting items that span each boundary. ``maker`` is the height of the stack at the placement to undo
    when the part cannot be solved.
    """

    waiting: Ints
    begin: int
    end: int
    lowest: Ints
    total: Ints
    cross: Ints
    last: tuple[int, int]
    maker: int


@dataclass(slots=True)
class _Frame:
    """A choice point: the candidates (position, offset) left to try, and the parts that come after."""

    part: _Part
    candidates: list[tuple[int, int]]
    later: tuple[_Part, ...]


@dataclass(slots=True)
class Packer:
    """Searches one layout for a packing within ``capacity`` bytes.

    ``nodes`` counts the placements tried, ``failures`` per section those that it refused.
    """

    layout: Layout
    capacity: int
    nodes: int = 0
    offsets: list[int] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)

    def solve(self, node_limit: int) -> bool | None:
        """Return True with ``offsets`` filled, False when there is no packing, None at the limit."""
        self.nodes = 0
        self.offsets = [0] * len(self.layout.order)
        self.failures = [0] * len(self.layout.total)
        parts = self._initial()
        stack = [_Frame(parts[0], self._candidates(parts[0]), tuple(parts[1:]))]
        while stack:
            frame = stack[-1]
            if not frame.candidates:
                del stack[frame.part.maker :]
                continue
            if self.nodes >= node_limit:
                return None
            self.nodes += 1
            position, offset = frame.candidates.pop()
            after = self._place(frame.part, position, offset, len(stack))
            if after is None:
                continue
            self.offsets[position] = offset
            pending = (*after, *frame.later)
            if not pending:
                return True
            stack.append(_Frame(pending[0], self._candidates(pending[0]), pending[1:]))
        return False

    def _initial(self) -> list[_Part]:
        plan = self.layout
        count = len(plan.order)
        cross = np.zeros(len(plan.total) + 1, np.int64)
        for low, high in zip(plan.low.tolist(), plan.high.tolist(), strict=True):
            cross[low + 1 : high] += 1
        lowest = np.zeros(count + 1, np.int64)
        lowest[count] = self.capacity
        whole = _Part(np.arange(count), 0, len(plan.total), lowest, plan.total.copy(), cross, (0, -1), 0)
        return self._split(whole)

    def _candidates(self, part: _Part) -> list[tuple[int, int]]:
        """Return the placements worth a try, the best last."""
        plan = self.layout
        lowest = part.lowest[part.waiting]
        ceiling = int((lowest + plan.padded[part.waiting]).min())
        offset, position = part.last
        allowed = (lowest < ceiling) & ((lowest > offset) | ((lowest == offset) & (part.waiting > position)))
        # Nothing goes below the next placement, so the fullest section sets a limit to all who are not in it.
        window = part.total[part.begin : part.end]
        fullest = part.begin + int(window.argmax())
        spare = self.capacity + plan.slack - int(part.total[fullest])
        inside = (plan.low[part.waiting] <= fullest) & (plan.high[part.waiting] > fullest)
        allowed &= inside | (lowest <= spare)
        chosen, at = part.waiting[allowed], lowest[allowed]
        ranked = np.argsort(at, kind="stable")[::-1]
        return list(zip(chosen[ranked].tolist(), at[ranked].tolist(), strict=True))

    def _place(self, part: _Part, position: int, offset: int, height: int) -> list[_Part] | None:
        """Return the parts that are left after a placement, or None when a section cannot hold its items."""
        plan = self.layout
        if offset + plan.size[position] > self.capacity:
            return None
        total = part.total.copy()
        low, high = int(plan.low[position]), int(plan.high[position])
        total[low:high] -= plan.padded[position]
        if self._overfull(offset + total[part.begin : part.end], part.begin):
            return None
        lowest = part.lowest.copy()
        meets = plan.meets[position]
        top: int | Ints = offset + int(plan.padded[position])
        if plan.mixed:
            top = -(-top // plan.align) * plan.align
        np.maximum(lowest[:-1], top, out=lowest[:-1], where=meets)
        lowest[position] = _PLACED
        begin, end = plan.reach[position]
        begin, end = max(begin, part.begin), min(end, part.end)
        first = plan.first[begin : end + 1]
        floor = np.minimum.reduceat(lowest[plan.members[first[0] : first[-1]]], first[:-1] - first[0])
        if self._overfull(np.maximum(floor, offset) + total[begin:end], begin):
            return None
        cross = part.cross.copy()
        cross[low + 1 : high] -= 1
        waiting = part.waiting[part.waiting != position]
        rest = _Part(waiting, part.begin, part.end, lowest, total, cross, (offset, position), height)
        if not cross[low + 1 : high].all() or not total[low:high].all():
            return self._split(rest)
        return [rest] if len(waiting) else []

    def _overfull(self, needed: Ints, begin: int) -> bool:
        """Return whether a section, the first of which is ``begin``, needs more than there is; count it."""
        worst = int(needed.argmax())
        if int(needed[worst]) <= self.capacity + self.layout.slack:
            return False
        self.failures[begin + worst] += 1
        return True

    def _split(self, part: _Part) -> list[_Part]:
        """Part a region at the boundaries that no waiting item crosses; sections without items fall away."""
        inner = part.cross[part.begin + 1 : part.end] == 0
        edges = [part.begin, *(np.flatnonzero(inner) + part.begin + 1).tolist(), part.end]
        parts = []
        low = self.layout.low[part.waiting]
        for begin, end in pairwise(edges):
            waiting = part.waiting[(low >= begin) & (low < end)]
            if len(waiting):
                state = (part.lowest, part.total, part.cross, part.last, part.maker)
                parts.append(_Part(waiting, begin, end, *state))
        return sorted(parts, key=lambda piece: len(piece.waiting))
