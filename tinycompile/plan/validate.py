"""An independent check of a Program: every byte that a call reads is the byte that was meant.

Shares no code with the planner. Each element of each value gets a number of its own; the calls are
replayed on an arena of such numbers, and every operand must still hold the numbers of its value.
"""

from __future__ import annotations

import numpy as np

from tinycompile.plan.program import Alias, Block, Call, Operand, Program, Stage
from tinycompile.plan.stage_run import Arrive, Compute, Move, Part, stage_steps
from tinycompile.plan.validate_codes import wrong
from tinycompile.plan.validate_fetch import ReadReplay


def validate(program: Program) -> None:
    """Replay the Program symbolically.

    Raises:
        VerificationError: naming the step, the value and what lies in its place.
    """
    replay = _Replay(program)
    reads = ReadReplay(program, replay.bytes)
    for port in program.inputs:
        if port.rows:
            replay.number(Operand(port.name, port.type))
            continue
        replay.define(Operand(port.name, port.type, port.offset), "the inputs")
    for call in program.calls:
        stage = program.stage_at.get(call.step)
        if stage is not None and call.step != stage.first:
            continue
        fetch = reads.ahead(call.step)
        if stage is None:
            replay.call(call)
        else:
            replay.stage(stage)
        if fetch is not None:
            reads.expect(fetch, f"step {call.step} ({call.symbol})")
    reads.finish()
    for port in program.outputs:
        if port.rows:
            continue
        replay.resolve(port.name)
        replay.expect(Operand(port.name, port.type, port.offset), "the outputs")
    _check_blocks(program)
    _check_regions(program)


class _Replay:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.bytes = np.full(program.arena, -1, np.int64)
        self.content: dict[str, np.ndarray] = {}
        self.next = 0
        self.alias_of = {r.value: a for a in program.aliases for r in a.results}

    def define(self, operand: Operand, where: str) -> None:
        """Give the elements of a value new numbers and write them into the arena."""
        self.number(operand)
        numbers = self.content[operand.value].ravel()
        self._range(operand, where)[:] = np.repeat(numbers, operand.type.dtype.itemsize)

    def call(self, call: Call) -> None:
        """Replay a plain call."""
        where = f"step {call.step} ({call.symbol})"
        for operand in call.ins:
            if operand.offset is not None and operand.const is None:
                self.resolve(operand.value)
                self.expect(operand, where)
        if call.scratch is not None:
            start, end = call.scratch.offset, call.scratch.offset + call.scratch.size
            if start < 0 or end > self.program.arena:
                raise wrong(f"{where}: scratch [{start}, {end}) leaves the arena")
            for operand in (*call.ins, *call.outs):
                low, high = operand.span
                if operand.offset is not None and low < end and start < high:
                    raise wrong(f"{where}: scratch overlaps '{operand.value}'")
            self.bytes[start:end] = -1
        for operand in call.outs:
            self.define(operand, where)

    def stage(self, stage: Stage) -> None:
        """Replay a stage step by step; each element of each value has a number of its own."""
        for ring in stage.rings[: stage.links.sources]:
            self.resolve(ring.value)
        self._clear(stage.state, stage.state_bytes, "the counters of a stage")
        for call in self.program.calls[stage.first : stage.last + 1]:
            self.number(call.outs[0])
        for step in stage_steps(self.program, stage):
            if isinstance(step, Compute):
                self._compute(step)
            elif isinstance(step, Move):
                self._move(step)
            elif isinstance(step, Arrive):
                self._write(step.part, "an input")
            else:
                self._expect_part(step.part, "an output")

    def _compute(self, step: Compute) -> None:
        for part in step.ins:
            if part.operand.offset is not None and part.operand.const is None:
                self.resolve(part.operand.value)
                self._expect_part(part, step.where)
        scratch = self.program.calls[step.call].scratch
        if scratch is not None:
            self._clear(scratch.offset, scratch.size, step.where)
            start, end = step.out.operand.span
            if start < scratch.offset + scratch.size and scratch.offset < end:
                raise wrong(f"{step.where}: scratch overlaps the result")
        self._write(step.out, step.where)

    def _move(self, step: Move) -> None:
        for row in range(step.rows):
            source, target = step.source + row * step.source_pitch, step.target + row * step.target_pitch
            if min(source, target) < 0 or max(source, target) + step.size > self.program.arena:
                raise wrong(f"{step.where} is copied from or to outside of the arena")
            self.bytes[target : target + step.size] = self.bytes[source : source + step.size].copy()

    def _numbers(self, part: Part) -> np.ndarray:
        numbers, region = self.content[part.operand.value], part.region
        if region is not None:
            numbers = numbers[:, region.rows[0] : region.rows[1], region.cols[0] : region.cols[1]]
        return np.repeat(numbers.ravel(), part.operand.type.dtype.itemsize)

    def _write(self, part: Part, where: str) -> None:
        self._range(part.operand, where)[:] = self._numbers(part)

    def _expect_part(self, part: Part, where: str) -> None:
        if not np.array_equal(self._range(part.operand, where), self._numbers(part)):
            raise wrong(f"{where}: {part.region} of '{part.operand.value}' was overwritten before it is read")

    def number(self, operand: Operand) -> None:
        """Give the elements of a value numbers of their own."""
        numbers = np.arange(self.next, self.next + operand.type.elements, dtype=np.int64)
        self.next += operand.type.elements
        self.content[operand.value] = numbers.reshape(operand.type.shape)

    def _clear(self, start: int, size: int, where: str) -> None:
        if start < 0 or start + size > self.program.arena:
            raise wrong(f"{where}: [{start}, {start + size}) leaves the arena")
        self.bytes[start : start + size] = -1

    def resolve(self, value: str) -> None:
        """Compute the numbers of a view from those of its sources, through the operator itself."""
        if value in self.content:
            return
        alias: Alias | None = self.alias_of.get(value)
        if alias is None:
            raise wrong(f"value '{value}' is read but never written")
        for source in alias.sources:
            self.resolve(source.value)
        ins = tuple(s.type for s in alias.sources)
        outs = tuple(r.type for r in alias.results)
        found = alias.op.evaluate([self.content[s.value] for s in alias.sources], ins, outs)
        for result, numbers in zip(alias.results, found, strict=True):
            self.content[result.value] = numbers

    def expect(self, operand: Operand, where: str) -> None:
        held = self._range(operand, where)
        wanted = np.repeat(self.content[operand.value].ravel(), operand.type.dtype.itemsize)
        if not np.array_equal(held, wanted):
            first = int(np.flatnonzero(held != wanted)[0])
            raise wrong(f"{where}: byte {first} of '{operand.value}' was overwritten before it is read")

    def _range(self, operand: Operand, where: str) -> np.ndarray:
        start, end = operand.span
        if start < 0 or end > self.program.arena:
            raise wrong(f"{where}: '{operand.value}' at [{start}, {end}) leaves the arena")
        return self.bytes[start:end]


def _check_blocks(program: Program) -> None:
    """Blocks that live at the same step must not share a byte, and must cover all that calls touch.

    Inside a stage, input and result may overlap others as far as their rows allow; the replay checks that.
    """
    for i, a in enumerate(program.blocks):
        for b in program.blocks[i + 1 :]:
            if _meet(program, a, b):
                raise wrong(f"blocks of {a.values} and {b.values} overlap in time and place")
    for call in program.calls:
        live = [(b.offset, b.offset + b.size) for b in program.live(call.step)]
        for start, end in call.spans:
            if start < end and not any(low <= start and end <= high for low, high in live):
                raise wrong(
                    f"step {call.step} ({call.symbol}) touches [{start}, {end}), which no block covers"
                )


def _check_regions(program: Program) -> None:
    """Regions follow one another through the whole arena; no block, port or stage lies in two of them."""
    at = 0
    for region in program.regions:
        if region.start != at:
            raise wrong(f"region '{region.name}' starts at {region.start}, not at {at}")
        at = region.end
    if at != program.arena:
        raise wrong(f"the regions end at {at}, the arena at {program.arena}")
    spans = [(f"block of {b.values}", b.offset, b.offset + b.size) for b in program.blocks]
    whole = (p for p in (*program.inputs, *program.outputs) if not p.rows)
    spans += [(f"'{p.name}'", p.offset, p.offset + p.type.nbytes) for p in whole]
    for stage in program.stages:
        touched = [(start, end) for start, end in program.spans(stage.first) if start < end]
        low, high = min(s for s, _ in touched), max(e for _, e in touched)
        spans.append((f"the stage of step {stage.first}", low, high))
    for what, start, end in spans:
        if start < end and program.region_of(start) != program.region_of(end - 1):
            raise wrong(f"{what} at [{start}, {end}) lies in more than one region")


def _meet(program: Program, a: Block, b: Block) -> bool:
    start, end = max(a.start, b.start), min(a.end, b.end)
    if start >= end or a.offset >= b.offset + b.size or b.offset >= a.offset + a.size:
        return False
    return any(step not in program.stage_at for step in range(start, end))
