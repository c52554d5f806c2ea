"""What is observed while the emulator runs one sample, and how it is reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

#: Examples of stray accesses that are kept.
EXAMPLE_LIMIT = 8


@dataclass(frozen=True)
class TracedMemory:
    """A memory to observe; `checked` where reads of bytes that nothing wrote are findings."""

    start: int
    end: int
    checked: bool


@dataclass(frozen=True)
class TraceSetup:
    """The addresses and ranges that the hooks need; ranges begin with `(start, end)`.

    Attributes:
        arenas: per part of the arena its address range, and the arena offset of its first byte.
        stack: an address range.
        memories: to observe; none switches every check of memory off.
        live: per step, the arena offsets that it may touch; empty switches the check off.
        marks: `(address, step)`, at most one per address.
        drivers: address ranges of code that drives stages, in order.
        driven: per step the step that counts what drives it: its own but for the steps of a stage.
    """

    arenas: tuple[tuple[int, int, int], ...]
    stack: tuple[int, int]
    memories: tuple[TracedMemory, ...]
    live: tuple[tuple[tuple[int, int], ...], ...]
    marks: tuple[tuple[int, int], ...]
    drivers: tuple[tuple[int, int], ...]
    driven: tuple[int, ...]

    def drives(self, address: int) -> bool:
        """Whether the code at an address drives stages."""
        return any(start <= address < end for start, end in self.drivers)


@dataclass(frozen=True)
class BlockCount:
    """How often a basic block was entered while `step` was current, and how often it was left by a jump."""

    address: int
    size: int
    step: int
    count: int
    taken: int


@dataclass(frozen=True)
class Access:
    """A memory access: an arena offset or an address, bytes, the step, and whether it was a write."""

    offset: int
    size: int
    step: int
    is_write: bool

    def describe(self, place: str) -> str:
        """In words, e.g. `step 3 reads 4 bytes at arena offset 16`."""
        verb = "writes" if self.is_write else "reads"
        return f"step {self.step} {verb} {self.size} bytes at {place}"


@dataclass(frozen=True)
class TraceReport:
    """The observations of one sample."""

    blocks: tuple[BlockCount, ...]
    arena_high: int
    stack_low: int
    out_of_plan: int
    out_of_plan_examples: tuple[Access, ...]
    uninitialised: int
    uninitialised_examples: tuple[Access, ...]
    traffic: tuple[tuple[tuple[int, int], ...], ...]  #: per memory, per step: bytes loaded, bytes stored


class Trace(Protocol):
    """Hooks on one emulator instance, installed ahead of its first instruction."""

    def begin(self) -> None:
        """From now on the model's run function executes."""

    def end(self) -> TraceReport:
        """The run function has returned."""

    def mark_written(self, address: int, size: int) -> None:
        """The bytes are initialised although the program did not write them."""

    def accessed(self, address: int, size: int, *, is_write: bool) -> None:
        """A device beside the core has written (read) the bytes: checked like an access of the program."""

    def current_step(self) -> int:
        """The step that is executing."""
