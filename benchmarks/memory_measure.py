"""Figures of one line of the memory table, off the Program, and what they are held against."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from benchmarks.memory_cases import Case, source
from benchmarks.memory_proof import Proof, cycles_of, prove
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.errors import DoesNotFitError
from tinycompile.fit import context_bytes
from tinycompile.frontends import Source
from tinycompile.plan.describe import plan_object
from tinycompile.plan.rules import Edge

#: Large enough for every network, in Unicorn and in QEMU; the same core as nucleo-f446re.
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
        proof: what checker and executions say; None where it was only planned.
    """

    key: str
    goal: int
    arena: int
    extra_macs: float
    bound: int
    plan: str
    seconds: float
    proof: Proof | None = None

    @property
    def met(self) -> bool:
        """Whether a plan within the goal was found."""
        return self.arena <= self.goal


@dataclass(frozen=True)
class Whole:
    """A network planned on whole tensors: multiply-accumulates, bytes of arena, model cycles of a run."""

    macs: int
    arena: int
    cycles: float | None = None


def measure_whole(network: str, zoo: Path, run: bool) -> Whole:
    """What the plans of a network are held against.

    Raises:
        TinyCompileError: the network is refused, or a tool fails.
    """
    found = compile(source(network, zoo), BOARD, options=Options(name="net"), check=False)
    return Whole(found.program.macs, found.program.arena, cycles_of(found) if run else None)


def measure(case: Case, zoo: Path, run: bool) -> Planned:
    """One line; with `run` the plan is checked and executed.

    Raises:
        TinyCompileError: the network is refused, or a tool fails.
    """
    model = source(case.network, zoo)
    started = time.process_time()
    try:
        found = _compiled(case, model, case.goal)
        seconds = time.process_time() - started
    except DoesNotFitError as error:
        seconds = time.process_time() - started
        least = int(error.diagnostics[0].hint.split()[-1])
        found = _compiled(case, model, least - _context(case))
    program = found.program
    share = program.recomputed_macs / max(1, program.macs - program.recomputed_macs)
    bound, text = program.proof.lower_bound, str(plan_object(program)["text"])
    proof = prove(found) if run else None
    return Planned(case.key, case.goal, program.arena, share, bound, text, seconds, proof)


def to_json(lines: dict[str, Planned], whole: Whole | None) -> dict[str, Any]:
    """What is known of one network, for JSON."""
    return {"whole": asdict(whole) if whole else None, "plans": [asdict(line) for line in lines.values()]}


def from_json(data: dict[str, Any]) -> tuple[dict[str, Planned], Whole | None]:
    """What `to_json` gave: lines by key, and whole tensors; what has other fields is left out."""
    lines = {}
    for plan in data.get("plans", ()):
        proof = plan.get("proof")
        if set(plan) == _names(Planned) and (proof is None or set(proof) == _names(Proof)):
            read = Proof(**{**proof, "findings": tuple(proof["findings"])}) if proof else None
            lines[plan["key"]] = Planned(**{**plan, "proof": read})
    whole = data.get("whole")
    return lines, Whole(**whole) if whole and set(whole) == _names(Whole) else None


def _names(kind: type[Planned] | type[Proof] | type[Whole]) -> set[str]:
    return {field.name for field in fields(kind)}


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
