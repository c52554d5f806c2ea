"""The Program: kernel calls over byte offsets of one arena. The single source of truth.

The emitter prints it, the machine executes it, the report reads it; none of them decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tinycompile.ir import Op, TensorType
from tinycompile.ops import Scalar, Struct
from tinycompile.plan.rows import Links


@dataclass(frozen=True)
class Operand:
    """An operand or result of a call: in the arena at byte `offset`, or the constant `const`."""

    value: str
    type: TensorType
    offset: int | None = None
    const: str | None = None

    @property
    def span(self) -> tuple[int, int]:
        """The half-open byte range in the arena; empty for constants."""
        if self.offset is None:
            return (0, 0)
        return (self.offset, self.offset + self.type.nbytes)


@dataclass(frozen=True)
class ArenaArg:
    """`(ctype *)(arena + offset)`; `const` when the kernel only reads through it."""

    offset: int
    ctype: str
    const: bool


@dataclass(frozen=True)
class ConstArg:
    """Pointer to the constant `name`, as elements of its own type."""

    name: str


@dataclass(frozen=True)
class NullArg:
    """A null pointer."""


@dataclass(frozen=True)
class RingArg:
    """Pointer to rows: of run-time operand `feed` (its position among the feeds), or of the result for -1."""

    feed: int
    ctype: str


CallArg = ArenaArg | ConstArg | NullArg | RingArg | Scalar | Struct


@dataclass(frozen=True)
class Scratch:
    """A byte range of the arena that one call may use freely."""

    offset: int
    size: int


@dataclass(frozen=True)
class Call:
    """One kernel call. `ins` and `outs` are for the machine, `args` for the emitter: the same call twice.

    Attributes:
        step: position in the execution order.
        origins: source nodes that it computes.
        cycles: static estimate at zero wait states, None where the kernel has none.
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
class Ring:
    """Rows of a value on their way through a stage: at most `capacity` of them, dense, oldest first."""

    value: str
    type: TensorType
    offset: int
    capacity: int

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return self.type.nbytes // self.type.shape[1]

    @property
    def span(self) -> tuple[int, int]:
        """The half-open byte range in the arena."""
        return (self.offset, self.offset + self.capacity * self.row_bytes)


@dataclass(frozen=True)
class RowOp:
    """One operator of a stage. Row r uses variant r among the heads, then one for all, then the tails.

    Attributes:
        call: index of its entry in `Program.calls`.
        variants: kernel arguments; they differ in parameter blocks only.
    """

    call: int
    heads: int
    tails: int
    variants: tuple[tuple[CallArg, ...], ...]


@dataclass(frozen=True)
class Stage:
    """Calls [first, first + len(ops)) executed together, row by row, in the order of `links.pull()`.

    Ring 0 holds the input whole, the last ring the result whole; they may overlap as far as rows die before
    others are born.

    Attributes:
        state: byte offset of the run-time counters, two int32 per ring.
        peak: most bytes live at any moment of the stage, everything else that is live included.
    """

    first: int
    ops: tuple[RowOp, ...]
    rings: tuple[Ring, ...]
    links: Links
    state: int
    peak: int

    @property
    def last(self) -> int:
        """The last call of the stage."""
        return self.first + len(self.ops) - 1

    @property
    def state_bytes(self) -> int:
        """Bytes of the counters."""
        return 8 * len(self.rings)


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
class Port:
    """A model input or output: its name in the source model and its place in the arena."""

    name: str
    type: TensorType
    offset: int


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


@dataclass(frozen=True, eq=False)
class Program:
    """Everything that runs.

    Attributes:
        arena: bytes of the arena: activations, inputs, outputs, scratch, alignment.
        constants: name -> array; those that `args` mention go into flash.
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
    stages: tuple[Stage, ...] = ()

    @cached_property
    def stage_at(self) -> Mapping[int, Stage]:
        """Step -> the stage that its call belongs to."""
        return {step: stage for stage in self.stages for step in range(stage.first, stage.last + 1)}

    def spans(self, step: int) -> tuple[tuple[int, int], ...]:
        """The byte ranges of the arena that a step may touch; a stage is one step, its first."""
        stage = self.stage_at.get(step)
        if stage is None:
            return self.calls[step].spans
        state = (stage.state, stage.state + stage.state_bytes)
        scratch = [s for op in stage.ops for s in self.calls[op.call].spans]
        return (*(ring.span for ring in stage.rings), state, *scratch)

    @cached_property
    def emitted(self) -> tuple[str, ...]:
        """The constants that the C code refers to, in order of first use."""
        whole = [a for call in self.calls for a in call.args]
        rows = [a for stage in self.stages for op in stage.ops for a in op.variants[0]]
        names = (a.name for a in (*whole, *rows) if isinstance(a, ConstArg))
        return tuple(dict.fromkeys(names))

    @property
    def weight_bytes(self) -> int:
        """Bytes of the emitted constants."""
        return sum(self.constants[n].nbytes for n in self.emitted)

    @property
    def macs(self) -> int:
        """Multiply-accumulates that one run executes."""
        return sum(c.macs for c in self.calls)

    @property
    def execution_steps(self) -> int:
        """Plain calls and stages, each counted once."""
        return len(self.calls) - sum(len(s.ops) - 1 for s in self.stages)

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
