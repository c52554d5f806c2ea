"""Proof of one plan: the independent checker, and its C code executed on the host, in Unicorn and in QEMU."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from tinycompile.build import BuildInput, Samples, run_on_emulator, run_on_host, run_on_qemu
from tinycompile.check import check_plan
from tinycompile.compiler import Compilation
from tinycompile.errors import VerificationError
from tinycompile.execution import build_input
from tinycompile.planfile import plan_json
from tinycompile.samples import random_samples
from tinycompile.sim.reference import evaluate

_T = TypeVar("_T")
#: Random inputs; the second run finds the arena, and whatever else lasts, as the first one left it.
_SAMPLES = 2


@dataclass(frozen=True)
class Proof:
    """What the checker and three executions of the C code say of a plan.

    Attributes:
        checker: whether the independent checker accepts its `plan.json`.
        host, emulator, qemu: whether the C code gave the bytes of the unplanned network there; on the host
            also between intact guards, whatever the arena held before, and however rows are fed.
        outside: accesses of the emulated core to the arena outside the buffers that its step may touch.
        unwritten: RAM bytes that the emulated core read and nothing had written.
        cycles: model cycles of one run on the emulator; None where that failed.
        findings: what went wrong, in words.
    """

    checker: bool
    host: bool
    emulator: bool
    qemu: bool
    outside: int | None
    unwritten: int | None
    cycles: float | None
    findings: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing went wrong."""
        counted = (self.outside, self.unwritten) == (0, 0)
        return counted and self.checker and self.host and self.emulator and self.qemu


def prove(compilation: Compilation) -> Proof:
    """Check and execute a plan; what is wrong with it is part of the result.

    Raises:
        TinyCompileError: a tool is missing or fails.
    """
    findings: list[str] = []
    board, program = compilation.board, compilation.program
    text = plan_json(program, board)
    checker = _tried("checker", lambda: check_plan(text), findings) is not None
    samples, wanted = _samples(compilation)
    with _built(compilation) as model:
        host = _tried("host", lambda: run_on_host(model, samples), findings)
        emulator = _tried("emulator", lambda: run_on_emulator(model, board, samples), findings)
        qemu = _tried("QEMU", lambda: run_on_qemu(model, board, samples), findings)
    runs = {"host": host, "emulator": emulator, "QEMU": qemu}
    equal = {place: run is not None and run.outputs == wanted for place, run in runs.items()}
    findings += [f"{place}: other outputs" for place, run in runs.items() if run and not equal[place]]
    findings += emulator.out_of_plan_examples if emulator else ()
    return Proof(
        checker,
        *equal.values(),
        outside=emulator.out_of_plan_accesses if emulator else None,
        unwritten=emulator.uninitialised_reads if emulator else None,
        cycles=emulator.cycles_model if emulator else None,
        findings=tuple(findings),
    )


def cycles_of(compilation: Compilation) -> float:
    """Model cycles of one run on the emulator.

    Raises:
        TinyCompileError: the tools are missing or fail.
    """
    samples, _ = _samples(compilation)
    with _built(compilation) as model:
        cycles = run_on_emulator(model, compilation.board, samples[:1], check_memory=False).cycles_model
    assert cycles is not None
    return cycles


def _tried(place: str, what: Callable[[], _T], findings: list[str]) -> _T | None:
    """The result, or None where it was refused, which becomes a finding."""
    try:
        return what()
    except VerificationError as error:
        findings.append(f"{place}: {error}")
        return None


@contextmanager
def _built(compilation: Compilation) -> Iterator[BuildInput]:
    """The C tree in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="tinycompile-") as folder:
        for name, text in compilation.tree.files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        sources, optimize = compilation.tree.c_files, compilation.options.optimize
        yield build_input(Path(folder), compilation.program, sources, optimize)


def _samples(compilation: Compilation) -> tuple[Samples, Samples]:
    """Random inputs and what the unplanned network makes of them, in bytes."""
    program = compilation.program
    drawn = random_samples(program.inputs, _SAMPLES)
    typed = {p.name: np.ascontiguousarray(p.from_source(drawn[p.name])) for p in program.inputs}
    inputs, outputs = [], []
    for number in range(_SAMPLES):
        sample = {name: array[number] for name, array in typed.items()}
        found = evaluate(compilation.graph, sample)
        inputs.append([sample[port.name].tobytes() for port in program.inputs])
        outputs.append([found[port.name].tobytes() for port in program.outputs])
    return inputs, outputs
