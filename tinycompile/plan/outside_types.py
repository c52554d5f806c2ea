"""What a Program says of constants that are not in the default flash."""

from __future__ import annotations

from dataclasses import dataclass

#: Reads begin at multiples of this in the file and in the arena, and are multiples of it long: whole cache
#: lines of a Cortex-M7, so that DMA into a cached memory shares no line with anything else.
FETCH_ALIGN = 32
#: Constants inside a read begin at multiples of this.
STAGED_ALIGN = 16
#: What the callbacks add to the generated context: two functions and a pointer.
CALLBACK_BYTES = 12


@dataclass(frozen=True)
class Placed:
    """A constant that the C code refers to in the memory region `region` instead of the default flash.

    Attributes:
        copied: the region is RAM; the default flash holds the bytes that start-up code copies there.
    """

    name: str
    region: str
    copied: bool = False


@dataclass(frozen=True)
class Staged:
    """A constant inside a read, `offset` bytes from its start."""

    name: str
    offset: int


@dataclass(frozen=True)
class Fetch:
    """One read from the weights file into the arena, for the call (or the stage) at `step`.

    It is begun ahead of the call at step `begin` and awaited ahead of the one at `step`; the file holds the
    reads of a Program one after another, in their order.

    Attributes:
        source: byte offset in the file.
        target: byte offset in the arena.
        size: bytes, the padding at the end included.
        parts: what it holds.
    """

    step: int
    begin: int
    source: int
    target: int
    size: int
    parts: tuple[Staged, ...]

    @property
    def overlapped(self) -> bool:
        """Whether calls run while the read is under way."""
        return self.begin < self.step

    @property
    def span(self) -> tuple[int, int]:
        """The half-open byte range in the arena."""
        return (self.target, self.target + self.size)
