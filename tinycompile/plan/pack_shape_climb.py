"""Seeded local search over the recipes of the greedy packing."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tinycompile.plan.pack_shape_greedy import Placer, Recipe


@dataclass(slots=True)
class Climb:
    """A walk that starts at ``recipe`` and never accepts a higher peak.

    Neighbours at the same peak are accepted, which lets the walk drift along plateaus. Every other move is
    aimed at a shape that reaches the peak.
    """

    placer: Placer
    recipe: Recipe
    peak: int
    offsets: list[int]
    dice: random.Random

    def run(self, goal: int, placements: int) -> None:
        """Walk until the peak is at most ``goal`` bytes or that many placements are used up."""
        last = self.placer.placements + placements
        while self.peak > goal and self.placer.placements < last:
            moved, keep = self._move(goal)
            if keep == len(moved.order):
                # Nothing is placed anew; the fee makes sure that the walk ends.
                self.placer.placements += 1
                continue
            found = self.placer.place(moved, self.peak, self.offsets, keep)
            if found is not None:
                self.recipe = moved
                self.peak, self.offsets = found

    def _move(self, goal: int) -> tuple[Recipe, int]:
        """Return a neighbour and the length of the part of its order that is placed as before."""
        order, hung, ceiling = self.recipe.order, self.recipe.hung, self.recipe.ceiling
        one = self._position()
        kind = self._draw(8)
        if kind == 0:
            # Hung shapes move with the ceiling, which makes sense from the goal to just below the peak.
            first = next((at for at, index in enumerate(order) if index in hung), len(order))
            return self.recipe.under(goal + self._draw(self.peak - goal)), first
        if kind <= 2:
            return Recipe(order, hung ^ {order[one]}, ceiling), one
        two = self._draw(len(order))
        changed = list(order)
        if kind <= 5:
            changed[one], changed[two] = changed[two], changed[one]
        else:
            changed.insert(two, changed.pop(one))
        return Recipe(tuple(changed), hung, ceiling), min(one, two) if one != two else len(order)

    def _position(self) -> int:
        """Return a place in the order: of any shape, or of one that reaches the peak."""
        order = self.recipe.order
        if self._draw(2):
            return self._draw(len(order))
        top = [at for at, index in enumerate(order) if self._end(index) == self.peak]
        return top[self._draw(len(top))]

    def _end(self, index: int) -> int:
        return self.offsets[index] + self.placer.shapes[index].size

    def _draw(self, count: int) -> int:
        """Return a number in [0, count); ``random()`` is the one method with the same results everywhere."""
        return int(self.dice.random() * count)
