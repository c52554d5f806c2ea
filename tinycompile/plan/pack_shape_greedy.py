"""Greedy packing of shapes in a given order, each as low or as high as the ones before it allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tinycompile.plan.pack_fit import align_up
from tinycompile.plan.pack_shape_conflicts import Conflicts
from tinycompile.plan.pack_shape_types import Shape


@dataclass(frozen=True, slots=True)
class Recipe:
    """A way to place shapes: in ``order``, those in ``hung`` as high as they fit under ``ceiling`` bytes."""

    order: tuple[int, ...]
    hung: frozenset[int]
    ceiling: int

    def under(self, ceiling: int) -> Recipe:
        """Return the recipe with another ceiling."""
        return replace(self, ceiling=ceiling)


@dataclass(slots=True)
class Placer:
    """Follows recipes; ``placements`` counts the shapes placed."""

    shapes: Sequence[Shape]
    conflicts: Conflicts
    placements: int = 0

    def place(self, recipe: Recipe, limit: int | None = None) -> tuple[int, list[int]] | None:
        """Return (peak, offsets), or None as soon as the peak exceeds ``limit`` bytes."""
        offsets = [-1] * len(self.shapes)
        peak = 0
        for index in recipe.order:
            self.placements += 1
            offset = self._highest(index, offsets, recipe.ceiling) if index in recipe.hung else -1
            if offset < 0:
                offset = self._lowest(index, offsets)
            offsets[index] = offset
            peak = max(peak, offset + self.shapes[index].size)
            if limit is not None and peak > limit:
                return None
        return peak, offsets

    def _blocked(self, index: int, offsets: Sequence[int]) -> list[tuple[int, int]]:
        """Return the open intervals of offsets that the placed shapes (offset not negative) forbid."""
        return [
            (base + low, base + high)
            for other, gaps in self.conflicts.near[index]
            if (base := offsets[other]) >= 0
            for low, high in gaps
        ]

    def _lowest(self, index: int, offsets: Sequence[int]) -> int:
        align = self.shapes[index].align
        offset = 0
        for low, high in sorted(self._blocked(index, offsets)):
            if low >= offset:
                break
            if high > offset:
                offset = align_up(high, align)
        return offset

    def _highest(self, index: int, offsets: Sequence[int], ceiling: int) -> int:
        """Return the highest offset under the ceiling; negative when there is none."""
        shape = self.shapes[index]
        offset = (ceiling - shape.size) // shape.align * shape.align
        for high, low in sorted(((high, low) for low, high in self._blocked(index, offsets)), reverse=True):
            if high <= offset:
                break
            if low < offset:
                offset = low // shape.align * shape.align
        return offset
