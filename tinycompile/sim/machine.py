"""The machine: executes a Program in one arena of bytes that starts out poisoned.

Every read of a byte that nothing wrote, or that a dead tensor left behind, is an error. Results are those of
the C code, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tinycompile.errors import Diagnostic, VerificationError, declare
from tinycompile.plan.fetch_run import content, events
from tinycompile.plan.outside_types import Fetch
from tinycompile.plan.program import Call, Port, Program, Stage, StagedArg
from tinycompile.plan.stage_run import Arrive, Compute, Move, Part, stage_steps

TC_POISON = declare(
    "TC901",
    "A kernel reads memory that holds nothing",
    "In the simulated arena a step reads bytes that no step wrote. This is a defect of tinycompile; please "
    "report it with the model.",
)

TC_STAGED = declare(
    "TC905",
    "Fetched weights are overwritten",
    "In the simulated arena something was written to where weights are, or are about to be, before their "
    "last use. This is a defect of tinycompile; please report it with the model.",
)

_POISON = 0xA5


@dataclass(frozen=True, eq=False)
class Run:
    """One execution: outputs by name, and the highest arena byte that was touched, plus one."""

    outputs: Mapping[str, np.ndarray]
    high_water: int


class Machine:
    """An arena and a Program; `run` may be called any number of times."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.arena = np.full(program.arena, _POISON, np.uint8)
        self.valid = np.zeros(program.arena, np.bool_)
        self.high_water = 0
        self._fed: dict[str, np.ndarray] = {}
        self._left: dict[str, list[np.ndarray]] = {}

    def run(self, inputs: Mapping[str, np.ndarray]) -> Run:
        """Execute all calls. `inputs` are arrays of exactly the ports' types, by port name."""
        self.arena[:] = _POISON
        self.valid[:] = False
        self._fed, self._left = {}, {}
        for port in self.program.inputs:
            array = np.ascontiguousarray(inputs[port.name], dtype=port.type.dtype.numpy)
            if port.rows:
                self._fed[port.name] = array.reshape(port.type.shape)
            else:
                self._write(port.offset, array)
        for call in self.program.calls:
            stage = self.program.stage_at.get(call.step)
            if stage is not None and call.step != stage.first:
                continue
            fetch = self._fetch(call.step)
            self._check_pointers(call, stage)
            if stage is None:
                self._step(call)
            else:
                self._stage(stage)
            if fetch is not None:
                self._check_staged(fetch, f"step {call.step} ({call.symbol})")
            self._bury(call.step + 1 if stage is None else stage.last + 1)
        outputs = {port.name: self._read_port(port) for port in self.program.outputs}
        return Run(outputs, self.high_water)

    def _step(self, call: Call) -> None:
        where = f"step {call.step} ({call.symbol})"
        operands = [self._get(Part(o, None), where) for o in call.ins]
        if call.scratch is not None:
            self._poison(call.scratch.offset, call.scratch.offset + call.scratch.size)
        with np.errstate(all="ignore"):
            results = call.op.evaluate(
                operands, tuple(o.type for o in call.ins), tuple(o.type for o in call.outs)
            )
        for operand, result in zip(call.outs, results, strict=True):
            assert operand.offset is not None
            if result.shape != operand.type.shape or result.dtype != operand.type.dtype.numpy:
                raise AssertionError(
                    f"{call.symbol}: the semantics gave {result.dtype}{result.shape}, not {operand.type}"
                )
            self._write(operand.offset, result)

    def _fetch(self, step: int) -> Fetch | None:
        """The reads ahead of a step. While one is under way its target holds nothing."""
        due, fetches = events(self.program, step), self.program.fetches
        if due.start is not None:
            self._poison(*fetches[due.start].span)
        if due.ready is not None:
            fetch = fetches[due.ready]
            if self.valid[slice(*fetch.span)].any():
                raise VerificationError(
                    Diagnostic(
                        TC_STAGED, f"step {step} finds the target of a read that is under way written to"
                    )
                )
            self._write(fetch.target, np.frombuffer(content(self.program, fetch), np.uint8))
        if due.ahead is not None:
            self._poison(*fetches[due.ahead].span)
        return None if due.ready is None else fetches[due.ready]

    def _check_pointers(self, call: Call, stage: Stage | None) -> None:
        """Where arguments point to fetched constants there must be these, even if no operand names them."""
        args = call.args if stage is None else tuple(a for op in stage.ops for a in op.arguments)
        for arg in args:
            if isinstance(arg, StagedArg):
                where, array = f"step {call.step} ({call.symbol})", self.program.constants[arg.name]
                held = self._read(arg.offset, array.nbytes, where)
                if held.tobytes() != array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes():
                    raise VerificationError(Diagnostic(TC_STAGED, f"{where} does not find '{arg.name}'"))

    def _check_staged(self, fetch: Fetch, where: str) -> None:
        """A call must not have written to the weights that it reads."""
        held = self._read(fetch.target, fetch.size, where)
        if held.tobytes() != content(self.program, fetch):
            raise VerificationError(Diagnostic(TC_STAGED, f"{where} overwrites the weights that it reads"))

    def _stage(self, stage: Stage) -> None:
        """All steps of a stage; what its rings leave behind is poisoned at the end."""
        self._poison(stage.state, stage.state + stage.state_bytes)
        for step in stage_steps(self.program, stage):
            if isinstance(step, Compute):
                self._compute(step)
            elif isinstance(step, Move):
                self._move(step)
            elif isinstance(step, Arrive):
                region = step.part.region
                assert region is not None
                image = self._fed[step.part.operand.value]
                self._put(step.part, image[:, slice(*region.rows), slice(*region.cols)])
            else:
                self._left.setdefault(step.part.operand.value, []).append(self._get(step.part, "the output"))

    def _compute(self, step: Compute) -> None:
        operands = [self._get(part, step.where) for part in step.ins]
        scratch = self.program.calls[step.call].scratch
        if scratch is not None:
            self._poison(scratch.offset, scratch.offset + scratch.size)
        types = tuple(part.operand.type for part in step.ins)
        with np.errstate(all="ignore"):
            (result,) = step.op.evaluate(operands, types, (step.out.operand.type,))
        self._put(step.out, result)

    def _move(self, step: Move) -> None:
        for row in range(step.rows):
            data = self._read(step.source + row * step.source_pitch, step.size, step.where)
            self._write(step.target + row * step.target_pitch, data)

    def _get(self, part: Part, where: str) -> np.ndarray:
        operand = part.operand
        if operand.const is not None and operand.offset is None:
            return self.program.constants[operand.const].reshape(operand.type.shape)
        assert operand.offset is not None
        data = self._read(operand.offset, operand.type.nbytes, where)
        return data.view(operand.type.dtype.numpy).reshape(operand.type.shape)

    def _put(self, part: Part, array: np.ndarray) -> None:
        assert part.operand.offset is not None
        self._write(part.operand.offset, array)

    def _bury(self, step: int) -> None:
        """Poison what dies before `step`, so that a late read of it is seen."""
        if step >= len(self.program.calls):
            return
        dead = np.zeros(self.program.arena, np.bool_)
        for block in self.program.blocks:
            if block.end == step:
                dead[block.offset : block.offset + block.size] = True
        for block in self.program.blocks:
            if block.start <= step < block.end:
                dead[block.offset : block.offset + block.size] = False
        self.arena[dead] = _POISON
        self.valid[dead] = False

    def _read_port(self, port: Port) -> np.ndarray:
        if port.rows:
            return np.concatenate(self._left[port.name], axis=1)
        return (
            self._read(port.offset, port.type.nbytes, "the outputs")
            .view(port.type.dtype.numpy)
            .reshape(port.type.shape)
        )

    def _read(self, offset: int, nbytes: int, where: str) -> np.ndarray:
        if not self.valid[offset : offset + nbytes].all():
            bad = offset + int(np.flatnonzero(~self.valid[offset : offset + nbytes])[0])
            raise VerificationError(
                Diagnostic(TC_POISON, f"{where} reads arena byte {bad}, which holds nothing")
            )
        self.high_water = max(self.high_water, offset + nbytes)
        return self.arena[offset : offset + nbytes].copy()

    def _write(self, offset: int, array: np.ndarray) -> None:
        data = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        self.arena[offset : offset + data.size] = data
        self.valid[offset : offset + data.size] = True
        self.high_water = max(self.high_water, offset + data.size)

    def _poison(self, start: int, end: int) -> None:
        self.arena[start:end] = _POISON
        self.valid[start:end] = False
        self.high_water = max(self.high_water, end)
