"""What each layer of a compiled model costs on an emulated core, beside the static estimate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tinycompile.artifact import Artifact
from tinycompile.build import RunResult, Traffic, embedded_compiler
from tinycompile.execution import execute
from tinycompile.plan.program import Program

Emulator = Literal["emulator", "qemu"]
#: The emulator that ran the model, or `estimate` where nothing ran.
Source = Literal["emulator", "qemu", "estimate"]


@dataclass(frozen=True)
class Cost:
    """One layer, or what drives the layers of a stage.

    Attributes:
        step: of the layer; of a driver, the first step of its stage.
        stage: number of the stage that it belongs to, from 1 on; 0 outside stages.
        is_driver: whether it is the driver of that stage, not a layer: tables, moves, copies of tiles.
        label: the source nodes, or what else it is.
        kernel: its C function.
        macs: multiply-accumulates that it executes, those computed again included.
        instructions: executed.
        cycles: model cycles; None where the emulator has no model of them.
        estimate: static estimate of the cycles on a Cortex-M4; None where the kernel has none.
        traffic: bytes that it loads and stores, by memory.
    """

    step: int
    stage: int
    is_driver: bool
    label: str
    origins: tuple[str, ...]
    operator: str
    kernel: str
    macs: int
    instructions: int | None
    cycles: float | None
    estimate: float | None
    traffic: tuple[Traffic, ...]


@dataclass(frozen=True)
class Profile:
    """One run of a compiled model, measured or only estimated.

    Attributes:
        on: where the figures are from.
        compiler: name and version of what compiled the C code; empty where nothing ran.
        costs: the layers in execution order, each driver ahead of the layers of its stage.
        instructions, cycles: of the whole run.
        estimate: of all costs; None where some layer has none.
        clock_hz: the highest clock of the board.
    """

    on: Source
    compiler: str
    costs: tuple[Cost, ...]
    instructions: int | None
    cycles: float | None
    estimate: float | None
    macs: int
    clock_hz: int

    @property
    def milliseconds(self) -> float | None:
        """Time at the board's highest clock: cycles over clock, an estimate at zero wait states."""
        return None if self.cycles is None else 1e3 * self.cycles / self.clock_hz

    @property
    def traffic(self) -> tuple[Traffic, ...]:
        """All bytes, by memory."""
        found: dict[str, tuple[int, int]] = {}
        for part in (t for cost in self.costs for t in cost.traffic):
            loaded, stored = found.get(part.memory, (0, 0))
            found[part.memory] = loaded + part.loaded, stored + part.stored
        return tuple(Traffic(name, *both) for name, both in found.items())


def profile(artifact: Artifact, on: Emulator, samples: Mapping[str, np.ndarray]) -> Profile:
    """Run the first of `samples` on an emulated core and divide up what it costs.

    The code is that of arm-none-eabi-gcc, or of zig where it is missing.

    Raises:
        TargetError: the emulator has no model of the core (TC513).
        ToolchainError, DoesNotFitError, VerificationError: see the build layer.
    """
    first = {name: array[:1] for name, array in samples.items()}
    compiler = embedded_compiler("gcc")
    result, _ = execute(artifact, on, first, compiler=compiler, by_step=True)
    return _profile(artifact, on, result)


def estimated(artifact: Artifact) -> Profile:
    """The static estimate alone: nothing is built or run."""
    return _profile(artifact, "estimate", RunResult([], ""))


def _profile(artifact: Artifact, on: Source, result: RunResult) -> Profile:
    program = artifact.program
    costs = tuple(_costs(program, result))
    known = [cost.estimate for cost in costs if cost.estimate is not None]
    return Profile(
        on,
        result.compiler,
        costs,
        result.instructions,
        result.cycles_model,
        sum(known) if len(known) == len(costs) else None,
        program.macs,
        artifact.board.clock_hz,
    )


def _costs(program: Program, result: RunResult) -> Iterator[Cost]:
    numbers = {id(stage): number for number, stage in enumerate(program.stages, start=1)}
    for call in program.calls:
        stage = program.stage_at.get(call.step)
        number = 0 if stage is None else numbers[id(stage)]
        if stage is not None and stage.first == call.step:
            found = _measured(result, len(program.calls) + number - 1)
            label = f"stage {number}"
            yield Cost(call.step, number, True, label, (), "Stage", "", 0, *found[:2], stage.cycles, found[2])
        instructions, cycles, traffic = _measured(result, call.step)
        yield Cost(
            call.step,
            number,
            False,
            call.label,
            call.origins,
            call.op.name,
            call.symbol,
            call.macs + call.recomputed,
            instructions,
            cycles,
            call.cycles,
            traffic,
        )


def _measured(result: RunResult, step: int) -> tuple[int | None, float | None, tuple[Traffic, ...]]:
    """Instructions, cycles and traffic of a step, as far as the emulator tells them by step."""
    instructions, cycles, traffic = (
        result.per_step_instructions,
        result.per_step_cycles,
        result.per_step_traffic,
    )
    return (
        instructions[step] if instructions else None,
        cycles[step] if cycles else None,
        traffic[step] if traffic else (),
    )
