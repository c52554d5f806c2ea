"""Running firmware in Unicorn with the board's own memory map and nothing else."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from tinycompile.build import cycles
from tinycompile.build.codes import EMULATOR_FAILED, MEMORY_FAULT, TIME_LIMIT
from tinycompile.build.compilers import Compiler, embedded_compiler, missing
from tinycompile.build.contract import BuildInput, IOSlot, RunResult, Samples, Traffic
from tinycompile.build.elf import ElfFile, read_elf
from tinycompile.build.emulator_fetch import FetchDevice
from tinycompile.build.emulator_rows import RowDevice
from tinycompile.build.firmware import Harness, build_image
from tinycompile.build.hooks import CTrace, c_hooks_available
from tinycompile.build.hooks_python import PythonTrace
from tinycompile.build.samples import bad_status, check_samples
from tinycompile.build.trace import Trace, TracedMemory, TraceReport, TraceSetup
from tinycompile.errors import Diagnostic, ToolchainError, VerificationError
from tinycompile.target import Board, unicorn_board

#: Seconds for all samples together.
TIME_LIMIT_S = 1800.0
_PAGE = 4096


def run_on_emulator(
    model: BuildInput,
    board: Board,
    samples: Samples,
    *,
    compiler: Compiler | None = None,
    time_limit: float = TIME_LIMIT_S,
    check_memory: bool = True,
    python_hooks: bool = False,
) -> RunResult:
    """Compile firmware for `board` and run it over `samples` in Unicorn.

    The memory of the emulated machine is exactly the board's flash and RAM; flash cannot be written. The
    first sample runs with hooks on every block and every RAM access: instructions, cycles, stack and arena
    high-water marks, accesses outside the plan and reads of uninitialised memory are those of the first
    sample. The other samples run without hooks, at full speed, on a second machine that continues from the
    memory that the first one left.

    Args:
        model: the generated tree.
        board: memory map, core and cycle table.
        samples: per sample, one byte string per input.
        compiler: an embedded compiler; None takes zig, or arm-none-eabi-gcc where zig is missing.
        time_limit: seconds for all samples together.
        check_memory: watch every RAM access of the first sample, which costs about a factor of ten on that
            sample; without it the figures on stack, arena and accesses are None.
        python_hooks: use the slow hooks in Python although the fast ones could be compiled.

    Raises:
        UsageError: a sample does not match the inputs (TC607).
        TargetError: Unicorn has no model of the core (TC513).
        ToolchainError: a tool is missing (TC601), a build failed (TC602, TC603), the time limit (TC604).
        DoesNotFitError: the image does not fit the board (TC451).
        VerificationError: an access outside the board's memory (TC951), or init or run refused (TC955).
    """
    check_samples(model, samples)
    target = unicorn_board(board)
    chosen = compiler or embedded_compiler("zig")
    image = build_image(model, target, chosen, Harness.STOPS, ("-DTC_NO_SYSTEM_REGISTERS",))
    elf = read_elf(image.elf)
    deadline = time.monotonic() + time_limit
    machine = _Machine(model, target, elf, deadline)
    setup = _setup(model, target, elf, check_memory)
    machine.trace = trace = _trace(machine, setup, python_hooks)
    machine.boot()
    if not samples:
        return RunResult([], chosen.version)
    outputs = [machine.run_sample(samples[0])]
    report = trace.end()
    steps = len(model.live) + len(model.stages)
    counts = cycles.count(report.blocks, _marks(elf), machine.read, board.core.cycles, steps)
    if len(samples) > 1:
        machine = machine.successor(deadline)
        outputs += [machine.run_sample(sample) for sample in samples[1:]]
    return _result(setup, outputs, chosen, machine.stack_pointer, report, counts, _traffic(target, report))


def _result(
    setup: TraceSetup,
    outputs: Samples,
    compiler: Compiler,
    stack_pointer: int,
    report: TraceReport,
    counts: cycles.Counts,
    traffic: tuple[tuple[Traffic, ...], ...],
) -> RunResult:
    return RunResult(
        outputs=outputs,
        compiler=compiler.version,
        instructions=sum(counts.instructions),
        cycles_model=sum(counts.cycles) if counts.cycles else None,
        stack_high_water=max(0, stack_pointer - report.stack_low) if setup.memories else None,
        arena_high_water=report.arena_high if setup.memories else None,
        out_of_plan_accesses=report.out_of_plan if setup.memories and setup.live else None,
        out_of_plan_examples=tuple(
            access.describe(f"arena offset {access.offset}") for access in report.out_of_plan_examples
        ),
        uninitialised_reads=report.uninitialised if setup.memories else None,
        per_step_instructions=counts.instructions,
        per_step_cycles=counts.cycles,
        per_step_traffic=traffic if setup.memories else (),
    )


def _traffic(board: Board, report: TraceReport) -> tuple[tuple[Traffic, ...], ...]:
    """By step, of the memories that it uses."""
    names = [region.name for region in board.regions]
    return tuple(
        tuple(Traffic(n, *bytes_) for n, bytes_ in zip(names, row, strict=True) if any(bytes_))
        for row in zip(*report.traffic, strict=True)
    )


def _setup(model: BuildInput, board: Board, elf: ElfFile, check_memory: bool) -> TraceSetup:
    memories = tuple(TracedMemory(r.address, r.end, r.kind.is_ram) for r in board.regions)
    driven, driving = list(range(len(model.live))), []
    for number, (first, last) in enumerate(model.stages, start=len(model.live)):
        driven[first : last + 1] = [number] * (last + 1 - first)
        driving.append(number)
    return TraceSetup(
        arenas=tuple(
            (address, address + part.nbytes, part.start)
            for address, part in zip(_addresses(model, elf), model.arenas, strict=True)
        ),
        stack=(elf.address("tc_stack_limit"), elf.address("tc_stack_top")),
        memories=memories if check_memory else (),
        live=(*model.live, *(model.live[first] for first, _ in model.stages)),
        marks=_marks(elf),
        drivers=elf.ranges(_driver_files(model)),
        driven=(*driven, *driving),
    )


def _driver_files(model: BuildInput) -> set[str]:
    """The files of the code that drives stages; functions of the runtime carry the model's name in front."""
    return {f"{model.name}.c", *model.drivers, *(f"{model.name}_{file}" for file in model.drivers)}


def _addresses(model: BuildInput, elf: ElfFile) -> list[int]:
    """Where the parts of the arena lie."""
    return [elf.address(f"tc_arena{i}") for i in range(len(model.arenas))]


def _trace(machine: _Machine, setup: TraceSetup, python_hooks: bool) -> Trace:
    if python_hooks or not c_hooks_available():
        return PythonTrace(machine.uc, setup)
    return CTrace(machine.uc, setup)


def _marks(elf: ElfFile) -> tuple[tuple[int, int], ...]:
    """The step marks; of several at one address the last, because the others are empty steps."""
    return tuple(dict(elf.steps).items())


@dataclass(frozen=True)
class _Fault:
    """An access that the board's memory map does not allow."""

    kind: str
    address: int


class _Machine:
    """One Unicorn instance with a board's memory and a firmware image."""

    def __init__(self, model: BuildInput, board: Board, elf: ElfFile, deadline: float) -> None:
        try:
            import unicorn
            from unicorn import arm_const
        except ImportError as failure:
            raise missing("the Python package unicorn", "pip install unicorn") from failure
        assert board.core.unicorn is not None
        self._model, self._board, self._elf, self._deadline = model, board, elf, deadline
        self._const, self._error = arm_const, unicorn.UcError
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self.uc.ctl_set_cpu_model(getattr(arm_const, board.core.unicorn.constant))
        self.trace: Trace | None = None
        self.stack_pointer = 0
        self._arenas, self._stop = _addresses(model, elf), elf.address("tc_stop")
        self._fault: _Fault | None = None
        self._map_memory()
        self._rows = RowDevice(self, model, elf)
        if model.fetches:
            FetchDevice(self, elf, model.weights_file.read_bytes())
        self.uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._on_fault)

    def boot(self) -> None:
        """Execute from the reset vector until the model is initialised."""
        vectors = self.read(self._elf.address("tc_vectors"), 8)
        self.uc.reg_write(self._const.UC_ARM_REG_SP, int.from_bytes(vectors[:4], "little"))
        if self.trace is not None:
            self._mark_loaded(self.trace)
        self._execute(int.from_bytes(vectors[4:], "little"))
        self.stack_pointer = self.uc.reg_read(self._const.UC_ARM_REG_SP)
        status = int.from_bytes(self.read(self._elf.address("tc_status"), 4), "little", signed=True)
        if status != 0:
            raise bad_status(self._model, "init", status)

    def run_sample(self, sample: list[bytes]) -> list[bytes]:
        """Place the inputs, call the run function, and read the outputs; rows come and go meanwhile."""
        for slot, data in zip(self._model.inputs, sample, strict=True):
            if slot.row_bytes:
                continue
            self.uc.mem_write(self._place(slot), data)
            if self.trace is not None:
                self.trace.mark_written(self._place(slot), slot.nbytes)
        read, taken = self._model.read_rows, self._model.taken_rows
        read = self._model.read_patches if read is None else read
        image = b"" if read is None else sample[read]
        self._rows.start(image, 0 if taken is None else self._model.outputs[taken].nbytes)
        const = self._const
        self.uc.reg_write(const.UC_ARM_REG_SP, self.stack_pointer)
        self.uc.reg_write(const.UC_ARM_REG_LR, self._stop | 1)
        self.uc.reg_write(const.UC_ARM_REG_R0, self._elf.address("tc_model"))
        if self.trace is not None:
            self.trace.begin()
        self._execute(self._elf.address(f"{self._model.name}_run") | 1)
        status = self.uc.reg_read(const.UC_ARM_REG_R0)
        if status != 0:
            raise bad_status(self._model, "run", status - (1 << 32 if status >> 31 else 0))
        return [
            self._rows.taken if slot.row_bytes else self.read(self._place(slot), slot.nbytes)
            for slot in self._model.outputs
        ]

    def successor(self, deadline: float) -> _Machine:
        """A machine without hooks that starts with the RAM of this one, ready for `run_sample`."""
        other = _Machine(self._model, self._board, self._elf, deadline)
        for region in self._board.regions:
            if region.kind.is_ram:
                other.uc.mem_write(region.address, self.read(region.address, region.size))
        other.stack_pointer = self.stack_pointer
        return other

    def inside_arena(self, address: int, size: int) -> bool:
        """Whether a range of addresses lies in one part of the arena."""
        parts = zip(self._arenas, self._model.arenas, strict=True)
        return any(start <= address and address + size <= start + part.nbytes for start, part in parts)

    def read(self, address: int, size: int) -> bytes:
        """Bytes of the machine's memory."""
        return bytes(self.uc.mem_read(address, size))

    def _place(self, slot: IOSlot) -> int:
        """The address of an input or output."""
        part = self._model.part(slot)
        return self._arenas[part] + slot.offset - self._model.arenas[part].start

    def _map_memory(self) -> None:
        from unicorn import unicorn_const as const

        for region in self._board.regions:
            writable = const.UC_PROT_WRITE if region.kind.is_ram else 0
            size = -(-region.size // _PAGE) * _PAGE
            self.uc.mem_map(region.address, size, const.UC_PROT_READ | const.UC_PROT_EXEC | writable)
        for address, data in self._elf.segments:
            self.uc.mem_write(address, data)

    def _mark_loaded(self, trace: Trace) -> None:
        for address, data in self._elf.segments:
            trace.mark_written(address, len(data))

    def _execute(self, begin: int) -> None:
        left = self._deadline - time.monotonic()
        microseconds = max(1, int(left * 1e6))
        try:
            self.uc.emu_start(begin, self._stop, timeout=microseconds)
        except self._error as error:
            raise self._explain(error) from error
        if self.uc.reg_read(self._const.UC_ARM_REG_PC) & ~1 != self._stop:
            if time.monotonic() < self._deadline:
                raise self._explain(None)
            raise ToolchainError(
                Diagnostic(TIME_LIMIT, "the emulated program did not finish in time", (self._where(),))
            )

    def _on_fault(self, _uc: Any, access: int, address: int, _size: int, _value: int, _user: Any) -> bool:
        from unicorn import unicorn_const as const

        kinds = {
            const.UC_MEM_READ_UNMAPPED: "reads",
            const.UC_MEM_WRITE_UNMAPPED: "writes",
            const.UC_MEM_WRITE_PROT: "writes to flash at",
            const.UC_MEM_FETCH_UNMAPPED: "executes",
        }
        self._fault = _Fault(kinds.get(access, "accesses"), address)
        return False

    def _explain(self, error: Exception | None) -> ToolchainError | VerificationError:
        if self._fault is None:
            reason = f"stopped: {error}" if error else "stopped"
            return ToolchainError(Diagnostic(EMULATOR_FAILED, f"Unicorn {reason}", (self._where(),)))
        step = "" if self.trace is None else f" in step {self.trace.current_step()}"
        what = f"the program {self._fault.kind} address 0x{self._fault.address:08X}{step}, {self._where()}"
        hint = "stack and arena lie next to each other: the stack may have overflowed"
        on_stack = self._fault.address < self._elf.address("tc_stack_limit") <= self._fault.address + _PAGE
        return VerificationError(
            Diagnostic(MEMORY_FAULT, what, (self._model.name,), hint if on_stack else "")
        )

    def _where(self) -> str:
        """The program counter in words."""
        at = self.uc.reg_read(self._const.UC_ARM_REG_PC) & ~1
        inside = [s.name for s in self._elf.symbols.values() if s.address <= at < s.address + s.size]
        return f"at 0x{at:08X}" + (f" in {min(inside)}" if inside else "")
