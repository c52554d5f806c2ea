"""What every build and run takes and gives back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Optimize = Literal["ram", "balanced", "speed"]

#: Raw little-endian bytes: one entry per sample, each with one entry per model input (or output).
Samples = list[list[bytes]]


@dataclass(frozen=True)
class IOSlot:
    """One model input or output, in bytes.

    Attributes:
        offset: where it lies in the arena.
        nbytes: its size.
        row_bytes: of one row, where it never is in the arena as a whole but comes or goes in parts; else 0.
        pixel_bytes: of one pixel, where these parts are patches and not rows; else 0.
    """

    offset: int
    nbytes: int
    row_bytes: int = 0
    pixel_bytes: int = 0

    @property
    def rows(self) -> int:
        """How many rows it has; 0 for a slot that lies in the arena."""
        return self.nbytes // self.row_bytes if self.row_bytes else 0


@dataclass(frozen=True)
class ArenaPart:
    """A part of the arena that has a base of its own.

    Attributes:
        memory: the board's memory that holds it; None for the default RAM.
        macro: what declares it in the model's header.
        start: arena offset of its first byte.
        nbytes: its size.
    """

    memory: str | None
    macro: str
    start: int
    nbytes: int

    @property
    def end(self) -> int:
        """The arena offset behind its last byte."""
        return self.start + self.nbytes


@dataclass(frozen=True)
class BuildInput:
    """A generated C tree and what a harness must know of it.

    Attributes:
        directory: the folder that holds the sources and headers, flat.
        name: the prefix of the model's C symbols and of `<name>.h`.
        sources: file names of the translation units inside `directory`.
        arena_bytes: size of the arena that the model's header declares, all parts together.
        inputs, outputs: the slots in the order of the model's inputs and outputs.
        live: per step, the byte ranges `(start, end)` of the arena that the step may touch.
        optimize: what the compiler is asked to favour.
        outside: memory regions beside the default flash that constants are placed in.
        fetches: whether the model reads weights through callbacks, from `weights_file`.
        parts: of the arena, in the order in which init takes them; none for one in the default RAM.
        stages: the first and the last step of every stage, whose calls are executed in turns.
        drivers: the C files beside the model's own whose functions drive stages.
        tables: bytes of constants in the default flash that are neither weights nor quantisation parameters.
    """

    directory: Path
    name: str
    sources: tuple[str, ...]
    arena_bytes: int
    inputs: tuple[IOSlot, ...]
    outputs: tuple[IOSlot, ...]
    live: tuple[tuple[tuple[int, int], ...], ...] = ()
    optimize: Optimize = "balanced"
    outside: tuple[str, ...] = ()
    fetches: bool = False
    parts: tuple[ArenaPart, ...] = ()
    stages: tuple[tuple[int, int], ...] = ()
    drivers: tuple[str, ...] = ()
    tables: int = 0

    @property
    def weights_file(self) -> Path:
        """The file of the weights that are fetched."""
        return self.directory / f"{self.name}_weights.bin"

    @property
    def arenas(self) -> tuple[ArenaPart, ...]:
        """The parts of the arena, one or more."""
        return self.parts or (ArenaPart(None, f"{self.name.upper()}_ARENA", 0, self.arena_bytes),)

    @property
    def read_rows(self) -> int | None:
        """The index of the input whose rows arrive one at a time; a model has at most one."""
        return next((i for i, s in enumerate(self.inputs) if s.row_bytes and not s.pixel_bytes), None)

    @property
    def read_patches(self) -> int | None:
        """The index of the input that is read in patches; a model has at most one."""
        return next((i for i, slot in enumerate(self.inputs) if slot.pixel_bytes), None)

    @property
    def taken_rows(self) -> int | None:
        """The index of the output whose rows leave one at a time; a model has at most one."""
        return next((i for i, slot in enumerate(self.outputs) if slot.row_bytes), None)

    def part(self, slot: IOSlot) -> int:
        """The index of the part that a slot lies in; the last that begins there or before."""
        return max(i for i, part in enumerate(self.arenas) if part.start <= slot.offset)


@dataclass(frozen=True)
class Traffic:
    """Bytes that one step loads from a memory of the board and stores there."""

    memory: str
    loaded: int
    stored: int


@dataclass(frozen=True)
class RunResult:
    """What came out of running a model over some samples; None marks what was not measured.

    Attributes:
        outputs: per sample, per model output, the raw bytes.
        instructions: executed by the model's run function for the first sample.
        cycles_model: core cycles for the first sample after the core's cycle table, zero wait states.
        stack_high_water: bytes of stack that the run function used below its caller's frame.
        arena_high_water: end of the highest byte of the arena that was written.
        out_of_plan_accesses: arena accesses of the first sample outside the current step's ranges.
        out_of_plan_examples: some of them, in words.
        uninitialised_reads: SRAM bytes read in the first sample that nothing had written before.
        compiler: name and version.
        per_step_instructions, per_step_cycles: the same figures by step, and behind those of the steps one
            for each stage, of the code that drives it. What runs before the first step counts with step 0.
        per_step_traffic: the same for what the core loads and stores, memories without any left out.
    """

    outputs: Samples
    compiler: str
    instructions: int | None = None
    cycles_model: float | None = None
    stack_high_water: int | None = None
    arena_high_water: int | None = None
    out_of_plan_accesses: int | None = None
    out_of_plan_examples: tuple[str, ...] = ()
    uninitialised_reads: int | None = None
    per_step_instructions: tuple[int, ...] = ()
    per_step_cycles: tuple[float, ...] = ()
    per_step_traffic: tuple[tuple[Traffic, ...], ...] = ()


@dataclass(frozen=True)
class CodeSize:
    """Bytes of a model's linked code for one core; harness, startup, arena and stack are left out.

    Attributes:
        code: machine code with its literal pools, kernels and compiler helpers included.
        rodata: parameter blocks and tables of the runtime.
        tables: tables of the model: functions, positions.
        weights: what else the model's weights file puts into flash.
        data, bss: writable globals, which a generated model has only for weights that it copies into RAM.
        per_symbol: `(name, bytes)` of every function and table, largest first.
        compiler: name and version.
    """

    code: int
    rodata: int
    tables: int
    weights: int
    data: int
    bss: int
    per_symbol: tuple[tuple[str, int], ...]
    compiler: str

    @property
    def beside_weights(self) -> int:
        """Code and all read-only data that are neither weights nor quantisation parameters."""
        return self.code + self.rodata + self.tables
