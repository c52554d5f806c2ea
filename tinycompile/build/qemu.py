"""Running firmware in QEMU: the second opinion on the emulated core, with another compiler by default."""

from __future__ import annotations

import shutil
import struct
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from tinycompile.build.codes import EMULATOR_FAILED, MEMORY_FAULT
from tinycompile.build.compilers import Compiler, embedded_compiler, missing
from tinycompile.build.contract import BuildInput, RunResult, Samples
from tinycompile.build.firmware import Harness, Image, build_image
from tinycompile.build.process import run_tool
from tinycompile.build.samples import bad_status, check_samples, join_samples, split_outputs
from tinycompile.errors import Diagnostic, TinyCompileError, ToolchainError, VerificationError
from tinycompile.target import Board, qemu_board

HOW_TO_GET = "apt-get install --no-install-recommends qemu-system-arm"
#: Seconds for all samples together.
TIME_LIMIT_S = 1800.0

#: SysTick frequency of the machines, in hertz. QEMU's own constants, not those of the hardware.
_TIMER_HZ = {
    "microbit": 16_000_000,
    "mps2-an385": 25_000_000,
    "mps2-an386": 25_000_000,
    "mps2-an500": 25_000_000,
    "mps2-an505": 20_000_000,
    "mps3-an547": 32_000_000,
    "netduino2": 120_000_000,
    "netduinoplus2": 168_000_000,
    "stm32vldiscovery": 24_000_000,
}
#: `-icount shift=N`: one instruction lasts 2**N ns. With 128 ns every machine's timer ticks more than twice
#: per instruction, so that the number of instructions follows from the ticks without doubt.
_ICOUNT_SHIFT = 7
_TIMER_WRAP = 1 << 24
_WRAP_HANDLER_INSTRUCTIONS = 5
_EMPTY_CALL_INSTRUCTIONS = 1

#: The values of `outcome` in the record; the same as in tc_main_files.c.
_DONE, _INIT_FAILED, _RUN_FAILED, _FILE_FAILED, _FAULT = 1, 2, 3, 4, 5


@dataclass(frozen=True)
class _Record:
    """What the firmware leaves behind; field by field the C structure of the same name."""

    outcome: int
    status: int
    samples: int
    stack_bytes: int
    arena_end: int
    empty_before: int
    empty_after: int
    run_before: int
    run_after: int
    run_wraps: int
    fault_pc: int
    fault_status: int
    fault_address: int

    def instructions(self, timer_hz: int) -> int:
        """The instructions of the measured run, from timer ticks."""
        ticks = self.run_wraps * _TIMER_WRAP + self.run_before - (self.run_after or _TIMER_WRAP)
        overhead = self.empty_before - self.empty_after
        ticks_per_instruction = (1 << _ICOUNT_SHIFT) * 1e-9 * timer_hz
        executed = round((ticks - overhead) / ticks_per_instruction)
        return executed + _EMPTY_CALL_INSTRUCTIONS - self.run_wraps * _WRAP_HANDLER_INSTRUCTIONS


_RECORD = struct.Struct("<IiIIIIIIIIIII")
#: tc_count_t: how often a step was left, ticks in it.
_COUNT = struct.Struct("<III")


def find_qemu() -> str | None:
    """qemu-system-arm on the PATH."""
    return shutil.which("qemu-system-arm")


def run_on_qemu(
    model: BuildInput,
    board: Board,
    samples: Samples,
    *,
    compiler: Compiler | None = None,
    time_limit: float = TIME_LIMIT_S,
    by_step: bool = False,
) -> RunResult:
    """Compile firmware for the board's QEMU machine, or its stand-in, and run it over `samples`.

    Instructions, stack and arena high-water marks are those of the first sample, which runs in a pass of its
    own under QEMU's instruction counter; the figures are the same on every run. QEMU has no cycle model.

    Args:
        model: the generated tree.
        board: core and machine.
        samples: per sample, one byte string per input.
        compiler: an embedded compiler; None takes arm-none-eabi-gcc, or zig where it is missing.
        time_limit: seconds for each of the passes.
        by_step: count the instructions of every step too, in one more pass, of an image that tells its steps.
            They are off by the few instructions by which the code around the calls of kernels differs.

    Raises:
        UsageError: a sample does not match the inputs (TC607).
        TargetError: QEMU has no machine for the core (TC513).
        ToolchainError: a tool is missing (TC601), a build failed (TC602, TC603), the time limit (TC604),
            or QEMU stopped early (TC605).
        DoesNotFitError: the image does not fit the machine (TC451).
        VerificationError: a fault of the emulated core (TC951), or init or run refused (TC955).
    """
    check_samples(model, samples)
    target = qemu_board(board)
    qemu = find_qemu()
    if qemu is None:
        raise missing("qemu-system-arm", HOW_TO_GET)
    chosen = compiler or embedded_compiler("gcc")
    image = build_image(model, target, chosen, Harness.FILES)
    machine = machine_name(board)
    if not samples:
        return RunResult([], chosen.version)
    first = _Pass(qemu, machine, image, model, time_limit)
    outputs, record = first.run(samples[:1], measure=True)
    if len(samples) > 1:
        outputs, _ = first.run(samples, measure=False)
    steps = _by_step(model, target, first, samples) if by_step and machine in _TIMER_HZ else ()
    return RunResult(
        outputs=outputs,
        compiler=chosen.version,
        per_step_instructions=steps,
        instructions=record.instructions(_TIMER_HZ[machine]) if machine in _TIMER_HZ else None,
        stack_high_water=record.stack_bytes,
        arena_high_water=record.arena_end,
    )


def _by_step(model: BuildInput, board: Board, first: _Pass, samples: Samples) -> tuple[int, ...]:
    """Instructions by step of the first sample."""
    macro = f"-DTC_COUNT_STEPS={len(model.live) + len(model.stages)}u"
    image = build_image(model, board, first.image.compiler, Harness.FILES, (macro,), count_steps=True)
    return replace(first, image=image).count(samples[:1], _TIMER_HZ[first.machine])


def machine_name(board: Board) -> str:
    """The `-M` argument for a board that `qemu_board` accepts."""
    assert board.emulator is not None and board.emulator.qemu is not None
    return board.emulator.qemu.machine


@dataclass(frozen=True)
class _Pass:
    """How to start QEMU on one image."""

    qemu: str
    machine: str
    image: Image
    model: BuildInput
    time_limit: float

    def run(self, samples: Samples, measure: bool) -> tuple[Samples, _Record]:
        """One QEMU process over the samples."""
        with tempfile.TemporaryDirectory(prefix="tinycompile-") as name:
            return self._run(samples, measure, Path(name))

    def count(self, samples: Samples, timer_hz: int) -> tuple[int, ...]:
        """Instructions by step, of an image that tells them."""
        with tempfile.TemporaryDirectory(prefix="tinycompile-") as name:
            self._run(samples, True, Path(name))
            *steps, call = _COUNT.iter_unpack((Path(name) / "steps.bin").read_bytes())
        per_instruction = (1 << _ICOUNT_SHIFT) * 1e-9 * timer_hz
        # The pair of calls leaves nothing between them.
        return tuple(
            round((low + (high << 32) - times * call[1]) / per_instruction) for times, low, high in steps
        )

    def _run(self, samples: Samples, measure: bool, folder: Path) -> tuple[Samples, _Record]:
        header = struct.pack("<II", len(samples), measure)
        (folder / "in.bin").write_bytes(header + join_samples(samples))
        if self.model.fetches:
            shutil.copyfile(self.model.weights_file, folder / "weights.bin")
        done = run_tool(self._command(measure), timeout=self.time_limit, cwd=folder)
        written = folder / "record.bin"
        if not written.is_file() or written.stat().st_size != _RECORD.size:
            raise ToolchainError(
                Diagnostic(EMULATOR_FAILED, f"QEMU stopped early:\n{done.last_lines()}", (self.machine,))
            )
        record = _Record(*_RECORD.unpack(written.read_bytes()))
        if record.outcome != _DONE:
            raise self._failure(record)
        return split_outputs(self.model, (folder / "out.bin").read_bytes()), record

    def _command(self, measure: bool) -> list[str]:
        command = [self.qemu, "-M", self.machine, "-kernel", str(self.image.elf)]
        command += ["-nographic", "-monitor", "none", "-serial", "none"]
        command += ["-semihosting-config", "enable=on,target=native"]
        return [*command, "-icount", f"shift={_ICOUNT_SHIFT}"] if measure else command

    def _failure(self, record: _Record) -> TinyCompileError:
        if record.outcome == _INIT_FAILED:
            return bad_status(self.model, "init", record.status)
        if record.outcome == _RUN_FAILED:
            return bad_status(self.model, "run", record.status)
        if record.outcome == _FILE_FAILED:
            return ToolchainError(
                Diagnostic(
                    EMULATOR_FAILED, "semihosting could not read or write the samples", (self.machine,)
                )
            )
        what = (
            f"the core faulted at 0x{record.fault_pc:08X} in sample {record.samples}, "
            f"fault status 0x{record.fault_status:08X}, address 0x{record.fault_address:08X}"
        )
        return VerificationError(Diagnostic(MEMORY_FAULT, what, (self.model.name,)))
