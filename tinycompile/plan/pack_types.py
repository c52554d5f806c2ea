"""What the packing takes and returns: items with lifetimes, and their offsets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PackItem:
    """``size`` bytes that live in the half-open step interval [start, end), aligned to ``align`` bytes."""

    size: int
    align: int
    start: int
    end: int

    def __post_init__(self) -> None:
        if self.size < 0 or self.align < 1 or self.end <= self.start:
            raise ValueError(f"{self} has a negative size, no alignment or an empty lifetime")


@dataclass(frozen=True, slots=True)
class PackResult:
    """Byte offsets of the items in their given order, and what is known about them.

    Attributes:
        offsets: one byte offset per item, a multiple of its alignment.
        peak: bytes of the arena, the largest offset + size.
        max_load: bytes no arena can go below: the largest sum of sizes alive at one step.
        proven_optimal: no packing has a smaller peak (``peak == max_load``, or the search was exhaustive).
        method: how the offsets were found, for reports.
        nodes: placements that the exact search tried.
    """

    offsets: tuple[int, ...]
    peak: int
    max_load: int
    proven_optimal: bool
    method: str
    nodes: int = 0
