"""The Program: kernel calls over byte offsets of one arena. The single source of truth.

The emitter prints it, the machine executes it, the report reads it; none of them decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tinycompile.ir import Op
from tinycompile.ops import Purpose
from tinycompile.plan.arguments import (
    ArenaArg,
    CallArg,
    ConstArg,
    NullArg,
    Operand,
    RingArg,
    Scratch,
    StagedArg,
)
from tinycompile.plan.outside_types import Fetch, Placed, Staged
from tinycompile.plan.ports import Port
from tinycompile.plan.rows import Feed, Links
from tinycompile.plan.stage_types import (
    Axis,
    Ring,
    RowCall,
    RowOp,
    Span,
    Stage,
    TileBuffer,
    TileCall,
    TileCopy,
    Tiles,
)

__all__ = [
    "Alias",
    "ArenaArg",
    "Axis",
    "Block",
    "Call",
    "CallArg",
    "ConstArg",
    "Feed",
    "Fetch",
    "Links",
    "NullArg",
    "Operand",
    "Placed",
    "Port",
    "Program",
    "Proof",
    "Ring",
    "RingArg",
    "RowCall",
    "RowOp",
    "Scratch",
    "Span",
    "Stage",
    "Staged",
    "StagedArg",
    "TileBuffer",
    "TileCall",
    "TileCopy",
    "Tiles",
]


@dataclass(frozen=True)
class Call:
    """One kernel call. `ins` and `outs` are for the machine, `args` for the emitter: the same call twice.

    Attributes:
        step: position in the execution order.
        origins: source nodes that it computes.
        macs: multiply-accumulates of the whole result.
        cycles: static estimate at zero wait states of all that it executes, row by row or tile by tile in a
            stage; None where the kernel has none.
        recomputed: multiply-accumulates on top of `macs`, where neighbouring tiles overlap.
    """

    step: int
    symbol: str
    op: Op
    origins: tuple[str, ...]
    ins: tuple[Operand, ...]
    outs: tuple[Operand, ...]
    args: tuple[CallArg, ...]
    scratch: Scratch | None
    macs: int
    cycles: float | None
    recomputed: int = 0

    @property
    def label(self) -> str:
        """A short name for messages: the source nodes, or the operator when there are none.

        Converters from TensorFlow join the names of fused layers with semicolons; the first one is kept.
        """
        return " + ".join(name.split(";")[0] for name in self.origins) or self.op.name

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """The byte ranges of the arena that the call may touch."""
        ranges = [o.span for o in (*self.ins, *self.outs) if o.offset is not None]
        if self.scratch is not None:
            ranges.append((self.scratch.offset, self.scratch.offset + self.scratch.size))
        return tuple(ranges)


@dataclass(frozen=True)
class Alias:
    """A value that needs no call: it is seen in the bytes of others (a view).

    `op` on the values `sources` says which element is which.
    """

    op: Op
    sources: tuple[Operand, ...]
    results: tuple[Operand, ...]
    before_step: int


@dataclass(frozen=True)
class Block:
    """A stretch of the arena that is live from step `start` up to, not including, `end`.

    `values` are the tensors it holds in turn (several when views or in-place operators share it).
    """

    values: tuple[str, ...]
    offset: int
    size: int
    start: int
    end: int
    scratch: bool = False


@dataclass(frozen=True)
class Region:
    """A stretch of the arena that lies in one memory of the board; everything in it has a base of its own.

    Attributes:
        name: of the memory.
        start: its first byte in the arena.
        size: bytes; all but the last region's are padded to where the next one starts.
        attributes: of the memory, as in the board file.
    """

    name: str
    start: int
    size: int
    attributes: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        """The first byte of the arena behind the region."""
        return self.start + self.size


@dataclass(frozen=True)
class Proof:
    """What the planner can prove about the arena.

    Attributes:
        order_peak: peak live bytes of the chosen order.
        order_bound: no order of the same calls has a smaller peak.
        order_exact: whether the two were shown equal.
        max_load: live bytes of the fullest step after in-place sharing; no packing is smaller.
        packing: the method that found the offsets.
        packing_exact: whether the arena equals the bound on it.
    """

    order_peak: int
    order_bound: int
    order_exact: bool
    max_load: int
    packing: str
    packing_exact: bool

    @property
    def lower_bound(self) -> int:
        """Bytes that no order and no packing of these calls can go below."""
        return self.order_bound


@dataclass(frozen=True)
class Baseline:
    """The whole-tensor plan that a streamed one was chosen over; `Call.label` and live bytes per step."""

    arena: int
    blocks: tuple[Block, ...]
    labels: tuple[str, ...]
    loads: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Program:
    """Everything that runs.

    Attributes:
        arena: bytes of the arena: activations, inputs, outputs, scratch, alignment.
        constants: name -> array; those that `args` mention go into flash, the `placed` ones elsewhere.
        purposes: name -> what the constant is for.
        fetches: reads of constants that are in no memory of their own, in execution order.
        baseline: the plan of whole tensors, where this one streams rows instead.
        regions: the arena from its first byte to its last, cut by the memories of the board that hold it. No
            block crosses a border, and all that a stage touches lies in one region.
    """

    name: str
    board: str
    calls: tuple[Call, ...]
    aliases: tuple[Alias, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    blocks: tuple[Block, ...]
    arena: int
    proof: Proof
    notes: tuple[str, ...]
    constants: Mapping[str, np.ndarray] = field(repr=False)
    purposes: Mapping[str, Purpose] = field(repr=False)
    stages: tuple[Stage, ...] = ()
    baseline: Baseline | None = None
    placed: tuple[Placed, ...] = ()
    fetches: tuple[Fetch, ...] = ()
    regions: tuple[Region, ...] = ()

    def region_of(self, offset: int) -> Region:
        """The region that holds a byte of the arena; the last one for the end of the arena."""
        return next(r for r in reversed(self.regions) if r.start <= offset)

    @cached_property
    def stage_at(self) -> Mapping[int, Stage]:
        """Step -> the stage that its call belongs to."""
        return {step: stage for stage in self.stages for step in range(stage.first, stage.last + 1)}

    def spans(self, step: int) -> tuple[tuple[int, int], ...]:
        """The byte ranges of the arena that a step may touch; a stage is one step, its first."""
        stage = self.stage_at.get(step)
        steps = range(step, step + 1) if stage is None else range(stage.first, stage.last + 1)
        fetched = tuple(f.span for f in self.fetches if f.step in steps)
        if stage is None:
            return (*self.calls[step].spans, *fetched)
        state = (stage.state, stage.state + stage.state_bytes)
        touched = [s for index in range(stage.first, stage.last + 1) for s in self.calls[index].spans]
        tiles = [op.tiles for op in stage.ops if op.tiles is not None]
        buffers = [b.span for t in tiles for b in t.buffers]
        return (*(ring.span for ring in stage.rings), state, *touched, *buffers, *fetched)

    @cached_property
    def emitted(self) -> tuple[str, ...]:
        """The constants that the C code refers to, in order of first use."""
        whole = [a for call in self.calls for a in call.args]
        staged = [a for stage in self.stages for op in stage.ops for a in op.arguments]
        names = (a.name for a in (*whole, *staged) if isinstance(a, ConstArg))
        return tuple(dict.fromkeys(names))

    @property
    def mapped_regions(self) -> tuple[str, ...]:
        """The memories beside the default flash that hold constants before start-up, sorted."""
        return tuple(sorted({p.region for p in self.placed if not p.copied}))

    @property
    def constant_bytes(self) -> int:
        """Bytes of the emitted constants, wherever they are; not of those that are fetched."""
        return sum(self.constants[n].nbytes for n in self.emitted)

    @property
    def tables(self) -> tuple[str, ...]:
        """The emitted constants that are neither weights nor quantisation parameters."""
        return tuple(n for n in self.emitted if self.purposes[n] is Purpose.TABLE)

    @property
    def macs(self) -> int:
        """Multiply-accumulates that one run executes."""
        return sum(c.macs + c.recomputed for c in self.calls)

    @property
    def overhead(self) -> float:
        """Estimated cycles on top of those of the calls: tables, moves and copies of stages."""
        return sum(stage.cycles for stage in self.stages)

    @property
    def recomputed_macs(self) -> int:
        """Those of them that are executed again where tiles overlap."""
        return sum(c.recomputed for c in self.calls)

    @property
    def execution_steps(self) -> int:
        """Plain calls and stages, each counted once."""
        return len(self.calls) - sum(s.last - s.first for s in self.stages)

    @property
    def scratch_peak(self) -> int:
        """Bytes of the largest scratch of any call."""
        return max((c.scratch.size for c in self.calls if c.scratch), default=0)

    @cached_property
    def loads(self) -> tuple[int, ...]:
        """Live bytes per step, scratch included."""
        return tuple(self._load(step) for step in range(max(1, len(self.calls))))

    def _load(self, step: int) -> int:
        stage = self.stage_at.get(step)
        if stage is not None:
            return stage.peak
        return sum(b.size for b in self.blocks if b.start <= step < b.end)

    @property
    def peak_step(self) -> int:
        """The first step with the most live bytes."""
        return self.loads.index(max(self.loads))

    def live(self, step: int) -> tuple[Block, ...]:
        """The blocks that are live during a step, largest first."""
        found = [b for b in self.blocks if b.start <= step < b.end]
        return tuple(sorted(found, key=lambda b: (-b.size, b.offset)))

    @property
    def sources(self) -> tuple[str, ...]:
        """The runtime files in use, sorted."""
        return tuple(sorted({f"{c.symbol}.c" for c in self.calls}))

    @property
    def dtype(self) -> str:
        """`int8`, `float32` or `mixed`, by what the calls compute on."""
        kinds = {o.type.dtype.value for c in self.calls for o in (*c.ins[:1], *c.outs[:1])}
        has_float, has_int8 = "float32" in kinds, "int8" in kinds
        return "mixed" if has_float and has_int8 else "float32" if has_float else "int8"
