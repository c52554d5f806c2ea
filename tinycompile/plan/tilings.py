"""Neighbouring calls that may be tiled together, and what that saves in a stream.

Two kinds pay. A wide row between two narrow ones that is read as it is made needs no ring when both calls
work in tiles, at no cost but copies (depthwise convolution and projection). Wide rows of which a window is
read need no ring either when they are computed again for every row of the result (expansion, depthwise,
projection); the rows in front of them are kept instead, which are narrow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tinycompile.ir import Graph, Node
from tinycompile.plan.known_units import KnownUnits
from tinycompile.plan.parts import Parts
from tinycompile.plan.select import Choice
from tinycompile.plan.tile_chain import TileChain
from tinycompile.plan.tile_unit import tile_unit
from tinycompile.plan.tiling_rules import BANDS, LONGEST, WIDTHS, pays
from tinycompile.plan.units import Unit


@dataclass(frozen=True, eq=False)
class Tiling:
    """Calls [first, end) as one tiled unit.

    Attributes:
        inner: bytes of a row of each value that then never exists as a row.
        source, source_row, extent: the value that it reads, bytes of its row, rows of it that a band needs.
        result_row: bytes of a row of the result.
    """

    first: int
    end: int
    unit: Unit
    inner: Mapping[str, int]
    source: str
    source_row: int
    extent: int
    result_row: int

    @property
    def passing(self) -> int:
        """Bytes in use only while it runs: scratch, the rows that it reads last, the band that it makes."""
        return (
            self.unit.scratch + self.unit.reach[0].stride * self.source_row + self.unit.band * self.result_row
        )

    def saves(self, settled: Mapping[str, int], first: int, positions: Mapping[str, int]) -> int:
        """Bytes of rings that are saved in a stream from call `first` on whose rings hold `settled` rows."""
        saved = sum(settled.get(v, 0) * row for v, row in self.inner.items())
        if positions.get(self.source, -1) < first:
            return saved
        held = max(0, self.extent - self.unit.reach[0].stride)
        return saved - max(0, held - settled.get(self.source, held)) * self.source_row

    def meets(self, other: Tiling) -> bool:
        """Whether both have a call in common."""
        return self.first < other.end and other.first < self.end


def tilings(
    parts: Parts,
    order: Sequence[Node],
    units: Mapping[Node, Unit],
    choices: Mapping[Node, Choice],
    known: KnownUnits,
) -> tuple[Tiling, ...]:
    """All tilings by rows that may save memory; `known` keeps them for other forms of the graph."""
    graph = parts.graph
    found: list[Tiling] = []
    for first in range(len(order)):
        for end in range(first + 2, min(first + LONGEST, len(order)) + 1):
            nodes = order[first:end]
            if not all(n in units for n in nodes):
                break
            chain = TileChain(parts, nodes, choices)
            if chain.possible and len(chain.sources) == 1 and _pays(graph, chain):
                made = known.tilings(graph, nodes, choices, partial(_widths, chain, first, end))
                in_rows = sum(units[n].extra_cycles for n in nodes)
                found += (_instead(tiling, in_rows, first, end) for tiling in made)
    return tuple(found)


def _instead(tiling: Tiling, in_rows: float, first: int, end: int) -> Tiling:
    """At [first, end), with the cycles on top of those of the same calls in a stream of single rows."""
    extra = max(0.0, tiling.unit.extra_cycles - in_rows)
    return replace(tiling, first=first, end=end, unit=replace(tiling.unit, extra_cycles=extra))


def row_bytes(graph: Graph, value: str) -> int:
    """Bytes of one row of an NHWC value."""
    type_ = graph.type(value)
    return type_.nbytes // type_.shape[1]


def _pays(graph: Graph, chain: TileChain) -> bool:
    """Whether the first call makes the widest rows; the result, and what is kept instead, are narrower."""
    widest, source = row_bytes(graph, chain.made[0]), row_bytes(graph, chain.sources[0])
    if widest < max(row_bytes(graph, v) for v in chain.made):
        return False
    reach = max(n.op.row_reach(graph.in_types(n))[2] for n in chain.nodes[1:])
    return pays(widest, row_bytes(graph, chain.result), source, reach)


def _widths(chain: TileChain, first: int, end: int) -> list[Tiling]:
    graph = chain.graph
    columns = graph.type(chain.result).shape[2]
    source = chain.sources[0]
    inner = {v: row_bytes(graph, v) for v in chain.made[:-1]}
    found: list[Tiling] = []
    halo = max(n.op.row_reach(graph.in_types(n))[2] for n in chain.nodes[1:]) > 1
    for band in BANDS if halo else (1,):
        for width in (w for w in WIDTHS if w < columns):
            unit = tile_unit(chain, band, width)
            if not found and unit is not None and unit.tiles is not None and not unit.tiles.alike:
                return []
            if unit is not None and unit.scratch < sum(inner.values()):
                extent, rows = unit.reach[0].extent, (row_bytes(graph, v) for v in (source, chain.result))
                found.append(Tiling(first, end, unit, inner, source, next(rows), extent, next(rows)))
    return found
