"""From a chain of nodes and the sizes of its tiles to a unit: variants, reach, buffers, costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from tinycompile.ir import Node, Region
from tinycompile.plan.parts import PartCall
from tinycompile.plan.stage_cycles import tile_cycles
from tinycompile.plan.stage_types import Axis, Span
from tinycompile.plan.tile_chain import Line, Range, TileChain
from tinycompile.plan.tile_layout import TileLayout
from tinycompile.plan.tile_plan import TilePlan
from tinycompile.plan.units import Reach, Unit, axis_of, beyond_whole, parts_cycles, site_of


def tile_unit(chain: TileChain, band: int, width: int, *, carry: bool = True) -> Unit | None:
    """The nodes as a unit that makes `band` rows in tiles of `width` columns; None where it cannot be.

    With `carry`, columns that neighbouring tiles share are computed once.
    """
    if not chain.possible:
        return None
    rows, columns = chain.rows(band), chain.columns(width, carry)
    if rows is None or columns is None:
        return None
    bands, across = axis_of([line.key() for line in rows]), axis_of([line.key() for line in columns])
    if bands is None or across is None:
        return None
    return _Builder(chain, band, bands, across, rows, columns).unit()


@dataclass(frozen=True, eq=False)
class _Builder:
    chain: TileChain
    band: int
    bands: Axis
    across: Axis
    rows: tuple[Line, ...]
    columns: tuple[Line, ...]

    def unit(self) -> Unit | None:
        chain = self.chain
        grid = self._grid()
        reach = tuple(self._reach(v) for v in chain.sources)
        if grid is None or not all(map(self._given, reach)):
            return None
        held = {
            v: (self._span(v, 0, "held"), self._span(v, 1, "held")) for v in (*chain.sources, *chain.made)
        }
        fresh = {v: self._span(v, 1, "fresh") for v in chain.made}
        left = {v: self._span(v, 1, "left") for v in chain.made[:-1] if self.columns[0].left}
        if any(s is None for pair in held.values() for s in pair) or None in (
            *fresh.values(),
            *left.values(),
        ):
            return None
        layout = TileLayout(
            chain,
            {v: (r, c) for v, (r, c) in held.items() if r is not None and c is not None},
            {v: s for v, s in fresh.items() if s is not None},
            {v: s for v, s in left.items() if s is not None},
            grid,
        )
        steps = layout.steps()
        if steps is None:
            return None
        buffers, used = layout.packed()
        scratch = max(
            chain.choices[n].part.scratch(site_of(chain.choices[n], call))
            for n in chain.nodes
            for call in grid[n]
        )
        recomputed, cycles, extra = self._costs(grid)
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
            extra + tile_cycles(self.bands, self.across, buffers, steps),
        )

    def _grid(self) -> dict[Node, tuple[PartCall, ...]] | None:
        """Per node its call for each (row variant, column variant), row-major."""
        variants = tuple(product(range(self.bands.variants), range(self.across.variants)))
        found: dict[Node, tuple[PartCall, ...]] = {}
        for node in self.chain.nodes:
            out = node.outputs[0]
            calls = []
            for r, c in variants:
                rows = self.rows[self.bands.reference(r)].held[out]
                cols = self.columns[self.across.reference(c)].fresh[out]
                calls.append(self.chain.call(node, Region(rows, cols)))
            found[node] = tuple(call for call in calls if call is not None)
            if len(found[node]) < len(variants):
                return None
        return found

    def _span(self, value: str, axis: int, kind: str) -> Span | None:
        """The ranges of a value along rows (0) or columns (1); the repeated ones must move evenly."""
        along, lines = (self.bands, self.rows) if axis == 0 else (self.across, self.columns)
        ranges: list[Range] = [getattr(line, kind)[value] for line in lines]
        first, last = along.heads, along.count - along.tails
        stride = ranges[first + 1][0] - ranges[first][0] if last - first > 1 else 0
        span = Span(tuple(ranges[along.reference(v)] for v in range(along.variants)), stride)
        return span if all(span.at(along, i) == ranges[i] for i in range(along.count)) else None

    def _reach(self, value: str) -> Reach:
        """The same as the rows of a feed; bands at the edges may be given rows that they do not read."""
        ranges = [line.held[value] for line in self.rows]
        stride = ranges[-1][0] - ranges[-2][0] if len(ranges) > 1 else 0
        pad = (len(ranges) - 1) * stride - ranges[-1][0]
        extent = max(end - i * stride + pad for i, (_, end) in enumerate(ranges))
        return Reach(value, self.chain.sources.index(value), stride, pad, extent)

    def _given(self, reach: Reach) -> bool:
        """Whether every band is given what it reads."""
        feed, height = reach.feed(0), self.chain.graph.type(reach.value).shape[1]
        ranges = [line.held[reach.value] for line in self.rows]
        given = [feed.rows(i, height) for i in range(len(ranges))]
        return all(g[0] <= r[0] and r[1] <= g[1] for g, r in zip(given, ranges, strict=True))

    def _costs(
        self, grid: Mapping[Node, Sequence[PartCall]]
    ) -> tuple[dict[Node, int], dict[Node, float], float]:
        """Per node what is computed on top of the whole result (multiply-accumulates) and estimated cycles.

        And the cycles on top of whole tensors'.
        """
        graph = self.chain.graph
        times = [r * c for r, c in product(self.bands.times, self.across.times)]
        extra: dict[Node, int] = {}
        cycles: dict[Node, float] = {}
        beyond = 0.0
        for node in self.chain.nodes:
            choice, calls = self.chain.choices[node], grid[node]
            done = sum(n * c.op.macs(c.ins, c.outs) for n, c in zip(times, calls, strict=True))
            extra[node] = done - node.op.macs(graph.in_types(node), graph.out_types(node))
            spent = parts_cycles(choice, [site_of(choice, call) for call in calls], times)
            if spent is not None:
                cycles[node] = spent
            beyond += _UNKNOWN * extra[node] if spent is None else beyond_whole(choice, spent)
        return extra, cycles, beyond


#: Cycles per multiply-accumulate that is executed again, where a kernel has no estimate.
_UNKNOWN = 2.0
