"""Several nodes as one operator of a stage, made tile by tile (patch-based inference).

A band of the result is cut into tiles of columns. For each tile the regions that the nodes must compute
follow from the receptive fields, backwards from the result (MCUNetV2, Lin et al., 2021); halos are computed
again. With bands of one row this recomputes just a cheap part of a stream, for example the 1x1 expansion in
front of a depthwise convolution, whose wide rows then never exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tinycompile.ir import Graph, Node, Region
from tinycompile.ops import Arg
from tinycompile.plan.pack import PackItem, pack
from tinycompile.plan.pack_fit import align_up
from tinycompile.plan.parts import PartCall, part_call
from tinycompile.plan.select import Choice
from tinycompile.plan.stage_types import Axis, Span, TileBuffer, TileCopy
from tinycompile.plan.tile_plan import NodeCall, TilePlan
from tinycompile.plan.units import MOST_FEEDS, MOST_ROWS, Reach, Unit, alike, axis_of, site_of

_ALIGN = 8


@dataclass(frozen=True, eq=False)
class _Tile:
    """What one tile needs: the region of every value, and the call of every node."""

    regions: Mapping[str, Region]
    calls: Mapping[Node, PartCall]

    def key(self) -> tuple[object, ...]:
        """Equal for tiles with the same parameter blocks."""
        sizes = tuple((r.height, r.width) for r in self.regions.values())
        return (sizes, tuple(call.op for call in self.calls.values()))


class TileChain:
    """Nodes with one result, whose operands come from outside in rows."""

    def __init__(self, graph: Graph, nodes: Sequence[Node], choices: Mapping[Node, Choice]) -> None:
        self.graph, self.nodes, self.choices = graph, tuple(nodes), choices
        self.result = nodes[-1].outputs[0]
        self.made = {node.outputs[0] for node in nodes}
        self._rows: dict[int, tuple[_Tile, ...] | None] = {}

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The run-time values that are read and not made here."""
        read = (n for node in self.nodes for n in node.inputs if not self.graph.values[n].is_const)
        return tuple(dict.fromkeys(n for n in read if n not in self.made))

    @cached_property
    def possible(self) -> bool:
        """Whether the nodes are images of batch 1 with one result each, all but the last read here only."""
        types = [self.graph.type(n) for n in (*self.sources, *self.made)]
        if any(t.rank != 4 or t.shape[0] != 1 or t.shape[1] > MOST_ROWS for t in types):
            return False
        inner = self.made - {self.result}
        own = set(self.nodes)
        return (
            all(len(node.outputs) == 1 for node in self.nodes)
            and len(self.sources) <= MOST_FEEDS
            and not any(n in self.graph.outputs or set(self.graph.consumers[n]) - own for n in inner)
        )

    def unit(self, band: int, width: int) -> Unit | None:
        """The nodes as a unit that makes `band` rows in tiles of `width` columns; None where it cannot be."""
        if not self.possible:
            return None
        rows = self._tiles_along_rows(band)
        columns = self._tiles_along_columns(width)
        if rows is None or columns is None:
            return None
        bands, across = axis_of([t.key() for t in rows]), axis_of([t.key() for t in columns])
        if bands is None or across is None:
            return None
        grid = [
            [
                self._tile(rows[bands.reference(r)], columns[across.reference(c)])
                for c in range(across.variants)
            ]
            for r in range(bands.variants)
        ]
        return _UnitBuilder(self, band, bands, across, rows, columns, grid).unit()

    def _tiles_along_rows(self, band: int) -> tuple[_Tile, ...] | None:
        if band not in self._rows:
            height, width = self.graph.type(self.result).shape[1:3]
            regions = [Region((r, min(height, r + band)), (0, width)) for r in range(0, height, band)]
            self._rows[band] = self._backward(regions)
        return self._rows[band]

    def _tiles_along_columns(self, width: int) -> tuple[_Tile, ...] | None:
        height, all_columns = self.graph.type(self.result).shape[1:3]
        regions = [
            Region((0, height), (c, min(all_columns, c + width))) for c in range(0, all_columns, width)
        ]
        return self._backward(regions)

    def _backward(self, regions: Sequence[Region]) -> tuple[_Tile, ...] | None:
        tiles = [self._needs(region) for region in regions]
        found = tuple(t for t in tiles if t is not None)
        return found if len(found) == len(tiles) else None

    def _needs(self, region: Region) -> _Tile | None:
        """From the result back to the sources; a value read twice is needed on the hull of both."""
        regions = {self.result: region}
        calls: dict[Node, PartCall] = {}
        for node in reversed(self.nodes):
            target = regions[node.outputs[0]]
            call = part_call(node.op, target, self.graph.in_types(node), self.graph.out_types(node))
            if call is None or call.carries:
                return None
            calls[node] = call
            for name, need in zip(node.inputs, call.needs, strict=True):
                if (need is None) != self.graph.values[name].is_const:
                    return None
                if need is not None:
                    regions[name] = need if name not in regions else regions[name].hull(need)
        return _Tile(regions, calls)

    def _tile(self, row: _Tile, column: _Tile) -> _Tile | None:
        """The tile where a band and a column of tiles cross."""
        region = Region(row.regions[self.result].rows, column.regions[self.result].cols)
        return self._needs(region)


@dataclass(frozen=True, eq=False)
class _UnitBuilder:
    chain: TileChain
    band: int
    bands: Axis
    across: Axis
    rows: tuple[_Tile, ...]
    columns: tuple[_Tile, ...]
    grid: list[list[_Tile | None]]

    def unit(self) -> Unit | None:
        chain = self.chain
        tiles = [t for line in self.grid for t in line if t is not None]
        if len(tiles) < self.bands.variants * self.across.variants:
            return None
        spans = {v: (self._span(v, 0), self._span(v, 1)) for v in tiles[0].regions}
        if any(rows is None or cols is None for rows, cols in spans.values()):
            return None
        reach = tuple(self._reach(v) for v in chain.sources)
        layout = _Layout(chain, spans, tiles)
        found = layout.steps()
        if found is None or not all(map(self._given, reach)):
            return None
        steps, buffers, used = found
        scratch = max(
            chain.choices[n].plain.scratch(site_of(chain.choices[n], t.calls[n]))
            for t in tiles
            for n in chain.nodes
        )
        recomputed, cycles = self._costs(tiles)
        return Unit(
            chain.nodes,
            self.bands,
            (),
            used + scratch,
            reach,
            (),
            TilePlan(self.bands, self.across, buffers, steps, used),
            self.band,
            recomputed,
            cycles,
        )

    def _span(self, value: str, axis: int) -> Span | None:
        """The ranges of a value along rows (0) or columns (1); the repeated ones must move evenly."""
        along, tiles = (self.bands, self.rows) if axis == 0 else (self.across, self.columns)
        ranges = [t.regions[value].rows if axis == 0 else t.regions[value].cols for t in tiles]
        first, last = along.heads, along.count - along.tails
        stride = ranges[first + 1][0] - ranges[first][0] if last - first > 1 else 0
        span = Span(tuple(ranges[along.reference(v)] for v in range(along.variants)), stride)
        return span if all(span.at(along, i) == ranges[i] for i in range(along.count)) else None

    def _reach(self, value: str) -> Reach:
        """The same as the rows of a feed; bands at the edges may be given rows that they do not read."""
        ranges = [t.regions[value].rows for t in self.rows]
        stride = ranges[-1][0] - ranges[-2][0] if len(ranges) > 1 else 0
        pad = (len(ranges) - 1) * stride - ranges[-1][0]
        extent = max(end - i * stride + pad for i, (_, end) in enumerate(ranges))
        return Reach(value, self.chain.sources.index(value), stride, pad, extent)

    def _given(self, reach: Reach) -> bool:
        """Whether every band is given what it reads."""
        feed, height = reach.feed(0), self.chain.graph.type(reach.value).shape[1]
        ranges = [t.regions[reach.value].rows for t in self.rows]
        given = [feed.rows(i, height) for i in range(len(ranges))]
        return all(g[0] <= r[0] and r[1] <= g[1] for g, r in zip(given, ranges, strict=True))

    def _costs(self, tiles: Sequence[_Tile]) -> tuple[dict[Node, int], float]:
        """Multiply-accumulates on top of those of the whole result per node, and estimated extra cycles."""
        chain, graph = self.chain, self.chain.graph
        times = [
            self._repeats(self.bands, r) * self._repeats(self.across, c)
            for r in range(self.bands.variants)
            for c in range(self.across.variants)
        ]
        extra, cycles = {}, 0.0
        for node in chain.nodes:
            choice = chain.choices[node]
            calls = [t.calls[node] for t in tiles]
            done = sum(n * c.op.macs(c.ins, c.outs) for n, c in zip(times, calls, strict=True))
            extra[node] = done - node.op.macs(graph.in_types(node), graph.out_types(node))
            spent = sum(n * estimate(choice, c) for n, c in zip(times, calls, strict=True))
            whole = PartCall(node.op, graph.in_types(node), graph.out_types(node), (), False)
            cycles += spent - estimate(choice, whole)
        return extra, max(0.0, cycles)

    @staticmethod
    def _repeats(axis: Axis, variant: int) -> int:
        return axis.count - axis.heads - axis.tails if variant == axis.heads else 1


def estimate(choice: Choice, call: PartCall) -> float:
    """Cycles of a call; where the kernel has no estimate, two per multiply-accumulate and four per result."""
    site = site_of(choice, call)
    if choice.plain.cycles is not None:
        return choice.plain.cycles(site)
    return 2.0 * call.op.macs(call.ins, call.outs) + 4.0 * sum(t.elements for t in call.outs)


class _Layout:
    """Buffers, copies and calls in execution order, and where the buffers lie within scratch."""

    def __init__(
        self, chain: TileChain, spans: Mapping[str, tuple[Span | None, Span | None]], tiles: Sequence[_Tile]
    ) -> None:
        self.chain, self.spans, self.tiles = chain, spans, tiles
        self.buffers: list[TileBuffer] = []
        self.born: list[int] = []
        self.dies: list[int] = []

    def steps(self) -> tuple[tuple[TileCopy | NodeCall, ...], tuple[TileBuffer, ...], int] | None:
        chain, found = self.chain, list[TileCopy | NodeCall]()
        place: dict[str, int] = {}
        for feed, value in enumerate(chain.sources):
            place[value] = self._buffer(value, *self.spans[value], len(found))
            found.append(TileCopy(None, place[value], feed))
        for node in chain.nodes:
            ins: list[int | None] = []
            for operand, value in enumerate(node.inputs):
                if value not in place:
                    ins.append(None)
                    continue
                part = self._operand(node, operand, value, place[value], len(found))
                if part is None:
                    return None
                if part != place[value]:
                    found.append(TileCopy(place[value], part))
                    self._used(place[value], len(found) - 1)
                ins.append(part)
            for part in ins:
                if part is not None:
                    self._used(part, len(found))
            out = self._buffer(node.outputs[0], *self.spans[node.outputs[0]], len(found))
            place[node.outputs[0]] = out
            variants = self._variants(node)
            if variants is None:
                return None
            found.append(NodeCall(node, tuple(ins), out, variants))
        self._used(place[chain.result], len(found))
        found.append(TileCopy(place[chain.result], None))
        return tuple(found), *self._packed()

    def _buffer(self, value: str, rows: Span | None, cols: Span | None, step: int) -> int:
        assert rows is not None and cols is not None
        self.buffers.append(TileBuffer(value, self.chain.graph.type(value), rows, cols, 0))
        self.born.append(step)
        self.dies.append(step)
        return len(self.buffers) - 1

    def _used(self, buffer: int, step: int) -> None:
        self.dies[buffer] = max(self.dies[buffer], step)

    def _operand(self, node: Node, operand: int, value: str, whole: int, step: int) -> int | None:
        """The buffer with just the region that a node reads: that of the value, or a part cut out of it."""
        needs = [t.calls[node].needs[operand] for t in self.tiles]
        held = [t.regions[value] for t in self.tiles]
        if all(need == region for need, region in zip(needs, held, strict=True)):
            return whole
        buffer = self.buffers[whole]
        rows, cols = self._cut(buffer.rows, needs, held, 0), self._cut(buffer.cols, needs, held, 1)
        return self._buffer(value, rows, cols, step)

    def _cut(self, span: Span, needs: Sequence[Region | None], held: Sequence[Region], axis: int) -> Span:
        """The ranges of a part of a buffer: as far from its edges as in the tiles of the grid."""
        across = len(needs) // len(span.parts) if axis == 0 else len(span.parts)
        parts = []
        for variant, (first, end) in enumerate(span.parts):
            index = variant * across if axis == 0 else variant
            need, have = needs[index], held[index]
            assert need is not None
            inner, outer = (need.rows, have.rows) if axis == 0 else (need.cols, have.cols)
            parts.append((first + inner[0] - outer[0], end + inner[1] - outer[1]))
        return Span(tuple(parts), span.stride)

    def _variants(self, node: Node) -> tuple[tuple[Arg, ...], ...] | None:
        choice = self.chain.choices[node]
        sites = [site_of(choice, t.calls[node]) for t in self.tiles]
        if not all(choice.plain.accepts(site) for site in sites):
            return None
        variants = tuple(choice.plain.args(site) for site in sites)
        return variants if alike(variants) else None

    def _packed(self) -> tuple[tuple[TileBuffer, ...], int]:
        items = [
            PackItem(b.span[1] - b.span[0], _ALIGN, born, dies + 1)
            for b, born, dies in zip(self.buffers, self.born, self.dies, strict=True)
        ]
        packed = pack(items, node_limit=0)
        placed = tuple(
            TileBuffer(b.value, b.type, b.rows, b.cols, offset)
            for b, offset in zip(self.buffers, packed.offsets, strict=True)
        )
        return placed, align_up(packed.peak, _ALIGN)
