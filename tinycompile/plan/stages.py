"""Which parts of a network are executed row by row or tile by tile so that it fits a budget.

The order of the whole-tensor schedule is cut into segments, each one plain call or one stream. A shortest
path over the cuts takes the cheapest streams whose fullest moment stays within a limit. `stage_layout` then
packs what was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tinycompile.ir import Graph, Node
from tinycompile.plan.select import Choice
from tinycompile.plan.share import Storage
from tinycompile.plan.stream import Edges, Stream, stream_of
from tinycompile.plan.units import Unit, row_unit

_UNREACHABLE = 1 << 60
#: Estimated cycles for every row of a stream (tables, counters) and for every byte that a full ring moves.
_ROW_CYCLES, _MOVE_CYCLES = 120.0, 0.6


@dataclass(frozen=True, eq=False)
class Segment:
    """Calls [first, end) of the order: one plain call, or a stream; `peak` are its live bytes."""

    first: int
    end: int
    stream: Stream | None
    peak: int

    @property
    def steps(self) -> int:
        """Micro steps that it takes."""
        return 1 if self.stream is None else self.stream.occupancy.steps


@dataclass(frozen=True, eq=False)
class Tiling:
    """Calls [first, end) as one tiled unit."""

    first: int
    end: int
    unit: Unit


class StagePlanner:
    """Chooses streams for one graph in one order."""

    def __init__(
        self,
        graph: Graph,
        choices: Mapping[Node, Choice],
        storage: Storage,
        order: tuple[Node, ...],
        edges: Edges,
    ) -> None:
        self.graph, self.choices, self.storage, self.order, self.edges = graph, choices, storage, order, edges
        self._streams: dict[tuple[int, int, tuple[int, ...]], tuple[int, float, Stream | None]] = {}
        self._plain: dict[int, int] = {}
        self.units: dict[Node, Unit] = {}
        for node in order:
            unit = row_unit(graph, node, choices[node])
            if unit is not None and all(storage.whole(graph, n) for n in _run_time(graph, node)):
                self.units[node] = unit

    @cached_property
    def lives(self) -> dict[int, tuple[int, int]]:
        """Per buffer the closed interval of calls from its birth (-1 for inputs) to its last use.

        Inputs and outputs that never exist as a whole have none.
        """
        place = self.storage.place
        passing = {
            place[n][0] for n in (*self.edges.fed, *([self.edges.leaving] if self.edges.leaving else []))
        }
        found: dict[int, tuple[int, int]] = {place[n][0]: (-1, -1) for n in self.graph.inputs}
        for index, node in enumerate(self.order):
            for name in _run_time(self.graph, node):
                buffer = place[name][0]
                found[buffer] = (found.get(buffer, (index, 0))[0], index)
        for name in self.graph.outputs:
            buffer = place[name][0]
            found[buffer] = (found[buffer][0], len(self.order))
        return {buffer: life for buffer, life in found.items() if buffer not in passing}

    def buffer(self, value: str) -> int:
        """The buffer that holds a value."""
        return self.storage.place[value][0]

    def pair(self, index: int) -> tuple[int, int] | None:
        """The (operand, result) buffers that share storage at a plain call."""
        node = self.order[index]
        able = []
        for operand, result in self.choices[node].pairs:
            x, y = node.inputs[operand], node.outputs[result]
            if x not in self.storage.place or not (
                self.storage.whole(self.graph, x) and self.storage.whole(self.graph, y)
            ):
                continue
            bx, by = self.buffer(x), self.buffer(y)
            if bx != by and self.lives[bx][1] == index and self.lives[by][0] == index:
                able.append((bx, by))
        return max(able, key=lambda p: self.storage.sizes[p[0]]) if able else None

    def plain_cost(self, index: int) -> int:
        """Live bytes at a plain call; unreachable where an operand or result never exists as a whole."""
        if index not in self._plain:
            self._plain[index] = self._plain_cost(index)
        return self._plain[index]

    def _plain_cost(self, index: int) -> int:
        node = self.order[index]
        if any(self.buffer(n) not in self.lives for n in _run_time(self.graph, node)):
            return _UNREACHABLE
        sizes, pair = self.storage.sizes, self.pair(index)
        live = sum(sizes[b] for b, (born, dies) in self.lives.items() if born <= index <= dies)
        choice = self.choices[node]
        saved = min(sizes[pair[0]], sizes[pair[1]]) if pair else 0
        return live - saved + choice.kernel(pair is not None).scratch(choice.site)

    def dying(self, stream: Stream, end: int) -> list[str]:
        """The whole sources of a stream that nothing reads behind it."""
        whole = [v for i, v in enumerate(stream.sources) if stream.links.whole(i)]
        return [v for v in whole if self.lives[self.buffer(v)][1] < end]

    def stream_cost(
        self, first: int, end: int, tilings: Sequence[Tiling] = ()
    ) -> tuple[int, float, Stream | None]:
        """(live bytes at the fullest moment, extra cycles, stream) of calls [first, end) as one stream."""
        inside = [t for t in tilings if first <= t.first and t.end <= end]
        key = (first, end, tuple(id(t) for t in inside))
        if key not in self._streams:
            self._streams[key] = self._stream_cost(first, end, inside)
        return self._streams[key]

    def _stream_cost(
        self, first: int, end: int, tilings: Sequence[Tiling]
    ) -> tuple[int, float, Stream | None]:
        units: list[Unit] = []
        starts = {t.first: t for t in tilings}
        index = first
        while index < end:
            if index in starts:
                units.append(starts[index].unit)
                index = starts[index].end
            elif self.order[index] in self.units:
                units.append(self.units[self.order[index]])
                index += 1
            else:
                return (_UNREACHABLE, 0.0, None)
        stream = stream_of(self.graph, units, self.edges)
        if stream is None:
            return (_UNREACHABLE, 0.0, None)
        load = stream.load(self.dying(stream, end))
        return (
            self._others(first, end, stream) + int(load.max()),
            overhead(stream) + stream.extra_cycles,
            stream,
        )

    def _others(self, first: int, end: int, stream: Stream) -> int:
        own = {self.buffer(v) for v in (*stream.kept, *self.dying(stream, end))}
        return sum(
            self.storage.sizes[b]
            for b, (born, dies) in self.lives.items()
            if born < first <= dies and b not in own
        )

    def path(self, limit: int, tilings: Sequence[Tiling] = ()) -> list[Segment] | None:
        """The segments of least cost in cycles whose live bytes stay within `limit`."""
        count = len(self.order)
        best = [0.0] + [float("inf")] * count
        back: list[Segment | None] = [None] * (count + 1)
        inner = {i for t in tilings for i in range(t.first + 1, t.end)}
        for end in range(1, count + 1):
            if end in inner:
                continue
            plain = self.plain_cost(end - 1)
            if plain <= limit and best[end - 1] < best[end]:
                best[end], back[end] = best[end - 1], Segment(end - 1, end, None, plain)
            for first in range(end - 1, -1, -1):
                if self.order[first] not in self.units:
                    break
                if best[first] >= best[end]:
                    continue
                cost, cycles, stream = self.stream_cost(first, end, tilings)
                if cost <= limit and best[first] + cycles < best[end]:
                    best[end], back[end] = best[first] + cycles, Segment(first, end, stream, cost)
        return _trace(back) if best[count] < float("inf") else None

    def least_limit(self, tilings: Sequence[Tiling] = ()) -> int | None:
        """The smallest limit for which there is a path; None when there is none at all."""
        low, high = 0, 2 * sum(self.storage.sizes) + (1 << 16)
        if self.path(high, tilings) is None:
            return None
        while low < high:
            middle = (low + high) // 2
            found = self.path(middle, tilings)
            if found is None:
                low = middle + 1
            else:
                high = max((s.peak for s in found), default=0)
        return low


def overhead(stream: Stream) -> float:
    """Estimated cycles of a stream besides its kernels: the driver, and the rows that full rings move."""
    heights, occupied = stream.links.heights, stream.occupancy
    rows = sum(heights[stream.links.sources :])
    moved = sum(
        max(0, heights[i] - occupied.capacity[i]) * (occupied.capacity[i] - 1) * stream.row_bytes[i]
        for i in range(len(heights))
        if not stream.links.whole(i)
    )
    return _ROW_CYCLES * rows + _MOVE_CYCLES * moved


def _run_time(graph: Graph, node: Node) -> list[str]:
    return [n for n in (*node.inputs, *node.outputs) if not graph.values[n].is_const]


def _trace(back: list[Segment | None]) -> list[Segment]:
    found = []
    end = len(back) - 1
    while end > 0:
        segment = back[end]
        assert segment is not None
        found.append(segment)
        end = segment.first
    return found[::-1]
