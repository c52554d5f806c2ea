"""Stages of a Program: runs of calls that are executed together, row by row, or tile by tile."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.ir import TensorType
from tinycompile.plan.arguments import CallArg
from tinycompile.plan.rows import Links


@dataclass(frozen=True)
class Axis:
    """Tiles 0 .. count - 1 along an axis: heads and tails with variants of their own, one for all between.

    There is at least one tile between heads and tails.
    """

    count: int
    heads: int
    tails: int

    @property
    def variants(self) -> int:
        """Number of variants."""
        return self.heads + 1 + self.tails

    def variant(self, tile: int) -> int:
        """The variant of a tile."""
        if tile < self.heads:
            return tile
        if tile < self.count - self.tails:
            return self.heads
        return self.heads + 1 + tile - (self.count - self.tails)

    @property
    def times(self) -> tuple[int, ...]:
        """How many tiles each variant has."""
        return (1,) * self.heads + (self.count - self.heads - self.tails,) + (1,) * self.tails

    def reference(self, variant: int) -> int:
        """The first tile of a variant."""
        return variant if variant <= self.heads else self.count - (self.variants - variant)


@dataclass(frozen=True)
class Span:
    """A half-open range of rows or columns for every tile along an axis.

    Attributes:
        parts: the range at the first tile of each variant.
        stride: how far it moves from one tile of the repeated variant to the next.
    """

    parts: tuple[tuple[int, int], ...]
    stride: int

    def at(self, axis: Axis, tile: int) -> tuple[int, int]:
        """The range at a tile."""
        variant = axis.variant(tile)
        first, end = self.parts[variant]
        moved = (tile - axis.reference(variant)) * self.stride
        return first + moved, end + moved

    @property
    def extent(self) -> int:
        """The longest range."""
        return max(end - first for first, end in self.parts)


@dataclass(frozen=True)
class TileBuffer:
    """The part of a value that a tile works on, dense at byte `offset` of the arena.

    What a tile leaves for the next one has two buffers at one place: as it is read, and as it is left.
    """

    value: str
    type: TensorType
    rows: Span
    cols: Span
    offset: int

    @property
    def span(self) -> tuple[int, int]:
        """The half-open byte range in the arena that the largest tile takes."""
        pixel = self.type.shape[3] * self.type.dtype.itemsize
        return self.offset, self.offset + self.rows.extent * self.cols.extent * pixel


@dataclass(frozen=True)
class TileCopy:
    """A copy between buffers, or from the stage's rows into a buffer, or from a buffer into the result.

    Attributes:
        source: index of a buffer; None for the rows of `feed`.
        target: index of a buffer; None for the result.
        rows, cols: the part of the value that is copied; it may be empty in some tiles.
        feed: position among the feeds of the operator, when `source` is None.
    """

    source: int | None
    target: int | None
    rows: Span
    cols: Span
    feed: int = 0


@dataclass(frozen=True)
class TileCall:
    """A kernel call on buffers.

    Attributes:
        call: index of its entry in `Program.calls`.
        ins: buffer per operand, None for constants.
        out: buffer of the result.
        variants: kernel arguments per (row variant, column variant), row-major.
    """

    call: int
    ins: tuple[int | None, ...]
    out: int
    variants: tuple[tuple[CallArg, ...], ...]


@dataclass(frozen=True)
class Tiles:
    """Several calls that make a band of their result together, one tile of columns after the other.

    What lies between them exists for one tile only. Columns that the next tile needs too are left for it, or
    computed again; rows that the next band needs too (the halo) are computed again.

    Attributes:
        bands: the bands of rows that the result is made of.
        columns: the tiles of a band.
    """

    bands: Axis
    columns: Axis
    buffers: tuple[TileBuffer, ...]
    steps: tuple[TileCopy | TileCall, ...]


@dataclass(frozen=True)
class Ring:
    """Rows of a value on their way through a stage: at most `capacity` of them, dense, oldest first."""

    value: str
    type: TensorType
    offset: int
    capacity: int
    row_bytes: int

    @property
    def span(self) -> tuple[int, int]:
        """The half-open byte range in the arena."""
        return (self.offset, self.offset + self.capacity * self.row_bytes)


@dataclass(frozen=True)
class RowCall:
    """A kernel call on one row.

    Attributes:
        call: index of its entry in `Program.calls`.
        feeds: per operand its position among the feeds of the operator; RESULT for the row of the result,
            which the call before has written; None for one that is read as the call says.
        variants: kernel arguments per variant, alike but for parameter blocks.
    """

    call: int
    feeds: tuple[int | None, ...]
    variants: tuple[tuple[CallArg, ...], ...]


#: The place of the result, where a feed is meant.
RESULT = -1


@dataclass(frozen=True)
class RowOp:
    """One operator of a stage: kernels that make one row in turn, or a band made of tiles.

    Attributes:
        axis: the rows or bands that it makes.
        rows: the calls that make a row; empty for tiles.
    """

    axis: Axis
    rows: tuple[RowCall, ...]
    tiles: Tiles | None = None

    @property
    def arguments(self) -> tuple[CallArg, ...]:
        """The arguments of the first variants; constants are the same in all."""
        return tuple(a for call in self.calls for a in call.variants[0])

    @property
    def calls(self) -> tuple[RowCall | TileCall, ...]:
        """The kernel calls that make a row or a tile."""
        steps = () if self.tiles is None else self.tiles.steps
        return (*self.rows, *(s for s in steps if isinstance(s, TileCall)))


@dataclass(frozen=True)
class Stage:
    """Calls [first, last] executed together, in the order of `links.pull()`.

    Sources and kept results are held whole and may overlap as far as rows die before others are born.

    Attributes:
        state: byte offset of the run-time counters, STATE_BYTES per ring.
        peak: most bytes live at any moment of the stage, everything else that is live included.
        cycles: estimated cycles of all but the kernels: tables, counters, rows that move, copies of tiles.
    """

    first: int
    last: int
    ops: tuple[RowOp, ...]
    rings: tuple[Ring, ...]
    links: Links
    state: int
    peak: int
    cycles: float = 0.0

    @property
    def state_bytes(self) -> int:
        """Bytes of the counters."""
        return STATE_BYTES * len(self.rings)

    @property
    def stepwise(self) -> bool:
        """Whether it stops for rows that the application gives or takes."""
        return bool(self.links.fed) or self.links.leaving is not None

    @property
    def patched(self) -> bool:
        """Whether it asks the application for patches of an input."""
        return bool(self.links.remote)


#: Counters of a ring: four int16.
STATE_BYTES = 8
