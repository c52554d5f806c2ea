"""Packing into a given capacity by ejection: a shape that finds no place takes one from others.

After the guided ejection search of Nagata and Bräysy, "A powerful route minimization heuristic for the
vehicle routing problem with time windows", Operations Research Letters 37, 2009. The shapes that do not fit
wait on a stack. The top one goes where it drives out the least, and what it drove out goes onto the stack.
What a shape weighs grows whenever it had to drive others out, so the search learns which shapes are hard to
place and leaves them where they are; weights fade, because what is hard changes with what lies around it.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from tinycompile.plan.pack_fit import align_up
from tinycompile.plan.pack_shape_conflicts import Conflicts
from tinycompile.plan.pack_shape_types import Shape

#: What remains after one ejection of a weight above 1.
_MEMORY = 0.99

#: How much costs are blurred, so that almost equal places are all tried.
_BLUR = 0.3

#: Placements without success after which the search starts again from the best packing.
_PATIENCE = 1500

#: Share of the shapes that are taken out when it starts again.
_KICK = 0.3


@dataclass(slots=True)
class Ejector:
    """Improves a packing; ``offsets`` and ``peak`` are always those of a valid one.

    Attributes:
        shapes, conflicts: what is packed.
        offsets: bytes, one per shape.
        dice: the source of all choices.
        placements: how many shapes were placed so far.
    """

    shapes: Sequence[Shape]
    conflicts: Conflicts
    offsets: list[int]
    dice: random.Random
    placements: int = 0
    _at: list[int] = field(init=False)
    _weight: list[float] = field(init=False)

    @property
    def peak(self) -> int:
        """Return the bytes that the packing needs."""
        return max((at + s.size for s, at in zip(self.shapes, self.offsets, strict=True)), default=0)

    def run(self, goal: int, placements: int) -> None:
        """Lower the peak until it is at most ``goal`` bytes or that many placements are used up.

        ``goal`` must be at least the size of the largest shape.
        """
        last = self.placements + placements
        while (peak := self.peak) > goal and self._fit(peak - 1, last):
            self.offsets = self._at

    def _fit(self, capacity: int, last: int) -> bool:
        """Look for a packing within ``capacity`` bytes, starting from the best one; False at the limit."""
        share = 0.0
        while self.placements < last:
            waiting = self._take_out(capacity, share)
            until = min(last, self.placements + _PATIENCE)
            while waiting:
                if self.placements >= until:
                    break
                waiting += self._insert(waiting.pop(), capacity)
            else:
                return True
            share = _KICK
        return False

    def _take_out(self, capacity: int, share: float) -> list[int]:
        """Start from the best packing; returns what is too high and a share of the rest, small ones first."""
        self._at = list(self.offsets)
        self._weight = [1.0] * len(self.shapes)
        out = []
        for index, shape in enumerate(self.shapes):
            if self._at[index] + shape.size > capacity or self.dice.random() < share:
                self._at[index] = -1
                out.append((shape.size * (1 - share * self.dice.random()), index))
        return [index for _, index in sorted(out)]

    def _insert(self, index: int, capacity: int) -> list[int]:
        """Place a shape where it drives out the least; returns what it drove out, small ones first."""
        self.placements += 1
        offset, free = self._place_for(index, capacity)
        self._at[index] = offset
        if free:
            return []
        self._weight[index] += 1
        self._weight = [1 + _MEMORY * (weight - 1) for weight in self._weight]
        out = []
        for other, gaps in self.conflicts.near[index]:
            base = self._at[other]
            if base >= 0 and any(low < offset - base < high for low, high in gaps):
                self._at[other] = -1
                out.append(other)
        return sorted(out, key=lambda other: self.shapes[other].size)

    def _place_for(self, index: int, capacity: int) -> tuple[int, bool]:
        """Return the offset of the least cost, at random among equal ones, and whether it costs nothing.

        The cheapest offset can be slid to an end of what some neighbour forbids, or of the arena.
        """
        align = self.shapes[index].align
        top = (capacity - self.shapes[index].size) // align * align
        lows, highs = [], []
        for other, gaps in self.conflicts.near[index]:
            base = self._at[other]
            if base < 0:
                continue
            weight = self._weight[other]
            for low, high in gaps:
                if base + high > 0 and base + low < top:
                    lows.append((base + low, weight))
                    highs.append((base + high, weight))
        begins, begun = _sums(lows)
        ends, ended = _sums(highs)
        places = {0, top}
        places.update(low // align * align for low in begins if low >= 0)
        places.update(at for high in ends if (at := align_up(high, align)) <= top)
        chosen: list[int] = []
        least = 0.0
        for at in sorted(places):
            cost = begun[bisect_left(begins, at)] - ended[bisect_right(ends, at)]
            # Weights are at least 1; what is left of a sum that should vanish is rounding.
            cost = cost * (1 + _BLUR * self.dice.random()) if cost > 0.5 else 0.0
            if not chosen or cost < least:
                chosen, least = [at], cost
            elif cost == least:
                chosen.append(at)
        return chosen[int(self.dice.random() * len(chosen))], not least


def _sums(edges: list[tuple[int, float]]) -> tuple[list[int], list[float]]:
    """Return the sorted edges and the running sums of their weights, from 0 on."""
    edges.sort()
    return [edge for edge, _ in edges], list(accumulate((weight for _, weight in edges), initial=0.0))
