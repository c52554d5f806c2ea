"""Which placements made a section too full: the reasons along which the packing search jumps back.

A section is refused because each item that waits in it cannot start below some offset. For every such item
one placement is enough as a reason: the first that lifted it so high. That placement may itself lie lower
than it does, as long as its top still reaches the offset, and so on down to the bottom of the arena. Such
reasons are lifted explanations as in Schutt et al., "Explaining the cumulative propagator", Constraints 16,
2011; what they are for is the conflict-directed backjumping of Prosser, "Hybrid algorithms for the constraint
satisfaction problem", 1993.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.plan.pack_sections import Ints

#: The lowest possible offset of an item that is placed.
PLACED = 1 << 60


@dataclass(slots=True)
class Trail:
    """The placements so far, numbered from 0.

    Attributes:
        lowest: (placements + 1, items + 1) bytes; row r holds the lowest possible offset of every item before
            placement r, and a sentinel. Down a column the values never fall.
        items: placement -> position of its item.
        offsets, sizes: position -> bytes.
        lifted: look for reasons as low as they may lie; otherwise take every reason where it was placed.
    """

    lowest: Ints
    items: list[int]
    offsets: list[int]
    sizes: list[int]
    lifted: bool

    def put(self, number: int, position: int, offset: int) -> None:
        """Note that placement ``number`` put the item there."""
        self.items[number] = position
        self.offsets[position] = offset

    def waits(self, positions: Ints, row: int) -> Ints:
        """Return those of the items that are not placed in ``row``."""
        found: Ints = positions[self.lowest[row, positions] < PLACED]
        return found

    def blame(self, waiting: Sequence[int] | Ints, level: int, row: int) -> int:
        """Return the placements, a bit each, for which no item of ``waiting`` starts below ``level`` bytes.

        ``row`` holds the state to explain. Whatever it leaves below the level is there because nothing goes
        below the placement before ``row``.
        """
        first = (self.lowest[: row + 1, waiting] < level).sum(axis=0)
        found: dict[int, int] = {}
        pending = [self._reason(r, level) if r <= row else (row - 1, level) for r in set(first.tolist())]
        mask = 0
        while pending:
            number, need = pending.pop()
            if number < 0 or found.get(number, -1) >= need:
                continue
            found[number] = need
            mask |= 1 << number
            if need > 0:
                column = self.lowest[: number + 1, self.items[number]]
                pending.append(self._reason(min(int(column.searchsorted(need)), number), need))
        return mask

    def _reason(self, row: int, level: int) -> tuple[int, int]:
        """Return the placement that led to ``row``, and the offset that it must have to reach ``level``."""
        if not row:
            return -1, 0
        position = self.items[row - 1]
        need = level - self.sizes[position] if self.lifted else self.offsets[position]
        return row - 1, max(need, 0)
