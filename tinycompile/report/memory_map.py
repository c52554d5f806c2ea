"""The memory map: what lies where in the arena, and when. The geometry of page, terminal chart and JSON.

Time runs over the steps: step s is the interval [s, s + 1). A stage takes one step per operator; in it, rows
are produced at evenly spaced moments, in the order of its pull.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from tinycompile.ir import TensorType
from tinycompile.plan.program import Block, Program
from tinycompile.report.memory_stairs import Span, Stairs


class Kind(StrEnum):
    """What a rectangle holds."""

    EDGE = "input/output"
    ACTIVATION = "activation"
    RING = "ring"
    SCRATCH = "scratch"


@dataclass(frozen=True)
class Rect:
    """One block of the arena: its place, its lifetime, and which of its bytes are live when.

    Attributes:
        values: the tensors that it holds in turn, with their types; no type for scratch.
        live: all of the block all of the time, or a staircase where its rows die or are born in a stage.
        remarks: what to know about it, in whole sentences.
    """

    kind: Kind
    values: tuple[tuple[str, TensorType | None], ...]
    offset: int
    size: int
    start: int
    end: int
    live: tuple[Span, ...]
    remarks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The tensors that it holds, first to last."""
        return ", ".join(value for value, _ in self.values)

    @property
    def whole(self) -> bool:
        """Whether all of its bytes are live for all of its steps."""
        return self.live == (Span(self.start, self.end, self.offset, self.offset + self.size),)


@dataclass(frozen=True)
class Column:
    """One step. `operator` and `kernel` are empty where only the label is known."""

    step: int
    label: str
    operator: str
    kernel: str
    load: int


@dataclass(frozen=True)
class Band:
    """The columns [first, end) of a stage.

    Attributes:
        peak: the most bytes live at any moment of it.
        tiled: whether some of it is made in patches.
    """

    number: int
    first: int
    end: int
    peak: int
    tiled: bool

    @property
    def manner(self) -> str:
        """How the operators of the stage work together."""
        return "row by row and in patches" if self.tiled else "row by row"


@dataclass(frozen=True)
class MemoryMap:
    """Steps across, addresses up.

    Attributes:
        peak: the columns [first, end) of the first fullest step or stage.
        peak_load: live bytes there.
    """

    arena: int
    columns: tuple[Column, ...]
    rects: tuple[Rect, ...]
    bands: tuple[Band, ...]
    peak: tuple[int, int]
    peak_load: int

    @cached_property
    def peak_moment(self) -> float:
        """The middle of the fullest step, or the first fullest moment of a stage."""
        first, end = self.peak
        if not any(band.first == first for band in self.bands):
            return (first + end) / 2
        spans = [s for rect in self.rects for s in rect.live if s.start < end and s.end > first]
        moments = sorted({max(s.start, first) for s in spans})
        return max(moments, key=lambda t: sum(s.high - s.low for s in spans if s.start <= t < s.end))

    @property
    def peak_text(self) -> str:
        """`step 4`, or `steps 4 to 6` for a stage."""
        return steps_text(*self.peak)


def memory_map(program: Program) -> MemoryMap:
    """The map of a Program; every block is one rectangle, in the Program's order."""
    types = _types(program)
    edges = _edges(program)
    bands = tuple(
        Band(n, s.first, s.last + 1, s.peak, any(op.tiles is not None for op in s.ops))
        for n, s in enumerate(program.stages, start=1)
    )
    columns = tuple(
        Column(call.step, call.label, call.op.name, call.symbol, program.loads[call.step])
        for call in program.calls
    )
    stage = program.stage_at.get(program.peak_step)
    peak = (stage.first, stage.last + 1) if stage else (program.peak_step, program.peak_step + 1)
    stairs = Stairs(program.stages, _last_use(program))
    rects = tuple(_rect(block, types, edges, stairs) for block in program.blocks)
    return MemoryMap(program.arena, columns, rects, bands, peak, max(program.loads))


def baseline_map(program: Program) -> MemoryMap | None:
    """The map of the whole-tensor plan that a streamed Program was chosen over."""
    found = program.baseline
    if found is None:
        return None
    types = _types(program)
    edges = _edges(program)
    columns = tuple(
        Column(step, label, "", "", load)
        for step, (label, load) in enumerate(zip(found.labels, found.loads, strict=True))
    )
    stairs = Stairs((), {})
    step = found.loads.index(max(found.loads))
    rects = tuple(_rect(block, types, edges, stairs) for block in found.blocks)
    return MemoryMap(found.arena, columns, rects, (), (step, step + 1), found.loads[step])


def steps_text(start: int, end: int) -> str:
    """The half-open interval of steps in words."""
    return f"step {start}" if end - start == 1 else f"steps {start} to {end - 1}"


def _rect(block: Block, types: Mapping[str, TensorType], edges: Mapping[str, str], stairs: Stairs) -> Rect:
    values = tuple((v, None if block.scratch else types.get(v)) for v in block.values)
    remarks = [] if block.scratch else [edges[v] for v in block.values if v in edges]
    if block.scratch:
        kind = Kind.SCRATCH
    elif stairs.ring(block):
        kind = Kind.RING
    else:
        kind = Kind.EDGE if remarks else Kind.ACTIVATION
    if len(block.values) > 1 and not block.scratch:
        remarks.append("These tensors share the place, as views or in-place results.")
    remarks += stairs.remarks(block)
    live = stairs.live(block)
    return Rect(kind, values, block.offset, block.size, block.start, block.end, live, tuple(remarks))


def _last_use(program: Program) -> dict[str, int]:
    """Value -> the last step that reads it; outputs of the model outlast all steps."""
    found = {operand.value: call.step for call in program.calls for operand in call.ins}
    return found | {port.name: len(program.calls) for port in program.outputs}


def _types(program: Program) -> dict[str, TensorType]:
    """The type of every run-time value."""
    found = {port.name: port.type for port in (*program.inputs, *program.outputs)}
    for call in program.calls:
        found |= {o.value: o.type for o in (*call.ins, *call.outs)}
    for alias in program.aliases:
        found |= {o.value: o.type for o in (*alias.sources, *alias.results)}
    return found


def _edges(program: Program) -> dict[str, str]:
    """Model inputs and outputs by name, each with a sentence that says so."""
    found = {}
    for what, verb, ports in (("input", "arrive", program.inputs), ("output", "leave", program.outputs)):
        for port in ports:
            rows = f" whose rows {verb} one at a time" if port.rows else ""
            found[port.name] = f"{port.name} is an {what} of the model{rows}."
    return found
