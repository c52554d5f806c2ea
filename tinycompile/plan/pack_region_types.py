"""What the packing into several memories takes and returns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Memory:
    """A memory that shapes may be placed in.

    Attributes:
        capacity: bytes.
        cost: of one byte read or written there; only differences between memories matter.
    """

    capacity: int
    cost: int

    def __post_init__(self) -> None:
        if self.capacity < 0 or self.cost < 0:
            raise ValueError(f"{self} has a negative capacity or cost")


@dataclass(frozen=True, slots=True)
class RegionPacking:
    """Where every shape lies: its memory, and the byte offset in that memory.

    Attributes:
        home: per shape the index of its memory.
        offsets: per shape the byte offset in it, a multiple of its alignment.
        used: per memory the bytes in use; above its capacity where `unplaced` shapes were put.
        cost: sum over the shapes of heat times the cost of a byte in their memory.
        unplaced: shapes that no memory had room for. They have a home all the same, the one that
            is exceeded by the least, so that the result says how much is missing.
        proven: that the cost is the least possible, or, with unplaced shapes, that nothing fits.
        attempts: how many packings of one memory were tried.
        method: how the homes were found, for reports.
    """

    home: tuple[int, ...]
    offsets: tuple[int, ...]
    used: tuple[int, ...]
    cost: int
    unplaced: tuple[int, ...]
    proven: bool
    attempts: int
    method: str

    @property
    def fits(self) -> bool:
        """Whether every memory holds what was put there."""
        return not self.unplaced
