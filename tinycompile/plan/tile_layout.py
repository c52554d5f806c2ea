"""The steps of a tile: copies and calls in execution order, and where the buffers lie within scratch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tinycompile.ir import Node
from tinycompile.plan.pack import PackItem, pack
from tinycompile.plan.pack_fit import align_up
from tinycompile.plan.parts import PartCall
from tinycompile.plan.stage_types import Span, TileBuffer, TileCopy
from tinycompile.plan.tile_chain import TileChain
from tinycompile.plan.tile_plan import NodeCall
from tinycompile.plan.units import site_of

_ALIGN = 8


class TileLayout:
    """Builds the steps of one tile and packs its buffers.

    Args:
        held: per value the (rows, columns) that a tile has of it.
        fresh: the columns of them that it computes.
        left: the columns that it leaves for the next tile; empty without carrying.
        grid: per node its call for each (row variant, column variant), row-major.
    """

    def __init__(
        self,
        chain: TileChain,
        held: Mapping[str, tuple[Span, Span]],
        fresh: Mapping[str, Span],
        left: Mapping[str, Span],
        grid: Mapping[Node, Sequence[PartCall]],
    ) -> None:
        self.chain, self.held, self.fresh, self.left, self.grid = chain, held, fresh, left, grid
        self.buffers: list[TileBuffer] = []
        self.items: list[int] = []  # buffer -> item of the packing
        self.born: list[int] = []
        self.dies: list[int] = []
        self.found: list[TileCopy | NodeCall] = []

    def steps(self) -> tuple[TileCopy | NodeCall, ...] | None:
        """The steps in execution order; None when some kernel cannot do its part."""
        chain, place = self.chain, dict[str, int]()
        for feed, value in enumerate(chain.sources):
            rows, cols = self.held[value]
            place[value] = self._buffer(value, rows, cols)
            self._copy(None, place[value], rows, cols, feed)
        for node in chain.nodes:
            ins = tuple(self._operand(node, i, place) for i in range(len(node.inputs)))
            out = node.outputs[0]
            rows, cols = self.held[out]
            made = self._buffer(out, rows, self.fresh[out])
            choice = chain.choices[node]
            sites = tuple(site_of(choice, call) for call in self.grid[node])
            if not all(choice.part.accepts(site) for site in sites):
                return None
            for buffer in ins:
                self._used(buffer)
            self.found.append(NodeCall(node, ins, made, choice.part, sites))
            place[out] = made if self.fresh[out] == cols else self._carried(out, made)
        rows, cols = self.held[chain.result]
        self._copy(place[chain.result], None, rows, cols)
        return tuple(self.found)

    def packed(self) -> tuple[tuple[TileBuffer, ...], int]:
        """The buffers with their offsets, and the bytes that they take; for after `steps`."""
        sizes = [0] * len(self.born)
        for buffer, item in zip(self.buffers, self.items, strict=True):
            sizes[item] = max(sizes[item], buffer.span[1] - buffer.span[0])
        items = [
            PackItem(size, _ALIGN, born, dies + 1)
            for size, born, dies in zip(sizes, self.born, self.dies, strict=True)
        ]
        found = pack(items, node_limit=0)
        placed = tuple(
            replace(buffer, offset=found.offsets[item])
            for buffer, item in zip(self.buffers, self.items, strict=True)
        )
        return placed, align_up(found.peak, _ALIGN)

    def _buffer(self, value: str, rows: Span, cols: Span) -> int:
        """A buffer that is first written by the next step."""
        self.items.append(len(self.born))
        self.born.append(len(self.found))
        self.dies.append(len(self.found))
        self.buffers.append(TileBuffer(value, self.chain.graph.type(value), rows, cols, 0))
        return len(self.buffers) - 1

    def _used(self, buffer: int | None) -> None:
        """The next step reads it."""
        if buffer is not None:
            item = self.items[buffer]
            self.dies[item] = max(self.dies[item], len(self.found))

    def _copy(self, source: int | None, target: int | None, rows: Span, cols: Span, feed: int = 0) -> None:
        self._used(source)
        self._used(target)
        self.found.append(TileCopy(source, target, rows, cols, feed))

    def _carried(self, value: str, made: int) -> int:
        """What the tile before left and what was made now, side by side; a part of it is left in turn."""
        rows, cols = self.held[value]
        read = Span(
            tuple((h[0], f[0]) for h, f in zip(cols.parts, self.fresh[value].parts, strict=True)), cols.stride
        )
        kept = self._buffer(value, rows, read)
        window = self._buffer(value, rows, cols)
        self._copy(kept, window, rows, read)
        self._copy(made, window, rows, self.fresh[value])
        left = self.left[value]
        self.items.append(self.items[kept])
        self.buffers.append(TileBuffer(value, self.chain.graph.type(value), rows, left, 0))
        self._copy(window, len(self.buffers) - 1, rows, left)
        # From one tile to the next it lives through all steps.
        self.born[self.items[kept]], self.dies[self.items[kept]] = 0, _FOREVER
        return window

    def _operand(self, node: Node, operand: int, place: Mapping[str, int]) -> int | None:
        """The buffer with just the region that a node reads: that of the value, or a part cut out of it."""
        value = node.inputs[operand]
        if value not in place:
            return None
        rows, cols = self.held[value]
        across = len(cols.parts)
        needs = [call.needs[operand] for call in self.grid[node]]
        wanted_rows = tuple(need.rows for need in needs[::across] if need is not None)
        wanted_cols = tuple(need.cols for need in needs[:across] if need is not None)
        if (wanted_rows, wanted_cols) == (rows.parts, cols.parts):
            return place[value]
        part_rows, part_cols = Span(wanted_rows, rows.stride), Span(wanted_cols, cols.stride)
        cut = self._buffer(value, part_rows, part_cols)
        self._copy(place[value], cut, part_rows, part_cols)
        return cut


#: Behind every step of a tile.
_FOREVER = 1 << 20
