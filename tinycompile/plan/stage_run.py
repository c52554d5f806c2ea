"""What a stage does, row by row: the same steps for the simulator and the validator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tinycompile.ir import Op
from tinycompile.plan.program import Operand, Program, Ring, Stage
from tinycompile.plan.rows import SOURCE
from tinycompile.plan.stream import row_types


@dataclass(frozen=True)
class Slide:
    """Move `size` bytes from `source` down to `target`; the ranges may overlap."""

    source: int
    target: int
    size: int


@dataclass(frozen=True)
class RowStep:
    """One row of one operator.

    Attributes:
        call: index in `Program.calls`.
        row: the row that is produced.
        slide: what the result's ring does first, when it is full.
        op: the operator on the rows `ins`.
        firsts: the row at which each operand starts; None for one read whole.
    """

    call: int
    row: int
    slide: Slide | None
    op: Op
    ins: tuple[Operand, ...]
    firsts: tuple[int | None, ...]
    out: Operand


def row_steps(program: Program, stage: Stage) -> Iterator[RowStep]:
    """The steps of a stage in execution order."""
    links, rings = stage.links, stage.rings
    produced = [0] * len(stage.ops)
    base = [0] * len(rings)
    for index in links.pull():
        ring, row = rings[index + 1], produced[index]
        slide = None
        if links.readers[index + 1] and row - base[index + 1] == ring.capacity:
            low = min(links.first_needed(index + 1, produced), row)
            slide = _slide(ring, low - base[index + 1], row - low)
            base[index + 1] = low
        yield _step(program, stage, index, row, base, slide)
        produced[index] += 1


def _slide(ring: Ring, drop: int, keep: int) -> Slide:
    return Slide(ring.offset + drop * ring.row_bytes, ring.offset, keep * ring.row_bytes)


def _step(
    program: Program, stage: Stage, index: int, row: int, base: list[int], slide: Slide | None
) -> RowStep:
    call = program.calls[stage.ops[index].call]
    op, ins, outs = row_types(call.op, row, tuple(o.type for o in call.ins), tuple(o.type for o in call.outs))
    feeds = {feed.operand: feed for feed in stage.links.feeds[index]}
    operands: list[Operand] = []
    firsts: list[int | None] = []
    for position, (operand, type_) in enumerate(zip(call.ins, ins, strict=True)):
        if position not in feeds:
            operands.append(operand)
            firsts.append(None)
            continue
        feed = feeds[position]
        ring = stage.rings[feed.ring]
        first = feed.rows(row, stage.links.heights[feed.ring])[0]
        held = 0 if feed.ring == SOURCE else base[feed.ring]
        operands.append(Operand(operand.value, type_, ring.offset + (first - held) * ring.row_bytes))
        firsts.append(first)
    ring = stage.rings[index + 1]
    out = Operand(call.outs[0].value, outs[0], ring.offset + (row - base[index + 1]) * ring.row_bytes)
    return RowStep(call.step, row, slide, op, tuple(operands), tuple(firsts), out)
