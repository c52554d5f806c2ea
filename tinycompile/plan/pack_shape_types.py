"""What the packing of shapes takes and returns: items whose bytes vary over time, and their offsets."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Shape:
    """An arena item that occupies different bytes at different steps.

    A buffer is one span ``(start, end, 0, size)``. A tensor that is consumed row by row is a staircase with
    rising ``low``, one that is produced row by row has rising ``high``.

    Attributes:
        size: bytes from the item's offset to its highest byte ever.
        align: bytes; the offset is a multiple of it.
        spans: ``(start, end, low, high)``: in the steps [start, end) the bytes [low, high), counted from the
            offset, are occupied. Ordered and disjoint in time; between spans nothing is occupied.
    """

    size: int
    align: int
    spans: tuple[tuple[int, int, int, int], ...]

    def __post_init__(self) -> None:
        if self.size < 0 or self.align < 1:
            raise ValueError(f"a Shape of {self.size} bytes aligned to {self.align} is impossible")
        for start, end, low, high in self.spans:
            if start >= end or not 0 <= low < high <= self.size:
                raise ValueError(f"a Shape of {self.size} bytes has no room for span {start, end, low, high}")
        for before, after in pairwise(self.spans):
            if before[1] > after[0]:
                raise ValueError(f"spans {before} and {after} of a Shape are out of order or meet in time")

    @property
    def area(self) -> int:
        """Return bytes times steps."""
        return sum((end - start) * (high - low) for start, end, low, high in self.spans)

    @property
    def start(self) -> int:
        """Return the first step with an occupied byte (0 when there is none)."""
        return self.spans[0][0] if self.spans else 0

    @property
    def end(self) -> int:
        """Return the step after the last with an occupied byte (0 when there is none)."""
        return self.spans[-1][1] if self.spans else 0

    @property
    def sinks(self) -> bool:
        """Return whether the item dies from its low bytes upward: others may grow into it from below."""
        return bool(self.spans) and self.spans[-1][2] > self.spans[0][2]

    @property
    def staircase(self) -> bool:
        """Return whether the occupied bytes vary over time."""
        return any(before[2:] != after[2:] for before, after in pairwise(self.spans))


@dataclass(frozen=True, slots=True)
class ShapePacking:
    """Byte offsets of the shapes in their given order, and what is known about them.

    Attributes:
        offsets: one byte offset per shape, a multiple of its alignment.
        peak: bytes of the arena, the largest offset + size.
        max_load: the largest sum of occupied bytes at one step, without padding.
        bound: bytes no packing can go below: ``max_load``, what some two shapes need together, or the
            caller's own bound, whichever is largest.
        proven_optimal: ``peak == bound``.
        method: how the offsets were found, for reports.
        placements: how many times a shape was placed in the search.
    """

    offsets: tuple[int, ...]
    peak: int
    max_load: int
    bound: int
    proven_optimal: bool
    method: str
    placements: int
