"""Reads of constants that live outside: what is read for which call, when it is begun, where it goes.

Every call (or stage) that needs outside constants gets them in one read. Where memory permits, it is begun
ahead of the last call before it that multiplies, so that it is under way while that one runs: two staging
buffers take turns. Where the buffer lies idle even longer and the arena is no fuller for it, it is begun
earlier still. No read is under way while rows come from or go to the application, which may end the run then.
Staging buffers are packed into what the plan of the activations leaves free, step by step; in an arena of
several regions they lie where DMA controllers reach, those of a stage in its region. The last region grows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tinycompile.plan.arguments import C_TYPES
from tinycompile.plan.constants_place import constant_uses
from tinycompile.plan.outside_types import FETCH_ALIGN, STAGED_ALIGN, Fetch, Staged
from tinycompile.plan.program import (
    Block,
    Call,
    CallArg,
    ConstArg,
    Program,
    RowCall,
    RowOp,
    Stage,
    StagedArg,
    TileCall,
)
from tinycompile.target import Attribute

StageCall = TypeVar("StageCall", RowCall, TileCall)


@dataclass(frozen=True)
class Shortage:
    """A read for which there is no room at its step.

    Attributes:
        size: bytes that the read needs.
        room: bytes of the largest gap at that step.
    """

    step: int
    size: int
    room: int


def with_fetches(
    program: Program, names: Collection[str], limit: int
) -> tuple[Program | None, tuple[Shortage, ...]]:
    """The Program with the constants `names` fetched, in an arena of at most `limit` bytes; or why not.

    An arena that is larger already is not a reason to refuse: nothing is added to it then.
    """
    chunks, limit = _chunks(program, names), max(limit, program.arena)
    tried = [_Staging(program, chunks, limit) for _ in range(3)]
    shortages = tried[0].place(sorted(range(len(chunks)), key=lambda i: (-chunks[i].size, i)))
    if shortages:
        return None, shortages
    tried[1].place(range(len(chunks)))
    tried[2].place(range(len(chunks)), alternate=True)
    staging = min((s for s in tried if len(s.places) == len(chunks)), key=lambda s: s.cost)
    staging.begin_earlier()
    return _rewritten(program, staging.fetches(), staging.ends), ()


def room_for(program: Program, step: int, limit: int) -> int:
    """Bytes of the largest gap at the call (or stage) that begins at `step`."""
    return _Staging(program, (), max(limit, program.arena)).largest(step)


@dataclass(frozen=True)
class _Chunk:
    """What one read brings: for the unit that begins at `step`, in `size` bytes."""

    step: int
    parts: tuple[Staged, ...]
    size: int


def _chunks(program: Program, names: Collection[str]) -> tuple[_Chunk, ...]:
    """All reads by step. A constant of several calls stands in the read of each."""
    held: dict[int, list[Staged]] = {}
    sizes: dict[int, int] = {}
    for use in constant_uses(program).values():
        if use.name not in names:
            continue
        for step in use.units:
            at = _up(sizes.get(step, 0), STAGED_ALIGN)
            held.setdefault(step, []).append(Staged(use.name, at))
            sizes[step] = at + use.nbytes
    return tuple(_Chunk(step, tuple(held[step]), _up(sizes[step], FETCH_ALIGN)) for step in sorted(held))


@dataclass(frozen=True)
class _Place:
    """Bytes [low, high) of the arena from step `begin` to `end`."""

    begin: int
    end: int
    low: int
    high: int


class _Staging:
    """Places for reads between the blocks of a Program."""

    def __init__(self, program: Program, chunks: Sequence[_Chunk], limit: int) -> None:
        self.program, self.chunks, self.limit = program, chunks, limit
        self.ends = _unit_ends(program)
        self.blocks = [_Place(b.start, b.end, b.offset, b.offset + b.size) for b in program.blocks if b.size]
        self.places: dict[int, _Place] = {}

    @property
    def cost(self) -> tuple[int, int]:
        """Reads that calls wait for, then the arena."""
        waits = sum(self.places[i].begin == chunk.step for i, chunk in enumerate(self.chunks))
        return waits, max((p.high for p in self.places.values()), default=0)

    def place(self, order: Iterable[int], *, alternate: bool = False) -> tuple[Shortage, ...]:
        """Give every read its place, in this order; what has none. `alternate`: every other one on top."""
        shortages = []
        for index in order:
            top = alternate and index % 2 == 1
            if self._place(index, self._ahead(index), top):
                continue
            behind = self.places.get(index + 1)
            if behind is not None:  # The read behind gives up its head start where both do not fit.
                self.places[index + 1] = replace(behind, begin=self.chunks[index + 1].step)
            step = self.chunks[index].step
            if not self._place(index, [step], top):
                shortages.append(Shortage(step, self.chunks[index].size, self.largest(step)))
        return tuple(sorted(shortages, key=lambda s: s.step))

    def _place(self, index: int, begins: Sequence[int], top: bool) -> bool:
        chunk = self.chunks[index]
        end = self.ends[chunk.step]
        for begin in begins:
            fits = [(a, b) for a, b in self._free(chunk.step, begin, end) if b - a >= chunk.size]
            if fits:
                low = fits[-1][1] - chunk.size if top else fits[0][0]
                self.places[index] = _Place(begin, end, low, low + chunk.size)
                return True
        return False

    def _ahead(self, index: int) -> list[int]:
        """Where a read may begin, ascending: back to the last unit before it that multiplies."""
        step = self.chunks[index].step
        found = [step]
        for before in self._before(index, step):
            found.append(before)
            if any(call.macs for call in self.program.calls[before : self.ends[before]]):
                break
        return found[::-1]

    def _before(self, index: int, step: int) -> Iterator[int]:
        """The units ahead of `step` that read number `index` may be under way with, the nearest first."""
        earliest = self.chunks[index - 1].step if index else 0
        for unit in reversed(self._units(earliest, step)):
            stage = self.program.stage_at.get(unit)
            if stage is not None and stage.stepwise:
                return
            yield unit

    def begin_earlier(self) -> None:
        """Begin reads earlier where that is free: the place is not used, and no step becomes the fullest."""
        load = {s: self.program.loads[s] for s in self.ends}
        for place in self.places.values():
            for step in self._units(place.begin, place.end):
                load[step] += place.high - place.low
        fullest = max(load.values())
        for index, place in sorted(self.places.items()):
            size = place.high - place.low
            for step in self._before(index, place.begin):
                if load[step] + size > fullest or self._used(step, place):
                    break
                load[step] += size
                self.places[index] = replace(place, begin=step)

    def fetches(self) -> tuple[Fetch, ...]:
        """The reads, one after another in the file."""
        found, source = [], 0
        for index, chunk in enumerate(self.chunks):
            place = self.places[index]
            found.append(Fetch(chunk.step, place.begin, source, place.low, chunk.size, chunk.parts))
            source += chunk.size
        return tuple(found)

    def largest(self, step: int) -> int:
        """Bytes of the largest free place at a unit, in whole lines."""
        return max((b - a for a, b in self._free(step, step, self.ends[step])), default=0)

    def _units(self, first: int, end: int) -> list[int]:
        """The units that begin at steps [first, end), ascending."""
        return [s for s in self.ends if first <= s < end]

    def _zones(self, step: int) -> list[tuple[int, int]]:
        """The half-open ranges of the arena in which reads for the unit at `step` may have their places."""
        stage, regions = self.program.stage_at.get(step), self.program.regions
        if stage is not None:
            able = [self.program.region_of(stage.state)]
        else:
            able = [r for r in regions if Attribute.DMA.value in r.attributes] or [*regions]
        return [(r.start, self.limit if r == regions[-1] else r.end) for r in able]

    def _free(self, step: int, begin: int, end: int) -> list[tuple[int, int]]:
        """The half-open ranges for the unit at `step` that are free from `begin` to `end`, ascending."""
        taken = (*self.blocks, *self.places.values())
        busy = sorted((p.low, p.high) for p in taken if p.begin < end and begin < p.end)
        found = []
        for start, stop in self._zones(step):
            at = start
            for low, high in [*busy, (stop, stop)]:
                first = start + _up(at - start, FETCH_ALIGN)
                last = start + (min(low, stop) - start) // FETCH_ALIGN * FETCH_ALIGN
                if first < last:
                    found.append((first, last))
                at = max(at, high)
        return found

    def _used(self, step: int, place: _Place) -> bool:
        """Whether the bytes of a place are in use during the unit at `step`, ahead of its own beginning."""
        end = self.ends[step]
        return any(
            p.begin < end and step < p.end and p.low < place.high and place.low < p.high
            for p in (*self.blocks, *self.places.values())
        )


def _unit_ends(program: Program) -> dict[int, int]:
    """First step of every call and stage -> the step behind it, ascending."""
    found = {}
    for call in program.calls:
        stage = program.stage_at.get(call.step)
        if stage is None:
            found[call.step] = call.step + 1
        elif call.step == stage.first:
            found[call.step] = stage.last + 1
    return found


def _rewritten(program: Program, fetches: tuple[Fetch, ...], ends: Mapping[int, int]) -> Program:
    """The Program with reads, staging blocks, and arguments that point to them."""
    at = {(f.step, p.name): f.target + p.offset for f in fetches for p in f.parts}
    calls = []
    for call in program.calls:
        stage = program.stage_at.get(call.step)
        step = call.step if stage is None else stage.first
        calls.append(_staged_call(call, step, at, program))
    names = {step: program.calls[step].label for step in ends}
    blocks = [
        Block((f"weights of {names[f.step]}",), f.target, f.size, f.begin, ends[f.step]) for f in fetches
    ]
    arena = max(b.offset + b.size for b in (*program.blocks, *blocks))
    regions = [r for r in program.regions if r.start < arena]
    regions[-1] = replace(regions[-1], size=arena - regions[-1].start)
    found = replace(
        program,
        calls=tuple(calls),
        stages=tuple(_staged_stage(s, at, program, fetches) for s in program.stages),
        blocks=tuple(sorted((*program.blocks, *blocks), key=lambda b: (b.start, b.offset))),
        arena=arena,
        regions=tuple(regions),
        fetches=fetches,
    )
    load = max(found.loads)
    # The order was searched without the staging buffers; its bound stays a bound.
    proof = replace(found.proof, max_load=load, packing_exact=load == found.arena)
    return replace(found, proof=proof)


def _staged_call(call: Call, step: int, at: Mapping[tuple[int, str], int], program: Program) -> Call:
    ins = tuple(
        replace(o, offset=at[step, o.const]) if o.const is not None and (step, o.const) in at else o
        for o in call.ins
    )
    return replace(call, ins=ins, args=_staged_args(call.args, step, at, program))


def _staged_args(
    args: Sequence[CallArg], step: int, at: Mapping[tuple[int, str], int], program: Program
) -> tuple[CallArg, ...]:
    found: list[CallArg] = []
    for arg in args:
        if isinstance(arg, ConstArg) and (step, arg.name) in at:
            ctype = C_TYPES[program.constants[arg.name].dtype.name]
            arg = StagedArg(at[step, arg.name], ctype, True, arg.name)
        found.append(arg)
    return tuple(found)


def _staged_stage(
    stage: Stage, at: Mapping[tuple[int, str], int], program: Program, fetches: Sequence[Fetch]
) -> Stage:
    def staged(call: StageCall) -> StageCall:
        variants = tuple(_staged_args(v, stage.first, at, program) for v in call.variants)
        return replace(call, variants=variants)

    def row_op(op: RowOp) -> RowOp:
        rows = tuple(staged(call) for call in op.rows)
        if op.tiles is None:
            return replace(op, rows=rows)
        steps = tuple(staged(s) if isinstance(s, TileCall) else s for s in op.tiles.steps)
        return replace(op, rows=rows, tiles=replace(op.tiles, steps=steps))

    ends = _unit_ends(program)
    held = sum(f.size for f in fetches if f.begin <= stage.last and stage.first < ends[f.step])
    return replace(stage, ops=tuple(row_op(op) for op in stage.ops), peak=stage.peak + held)


def _up(value: int, align: int) -> int:
    return -(-value // align) * align
