"""Figures of one network for the memory table: off the Program, and off an emulated Cortex-M4."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.memory_cases import CASES, Case, source
from tinycompile.build import run_on_emulator
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.errors import DoesNotFitError
from tinycompile.execution import build_input
from tinycompile.fit import context_bytes
from tinycompile.frontends import Source
from tinycompile.plan.describe import plan_object
from tinycompile.plan.program import Program
from tinycompile.plan.rules import Edge
from tinycompile.samples import random_samples
from tinycompile.sim.reference import evaluate

#: Large enough for every network; the same core as nucleo-f446re.
BOARD = "mps2-an386"


@dataclass(frozen=True)
class Planned:
    """One line of the table.

    Attributes:
        goal, arena: bytes asked for and found; `arena` is of the smallest plan where none met the goal.
        extra_macs: share of multiply-accumulates that are executed again.
        bound: bytes that no plan by these rules can go below.
        plan: the stages in words.
        seconds: CPU seconds from the ONNX file to the C text at the goal.
        cycles: model cycles of one run on the emulator; None where it was not run.
        equal: whether the C code gave the bytes of the unplanned network; None where it was not run.
    """

    key: str
    goal: int
    arena: int
    extra_macs: float
    bound: int
    plan: str
    seconds: float
    cycles: float | None = None
    equal: bool | None = None

    @property
    def met(self) -> bool:
        """Whether a plan within the goal was found."""
        return self.arena <= self.goal


@dataclass(frozen=True)
class Network:
    """All lines of one network, and its plan of whole tensors."""

    name: str
    macs: int
    whole_arena: int
    whole_cycles: float | None
    plans: tuple[Planned, ...] = field(default=())

    def object(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @staticmethod
    def of(data: dict[str, Any]) -> Network:
        """What `object` gave."""
        return Network(**{**data, "plans": tuple(Planned(**plan) for plan in data["plans"])})


def measure(name: str, zoo: Path, run: bool) -> Network:
    """Plans of one network; with `run` each is executed on an emulated Cortex-M4.

    Raises:
        TinyCompileError: the network is refused, or a tool fails.
    """
    model = source(name, zoo)
    whole = compile(model, BOARD, options=Options(name="net"), check=False)
    cycles = _executed(whole)[0] if run else None
    plans = tuple(_plan(case, model, run) for case in CASES if case.network == name)
    return Network(name, whole.program.macs, whole.program.arena, cycles, plans)


def _plan(case: Case, model: Source, run: bool) -> Planned:
    started = time.process_time()
    try:
        found = _compiled(case, model, case.goal)
        seconds = time.process_time() - started
    except DoesNotFitError as error:
        seconds = time.process_time() - started
        least = int(error.diagnostics[0].hint.split()[-1])
        found = _compiled(case, model, least - _context(case))
    program = found.program
    cycles, equal = _executed(found) if run else (None, None)
    share = program.recomputed_macs / max(1, program.macs - program.recomputed_macs)
    bound, text = program.proof.lower_bound, str(plan_object(program)["text"])
    return Planned(case.key, case.goal, program.arena, share, bound, text, seconds, cycles, equal)


def _context(case: Case) -> int:
    return context_bytes(rows_in=case.input is Edge.ROWS, patches_in=case.input is Edge.PATCHES)


def _compiled(case: Case, model: Source, arena: int) -> Compilation:
    """The fastest plan within so many bytes of arena.

    Raises:
        DoesNotFitError: none was found.
    """
    options = Options(
        name="net",
        ram=arena + _context(case),
        recompute=case.recompute,
        input=case.input,
        stages=case.stages,
        patches=case.grid,
    )
    return compile(model, BOARD, options=options, check=False)


def _executed(compilation: Compilation) -> tuple[float, bool]:
    """Model cycles of one run on random input, and whether it gave the bytes of the unplanned network."""
    program = compilation.program
    inputs = _inputs(program)
    with tempfile.TemporaryDirectory(prefix="tinycompile-") as folder:
        for name, text in compilation.tree.files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        built = build_input(Path(folder), program, compilation.tree.c_files, compilation.options.optimize)
        raw = [[inputs[port.name].tobytes() for port in program.inputs]]
        result = run_on_emulator(built, compilation.board, raw, check_memory=False)
    wanted = evaluate(compilation.graph, inputs)
    assert result.cycles_model is not None
    same = result.outputs[0] == [wanted[port.name].tobytes() for port in program.outputs]
    return result.cycles_model, same


def _inputs(program: Program) -> dict[str, np.ndarray]:
    """One random sample by input, as the Program takes it."""
    samples = random_samples(program.inputs)
    return {
        port.name: np.ascontiguousarray(port.from_source(samples[port.name])[0]) for port in program.inputs
    }
