"""Packing into a given capacity: a depth-first search over canonical solutions.

After Moffitt, "MiniMalloc: A Lightweight Memory Allocator for Hardware-Accelerated Machine Learning", ASPLOS
2023. Items are placed from the bottom up, each as low as what lies beneath allows. That leaves out nothing:
in a packing with the least weighted sum of offsets every item rests so, and sorting its items by (offset,
position) gives the order in which the search places them. Cut off are

* placements below the one before, or level with it and earlier in the order: another branch has them;
* placements at or above the possible top of some waiting item: that item could move down (dominance);
* an item right on top of one with the same lifetime that comes later in the order: the two can change places,
  and with weights size * f(position), f falling, that lowers the sum (``swaps`` keeps these placements; so
  does padding, with which the two are not alike);
* placements after which the items that wait in some section do not fit above the lowest possible offset of
  any suffix of them, sorted by that offset (section inference; suffixes are the release-date bound of
  one-machine scheduling).

Whenever no waiting item crosses a boundary between two sections, the two sides are solved one after the
other; if one cannot be solved, the placement that parted them fails, whatever the other has still to try.

With ``jumps`` a dead end goes back to the last placement that had a part in it (``pack_blame``), not to the
last one. That skips what happened elsewhere in time meanwhile, but the reasons are not complete: that
something was cut off as another branch's is not traced. A search that jumps finds packings; only one that
does not jump proves that there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from tinycompile.plan.pack_blame import PLACED, Trail
from tinycompile.plan.pack_sections import Floats, Ints, Layout

#: A blame that spares no placement.
_ALL = -1


@dataclass(frozen=True, slots=True)
class _Part:
    """Waiting items over the sections [begin, end).

    ``last`` is the (offset, position) of the placement before; ``maker`` is the height of the stack at the
    placement to undo when the part cannot be solved.
    """

    waiting: Ints
    begin: int
    end: int
    last: tuple[int, int]
    maker: int


@dataclass(slots=True)
class _Frame:
    """A choice point: candidates (position, offset) left to try, parts that come after, blame so far."""

    part: _Part
    candidates: list[tuple[int, int]]
    later: tuple[_Part, ...]
    blame: int


@dataclass(slots=True)
class Packer:
    """Searches one layout for a packing within ``capacity`` bytes.

    ``nodes`` counts the placements tried, ``failures`` per section those that it refused, ``pressure`` the
    same per waiting item of the section, in equal shares.
    """

    layout: Layout
    capacity: int
    jumps: bool = False
    lifted: bool = True
    swaps: bool = False
    nodes: int = 0
    offsets: list[int] = field(default_factory=list)
    failures: list[float] = field(default_factory=list)
    pressure: Floats = field(init=False)
    _trail: Trail = field(init=False)
    _total: Ints = field(init=False)
    _cross: Ints = field(init=False)

    def solve(self, node_limit: int) -> bool | None:
        """Return True with ``offsets`` filled, False when the search is exhausted, None at the limit."""
        parts = self._begin()
        stack = [self._frame(parts, 0)]
        while stack:
            frame = stack[-1]
            if not frame.candidates:
                self._retreat(stack)
                continue
            if self.nodes >= node_limit:
                return None
            self.nodes += 1
            position, offset = frame.candidates.pop()
            after = self._place(frame, position, offset, len(stack))
            if after is None:
                continue
            pending = (*after, *frame.later)
            if not pending:
                return True
            stack.append(self._frame(pending, len(stack)))
        return False

    def _begin(self) -> list[_Part]:
        """Reset all state; row r of every table holds what is known before placement r."""
        plan = self.layout
        count, sections = len(plan.order), len(plan.total)
        self.nodes = 0
        self.offsets = [0] * count
        self.failures = [0.0] * sections
        self.pressure = np.zeros(count)
        self._trail = Trail(
            np.zeros((count + 1, count + 1), np.int64), [0] * count, self.offsets, plan.tall, self.lifted
        )
        self._trail.lowest[:, count] = self.capacity
        self._total = np.zeros((count + 1, sections), np.int64)
        self._total[0] = plan.total
        self._cross = np.zeros((count + 1, sections + 1), np.int64)
        for low, high in plan.span:
            self._cross[0, low + 1 : high] += 1
        return self._split(_Part(np.arange(count), 0, sections, (0, -1), 0), 0)

    def _retreat(self, stack: list[_Frame]) -> None:
        """Go back from a frame with nothing left to try to the placement to change."""
        frame = stack[-1]
        blame = frame.blame & ((1 << (len(stack) - 1)) - 1) if self.jumps else _ALL
        while True:
            height = frame.part.maker
            del stack[height:]
            if not stack:
                return
            frame = stack[-1]
            if blame >> (height - 1) & 1:
                frame.blame |= blame & ((1 << (height - 1)) - 1)
                return

    def _frame(self, parts: tuple[_Part, ...] | list[_Part], row: int) -> _Frame:
        candidates = self._candidates(parts[0], row)
        return _Frame(parts[0], candidates, tuple(parts[1:]), 0 if candidates else _ALL)

    def _candidates(self, part: _Part, row: int) -> list[tuple[int, int]]:
        """Return the placements worth a try, the best last."""
        plan = self.layout
        waiting = part.waiting
        lowest = self._trail.lowest[row][waiting]
        ceiling = int((lowest + plan.padded[waiting]).min())
        offset, position = part.last
        allowed = (lowest < ceiling) & ((lowest > offset) | ((lowest == offset) & (waiting > position)))
        # Nothing goes below the next placement, so the fullest section sets a limit to all who are not in it.
        total = self._total[row]
        fullest = part.begin + int(total[part.begin : part.end].argmax())
        spare = self.capacity + plan.slack - int(total[fullest])
        allowed &= (plan.covers[waiting, fullest] > 0) | (lowest <= spare)
        chosen, at = waiting[allowed], lowest[allowed]
        ranked = np.argsort(at, kind="stable")[::-1]
        found = list(zip(chosen[ranked].tolist(), at[ranked].tolist(), strict=True))
        if self.swaps or plan.mixed or plan.slack:
            return found
        return [one for one in found if not self._swappable(*one, row)]

    def _swappable(self, position: int, offset: int, row: int) -> bool:
        """Return whether the item would lie right on a later one of the same lifetime."""
        plan, lowest = self.layout, self._trail.lowest[row]
        return any(
            lowest[below] == PLACED and self.offsets[below] + plan.tall[below] == offset
            for below in plan.twins[position]
        )

    def _place(self, frame: _Frame, position: int, offset: int, height: int) -> list[_Part] | None:
        """Return the parts that are left after a placement, or None when a section cannot hold its items.

        The placement is number ``height - 1`` and fills row ``height``.
        """
        plan, part, limit = self.layout, frame.part, self.capacity + self.layout.slack
        self._trail.put(height - 1, position, offset)
        if offset + plan.size[position] > self.capacity:
            level = self.capacity - plan.size[position] + 1
            frame.blame |= self._trail.blame([position], level, height - 1)
            return None
        total = self._total[height]
        total[:] = self._total[height - 1]
        low, high = plan.span[position]
        total[low:high] -= plan.tall[position]
        window = total[part.begin : part.end]
        worst = int(window.argmax())
        if offset + int(window[worst]) > limit:
            self._raise(position, offset, height)
            self._refuse(frame, part.begin + worst, height)
            return None
        lowest = self._raise(position, offset, height)
        begin, end = plan.reach[position]
        begin, end = max(begin, part.begin), min(end, part.end)
        first = plan.first[begin : end + 1]
        floor = np.minimum.reduceat(lowest[plan.members[first[0] : first[-1]]], first[:-1] - first[0])
        needed = np.maximum(floor, offset) + total[begin:end]
        worst = int(needed.argmax())
        if int(needed[worst]) > limit:
            self._refuse(frame, begin + worst, height)
            return None
        waiting = part.waiting[part.waiting != position]
        if len(waiting) and self._overfull(frame, waiting, (begin, end), height):
            return None
        cross = self._cross[height]
        cross[:] = self._cross[height - 1]
        cross[low + 1 : high] -= 1
        rest = _Part(waiting, part.begin, part.end, (offset, position), height)
        if not cross[low + 1 : high].all() or not total[low:high].all():
            return self._split(rest, height)
        return [rest] if len(waiting) else []

    def _raise(self, position: int, offset: int, height: int) -> Ints:
        """Return the lowest possible offsets after a placement, the row ``height``."""
        plan = self.layout
        lowest: Ints = self._trail.lowest[height]
        lowest[:] = self._trail.lowest[height - 1]
        top: int | Ints = offset + plan.tall[position]
        if plan.mixed:
            top = -(-top // plan.align) * plan.align
        np.maximum(lowest[:-1], top, out=lowest[:-1], where=plan.meets[position])
        lowest[position] = PLACED
        return lowest

    def _overfull(self, frame: _Frame, waiting: Ints, reach: tuple[int, int], height: int) -> bool:
        """Return whether the items of a section that start at or above some offset do not fit above it."""
        plan = self.layout
        lowest = self._trail.lowest[height][waiting]
        ranked = lowest.argsort()[::-1]
        lowest = lowest[ranked]
        sums = plan.covers[waiting[ranked], reach[0] : reach[1]].cumsum(axis=0)
        needed = sums + lowest[:, None]
        worst = int(needed.argmax())
        count, section = divmod(worst, needed.shape[1])
        if int(needed[count, section]) <= self.capacity + plan.slack:
            return False
        level = self.capacity + plan.slack + 1 - int(sums[count, section])
        section += reach[0]
        chosen = waiting[ranked[: count + 1]]
        inside = chosen[plan.covers[chosen, section] > 0]
        self._count(section, height)
        frame.blame |= self._trail.blame(inside, level, height)
        return True

    def _refuse(self, frame: _Frame, section: int, height: int) -> None:
        """Note a placement after which the items that wait in ``section`` do not fit."""
        inside = self._count(section, height)
        level = self.capacity + self.layout.slack + 1 - int(self._total[height, section])
        frame.blame |= self._trail.blame(inside, level, height)

    def _count(self, section: int, height: int) -> Ints:
        """Count a refusal by ``section``; returns the items that wait in it."""
        plan = self.layout
        inside = plan.members[plan.first[section] : plan.first[section + 1] - 1]
        inside = self._trail.waits(inside, height)
        self.failures[section] += 1
        self.pressure[inside] += 1 / max(len(inside), 1)
        return inside

    def _split(self, part: _Part, row: int) -> list[_Part]:
        """Part a region at the boundaries that no waiting item crosses; sections without items fall away."""
        inner = self._cross[row, part.begin + 1 : part.end] == 0
        edges = [part.begin, *(np.flatnonzero(inner) + part.begin + 1).tolist(), part.end]
        low = self.layout.low[part.waiting]
        parts = []
        for begin, end in pairwise(edges):
            waiting = part.waiting[(low >= begin) & (low < end)]
            if len(waiting):
                parts.append(_Part(waiting, begin, end, part.last, part.maker))
        return sorted(parts, key=lambda piece: len(piece.waiting))
