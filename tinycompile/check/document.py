"""plan.json, field by field; docs/plan-json.md says it in words.

Offsets and sizes are bytes of the arena, steps are numbered from 0, ranges are half-open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Raised when the file changes in a way that older readers cannot follow.
VERSION = 1

Range = tuple[int, int]
Pair = tuple[int, int]


@dataclass(frozen=True)
class ValueEntry:
    """A tensor: element type, shape (NHWC for images), and whether it is known at compile time."""

    dtype: str
    shape: tuple[int, ...]
    constant: bool = False


@dataclass(frozen=True)
class NodeEntry:
    """An operator with its attributes; `origins` are the nodes of the source model that it comes from."""

    op: str
    attributes: Mapping[str, Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    origins: tuple[str, ...]


@dataclass(frozen=True)
class GraphEntry:
    """What is to be computed; nodes in a topological order."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    values: Mapping[str, ValueEntry]
    nodes: tuple[NodeEntry, ...]


@dataclass(frozen=True)
class RegionEntry:
    """Bytes [start, start + size) of the arena that lie in one memory."""

    name: str
    start: int
    size: int


@dataclass(frozen=True)
class BoundEntry:
    """What is claimed of the arena.

    Attributes:
        lower_bound: no plan of these calls, in any order and in any stages, needs fewer bytes.
        gap: arena - lower_bound.
        order_peak: live bytes of the fullest step of the order; `order_exact`: it equals the bound.
        max_load: live bytes at the fullest moment; `packing_exact`: the arena equals it.
    """

    lower_bound: int
    gap: int
    order_peak: int
    order_exact: bool
    max_load: int
    packing: str
    packing_exact: bool


@dataclass(frozen=True)
class PortEntry:
    """An input or output in the arena at `offset`; with `rows` it passes through there row by row."""

    name: str
    offset: int
    rows: bool = False


@dataclass(frozen=True)
class StepEntry:
    """One kernel call; in a stage it is made many times, and places are those of the stage.

    Attributes:
        node: index of the node.
        label: the nodes of the source model.
        ins, outs: offsets; None for constants and for what lies in the rows or buffers of a stage.
        scratch: (offset, size) of bytes that the call may use freely.
        in_place: (operand, result) pairs that share bytes.
        pointers: what the C call is given: ("in" or "out", offset), in the order of its arguments.
        live: bytes of all buffers in use; in a stage, at its fullest moment.
        macs, recomputed: multiply-accumulates of the result, and those that are executed on top.
    """

    step: int
    node: int
    label: str
    kernel: str
    ins: tuple[int | None, ...]
    outs: tuple[int | None, ...]
    live: int
    macs: int = 0
    recomputed: int = 0
    scratch: Pair | None = None
    in_place: tuple[Pair, ...] = ()
    pointers: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class ViewEntry:
    """A node without a call: its results are seen in the bytes of its operands, or the other way round."""

    node: int
    sources: tuple[int | None, ...]
    results: tuple[int, ...]


@dataclass(frozen=True)
class BufferEntry:
    """Bytes [offset, offset + size), in use from step `start` up to, not including, step `end`.

    `values` are the tensors that it holds, in turn or as views of each other.
    """

    values: tuple[str, ...]
    offset: int
    size: int
    start: int
    end: int
    scratch: bool = False


@dataclass(frozen=True)
class FetchPart:
    """A constant of the C code inside a read: `size` bytes, `offset` bytes from its start."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True)
class FetchEntry:
    """Constants that are read into the arena, to the bytes [offset, offset + size) of the buffer of `value`.

    The read is begun ahead of step `begin` and awaited ahead of step `step`, which needs the `parts` that it
    brings.
    """

    value: str
    step: int
    begin: int
    offset: int
    size: int
    parts: tuple[FetchPart, ...]


@dataclass(frozen=True)
class PlacedEntry:
    """A constant of the C code that the kernels of `steps` read in the memory `region`."""

    name: str
    region: str
    size: int
    steps: tuple[int, ...]


@dataclass(frozen=True)
class OverlapEntry:
    """Two buffers (by index) that share `bytes` bytes in the steps [start, end), all of them in stages."""

    buffers: Pair
    bytes: int
    start: int
    end: int


@dataclass(frozen=True)
class AxisEntry:
    """`count` tiles along an axis; the first `heads` and the last `tails` have parameters of their own."""

    count: int
    heads: int
    tails: int


@dataclass(frozen=True)
class SpanEntry:
    """A range per tile: one for each variant, at its first tile; the repeated one moves by `stride`."""

    parts: tuple[Range, ...]
    stride: int


@dataclass(frozen=True)
class TileBufferEntry:
    """The part of a value that a tile works on, dense at `offset`."""

    value: str
    rows: SpanEntry
    cols: SpanEntry
    offset: int


@dataclass(frozen=True)
class TileStepEntry:
    """A copy (`step` is None) or the call of step `step` on buffers.

    Attributes:
        ins: of a call, the buffer per operand; None for constants.
        out: the buffer that is written; None for the rows of the result.
        variants: of a call, how many sets of parameters there are.
        source: of a copy, the buffer that is read; None for the rows of operand `feed`.
        rows, cols: of a copy, the part of the value.
    """

    step: int | None = None
    ins: tuple[int | None, ...] = ()
    out: int | None = None
    variants: int = 1
    source: int | None = None
    feed: int | None = None
    rows: SpanEntry | None = None
    cols: SpanEntry | None = None


@dataclass(frozen=True)
class TilesEntry:
    """Calls that make a band of rows, one tile of `columns` after the other."""

    columns: AxisEntry
    buffers: tuple[TileBufferEntry, ...]
    steps: tuple[TileStepEntry, ...]


@dataclass(frozen=True)
class FeedEntry:
    """Band r reads rows [r * stride - pad, r * stride - pad + extent) of a ring, clipped to it."""

    ring: int
    stride: int
    pad: int
    extent: int


@dataclass(frozen=True)
class RowCallEntry:
    """The call of step `step` on one row; per operand its feed, -1 for the result's row, None for neither.

    There are `variants` sets of parameters.
    """

    step: int
    feeds: tuple[int | None, ...]
    variants: int = 1


@dataclass(frozen=True)
class StageOpEntry:
    """What makes `band` rows of a ring at once, `short` less at first: calls in turn, or tiles."""

    ring: int
    band: int
    axis: AxisEntry
    feeds: tuple[FeedEntry, ...]
    rows: tuple[RowCallEntry, ...] = ()
    tiles: TilesEntry | None = None
    short: int = 0


@dataclass(frozen=True)
class RingEntry:
    """At most `capacity` rows of a value at `offset`, oldest first; a full ring drops rows and slides.

    The first row lies at place `first`. An `eager` ring slides as soon as a reader has made rows.
    """

    value: str
    offset: int
    capacity: int
    row_bytes: int
    first: int = 0
    eager: bool = False


@dataclass(frozen=True)
class StageEntry:
    """Steps [first, last] executed together, pulling rows.

    Attributes:
        counters: (offset, size) of the counters of the driver.
        sources: how many of the rings, the first ones, are made elsewhere; the others by `ops`, in order.
        fed: sources whose rows arrive one at a time.
        kept: rings that hold their value whole at the end.
        leaving: the ring whose rows leave one at a time.
        remote: sources that the application keeps; tiles ask it for the parts that they copy.
        goals: the rings to complete, in this order.
    """

    first: int
    last: int
    counters: Pair
    sources: int
    fed: tuple[int, ...]
    kept: tuple[int, ...]
    goals: tuple[int, ...]
    rings: tuple[RingEntry, ...]
    ops: tuple[StageOpEntry, ...]
    leaving: int | None = None
    remote: tuple[int, ...] = ()


@dataclass(frozen=True)
class PlanFile:
    """All of plan.json."""

    version: int
    model: str
    board: str
    core: str
    arena: int
    peak: int
    regions: tuple[RegionEntry, ...]
    bound: BoundEntry
    macs: int
    recomputed: int
    inputs: tuple[PortEntry, ...]
    outputs: tuple[PortEntry, ...]
    steps: tuple[StepEntry, ...]
    views: tuple[ViewEntry, ...]
    buffers: tuple[BufferEntry, ...]
    overlaps: tuple[OverlapEntry, ...]
    stages: tuple[StageEntry, ...]
    graph: GraphEntry
    fetches: tuple[FetchEntry, ...] = ()
    copied: tuple[PlacedEntry, ...] = ()
    mapped: tuple[PlacedEntry, ...] = ()
