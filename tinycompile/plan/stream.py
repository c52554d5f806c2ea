"""Streams: runs of nodes that pass rows on to each other, from sources to results held whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from tinycompile.ir import Graph
from tinycompile.plan.rows import Feed, Links, Occupancy, occupancy
from tinycompile.plan.stage_types import STATE_BYTES
from tinycompile.plan.units import Reach, Unit


@dataclass(frozen=True, eq=False)
class Stream:
    """Units in execution order. Ring i holds rows of `values[i]`: the sources, then one result per unit."""

    units: tuple[Unit, ...]
    values: tuple[str, ...]
    links: Links
    row_bytes: tuple[int, ...]
    sizes: tuple[int, ...]

    @cached_property
    def occupancy(self) -> Occupancy:
        """How full the rings get."""
        return occupancy(self.links)

    def with_units(self, units: Sequence[Unit]) -> Stream:
        """The same rows made by other kernels."""
        found = replace(self, units=tuple(units))
        found.__dict__["occupancy"] = self.occupancy  # of the rows alone, and slow to find
        return found

    @cached_property
    def paired(self) -> Stream | None:
        """The same with rings that may lie in each other, two by two; None where there are too few.

        Between two of its bands a ring holds the last rows of its windows only: at the bottom if it slides
        down as soon as rows are dead, at the top if it waits until it is full. Of rings that follow each
        other only two are fuller at once, the one that is read and the one that is made. So a ring and the
        next but one behind it may have the rest of their places in common, if one keeps its rows at the
        bottom and the other at the top.
        """
        links = self.links
        passing = (*links.carried, *links.remote)
        windows = [
            ring
            for ring, readers in enumerate(links.readers)
            if not links.whole(ring) and ring not in passing
            if any(feed.extent > feed.stride for _, feed in readers)
        ]
        if len(windows) < 3:
            return None
        eager = tuple(ring for index, ring in enumerate(windows) if index % 4 < 2)
        high = tuple(ring for index, ring in enumerate(windows) if index % 4 >= 2)
        return replace(self, links=replace(links, eager=eager, high=high))

    @property
    def sources(self) -> tuple[str, ...]:
        """The values that are read, whether whole or row by row as they arrive."""
        return self.values[: self.links.sources]

    @property
    def kept(self) -> tuple[str, ...]:
        """The results that are held whole."""
        return tuple(self.values[i] for i in self.links.kept)

    @property
    def state_bytes(self) -> int:
        """Bytes of the counters."""
        return STATE_BYTES * len(self.values)

    @property
    def extra_macs(self) -> int:
        """Multiply-accumulates that are executed again."""
        return sum(unit.extra_macs for unit in self.units)

    def ring_bytes(self, ring: int) -> int:
        """Bytes that a ring takes."""
        return self.occupancy.capacity[ring] * self.row_bytes[ring]

    def spans(self, ring: int, at: int) -> list[tuple[int, int, int, int]]:
        """(start, end, low, high): the bytes of a ring in use, when the stream begins at step `at`."""
        row = self.row_bytes[ring]
        return [(at + a, at + b, low * row, high * row) for a, b, low, high in self.occupancy.uses[ring]]

    def scratch_spans(self, unit: int, at: int) -> list[tuple[int, int, int, int]]:
        """The same for the scratch of a unit: it lives while the unit runs."""
        size, ring = self.units[unit].scratch, self.links.sources + unit
        return [(at + i, at + i + 1, 0, size) for i, made in enumerate(self.occupancy.made) if made == ring]

    def load(self, dying: Collection[str]) -> np.ndarray:
        """int64[steps]: bytes in use per micro step: rings, counters, scratch, results, dying sources."""
        load = np.full(self.occupancy.steps, self.state_bytes, np.int64)
        for ring, value in enumerate(self.values):
            if not self.links.whole(ring) or ring in self.links.kept or value in dying:
                for start, end, low, high in self.spans(ring, 0):
                    load[start:end] += high - low
        scratch = np.array([0] * self.links.sources + [unit.scratch for unit in self.units], np.int64)
        return np.asarray(load + scratch[list(self.occupancy.made)])


@dataclass(frozen=True)
class Edges:
    """The model's inputs whose rows arrive one at a time, and the output whose rows leave so.

    Attributes:
        patched: the inputs arrive in patches instead, which a stage of patches asks for.
        perms: per such input or output the order of its dimensions, seen from the source model.
    """

    fed: frozenset[str] = frozenset()
    leaving: str | None = None
    perms: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    patched: bool = False

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return bool(self.fed) or self.leaving is not None


def stream_of(graph: Graph, units: Sequence[Unit], edges: Edges) -> Stream | None:
    """The units as one stream; None when an operand is neither from before nor passed on in rows."""
    units = _short_ways_first(graph, units)
    made = {unit.result: index for index, unit in enumerate(units)}
    inner = {n for unit in units for node in unit.nodes for n in node.outputs}
    if any(name in inner or name in edges.fed for unit in units for name in unit.aside):
        return None
    sources = list(
        dict.fromkeys(reach.value for unit in units for reach in unit.reach if reach.value not in made)
    )
    if any(name in inner or viewed(graph, name) in inner for name in sources):
        return None
    ring = {name: index for index, name in enumerate(sources)}
    ring |= {name: len(sources) + index for name, index in made.items()}
    feeds: list[tuple[Feed, ...]] = []
    for unit in units:
        if any(ring[r.value] >= ring[unit.result] for r in unit.reach):
            return None
        feeds.append(tuple(r.feed(ring[r.value]) for r in unit.reach))
    nodes = {node for unit in units for node in unit.nodes}
    leaving = ring.get(edges.leaving) if edges.leaving in made else None
    kept = tuple(
        ring[name]
        for name in made
        if ring[name] != leaving and (name in graph.outputs or set(graph.consumers[name]) - nodes)
    )
    if leaving is not None and set(graph.consumers[units[leaving - len(sources)].result]) - nodes:
        return None
    if len(sources) + len(units) - 1 not in (*kept, leaving):
        return None
    if any(not unit.reach or (unit.carries and ring[unit.result] in kept) for unit in units):
        return None
    fed = tuple(ring[name] for name in sources if name in edges.fed)
    values = (*sources, *made)
    types = [graph.type(name) for name in values]
    bands = tuple(unit.band for unit in units) if any(unit.band > 1 for unit in units) else ()
    shorts = tuple(unit.short for unit in units) if any(unit.short for unit in units) else ()
    heights = tuple(t.shape[1] for t in types)
    row_bytes = tuple(t.nbytes // t.shape[1] for t in types)
    carried = tuple(ring[unit.result] for unit in units if unit.carries)
    arriving, remote = ((), fed) if edges.patched else (fed, ())
    links = Links(
        heights, tuple(feeds), len(sources), arriving, kept, leaving, bands, shorts, carried, remote
    )
    return Stream(tuple(units), values, links, row_bytes, tuple(t.nbytes for t in types))


def viewed(graph: Graph, name: str) -> str:
    """The value whose bytes `name` shows, through any number of reshapes; itself where it is no view."""
    node = graph.producers.get(name)
    while node is not None and node.op.view(graph.in_types(node), graph.out_types(node)):
        name = node.inputs[0]
        node = graph.producers.get(name)
    return name


def _short_ways_first(graph: Graph, units: Sequence[Unit]) -> list[Unit]:
    """The units with their operands in the order of how far they look ahead.

    Operands are asked for in turn. Where two of them go back to one value, the rows of it that the way with
    the shorter look-ahead needs can be dropped before the other way asks for more.
    """
    makers = {unit.result: unit for unit in units}
    found = []
    for unit in units:
        if len(unit.reach) > 1:
            row = unit.axis.count // 2
            asked = {r.value: sum(_asked(graph, makers, unit, r, row).values()) for r in unit.reach}
            unit = unit.ordered(sorted(unit.reach, key=lambda r: asked[r.value]))
        found.append(unit)
    return found


def _asked(graph: Graph, makers: dict[str, Unit], unit: Unit, reach: Reach, row: int) -> dict[str, int]:
    """Rows of each value from outside that `row` of a unit asks for by way of one operand."""
    rows = {reach.value: reach.feed(0).rows(row, graph.type(reach.value).shape[1])[1]}
    for value in reversed(makers):
        if value in rows:
            for r in makers[value].reach:
                end = r.feed(0).rows(rows[value] - 1, graph.type(r.value).shape[1])[1]
                rows[r.value] = max(rows.get(r.value, 0), end)
    return {value: count for value, count in rows.items() if value not in makers}
