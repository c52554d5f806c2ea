"""Runs compiled models on the host or an emulator and holds the results against the simulator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from tinycompile.artifact import Artifact
from tinycompile.build import (
    ArenaPart,
    BuildInput,
    Compiler,
    IOSlot,
    RunResult,
    run_on_emulator,
    run_on_host,
    run_on_qemu,
)
from tinycompile.build.contract import Optimize
from tinycompile.codegen.regions import bases
from tinycompile.codegen.stages import DRIVERS
from tinycompile.data import to_port
from tinycompile.plan.program import Port, Program
from tinycompile.sim.machine import Machine

Place = Literal["host", "emulator", "qemu"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Comparison:
    """A run of the C code beside the simulator's.

    Attributes:
        outputs: name -> [samples, *shape] as the C code computed them.
        bit_exact: whether every byte equals the simulator's.
        differing: samples with any difference.
    """

    result: RunResult
    outputs: Mapping[str, np.ndarray]
    bit_exact: bool
    differing: tuple[int, ...]


def build_input(
    directory: Path, program: Program, sources: tuple[str, ...], optimize: Optimize
) -> BuildInput:
    """What the build layer must know of a compilation."""
    return BuildInput(
        directory=directory,
        name=program.name,
        sources=sources,
        arena_bytes=max(program.arena, 1),
        inputs=tuple(map(_slot, program.inputs)),
        outputs=tuple(map(_slot, program.outputs)),
        live=tuple(program.spans(call.step) for call in program.calls),
        optimize=optimize,
        outside=program.mapped_regions,
        fetches=bool(program.fetches),
        parts=tuple(
            ArenaPart(region.name or None, region.macro, region.start, region.nbytes)
            for region in bases(program).regions
        ),
        stages=tuple((stage.first, stage.last) for stage in program.stages),
        drivers=tuple(f"{name}.c" for name in DRIVERS),
        tables=_table_bytes(program),
    )


def _table_bytes(program: Program) -> int:
    """Bytes of tables in the default flash, without those that start-up code copies from there."""
    placed = {place.name for place in program.placed}
    return sum(program.constants[name].nbytes for name in program.tables if name not in placed)


def _slot(port: Port) -> IOSlot:
    row, pixel = port.row_bytes if port.rows else 0, port.pixel_bytes if port.patches else 0
    return IOSlot(port.offset, port.type.nbytes, row, pixel)


def simulate(
    program: Program, samples: Mapping[str, np.ndarray], progress: Progress | None = None
) -> dict[str, np.ndarray]:
    """Outputs [samples, *shape] by name from the simulated arena; `samples` come from `data.match_inputs`."""
    typed = {p.name: to_port(samples[p.name], p) for p in program.inputs}
    count = len(next(iter(typed.values()))) if typed else 1
    machine = Machine(program)
    found: dict[str, list[np.ndarray]] = {p.name: [] for p in program.outputs}
    for index in range(count):
        run = machine.run({name: array[index] for name, array in typed.items()})
        for name, array in run.outputs.items():
            found[name].append(array)
        if progress is not None:
            progress(index + 1, count)
    return {p.name: p.to_source(np.stack(found[p.name])) for p in program.outputs}


def execute(
    artifact: Artifact,
    place: Place,
    samples: Mapping[str, np.ndarray],
    *,
    sanitize: bool = False,
    compiler: Compiler | None = None,
    by_step: bool = False,
) -> tuple[RunResult, dict[str, np.ndarray]]:
    """Run the C code; returns the raw result and the outputs [samples, *shape] by name.

    `compiler` is for emulators; None takes what each prefers. `by_step` lets QEMU count by step, which takes
    longer; the emulator always does.

    Raises:
        ToolchainError, TargetError, VerificationError: see the build layer.
    """
    program = artifact.program
    typed = [to_port(samples[p.name], p) for p in program.inputs]
    count = len(typed[0]) if typed else 1
    raw = [[np.ascontiguousarray(a[i]).tobytes() for a in typed] for i in range(count)]
    model = build_input(artifact.directory, program, artifact.c_files, artifact.summary["optimize"])
    if place == "host":
        result = run_on_host(model, raw, sanitize=sanitize)
    elif place == "emulator":
        result = run_on_emulator(model, artifact.board, raw, compiler=compiler)
    else:
        result = run_on_qemu(model, artifact.board, raw, compiler=compiler, by_step=by_step)
    return result, {p.name: _stack(p, i, result) for i, p in enumerate(program.outputs)}


def compare(
    artifact: Artifact, place: Place, samples: Mapping[str, np.ndarray], progress: Progress | None = None
) -> Comparison:
    """Run the C code and the simulator on the same samples."""
    result, outputs = execute(artifact, place, samples)
    expected = simulate(artifact.program, samples, progress)
    count = len(next(iter(outputs.values()))) if outputs else 0
    differing = tuple(
        i for i in range(count) if any(outputs[n][i].tobytes() != expected[n][i].tobytes() for n in outputs)
    )
    return Comparison(result, outputs, not differing, differing)


def _stack(port: Port, index: int, result: RunResult) -> np.ndarray:
    rows = [np.frombuffer(sample[index], dtype=port.type.dtype.numpy) for sample in result.outputs]
    return port.to_source(np.stack(rows).reshape(len(rows), *port.type.shape))
