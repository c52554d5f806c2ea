"""Which parts of a network are streamed row by row so that it fits a budget.

The order of the whole-tensor schedule is cut into segments, each one plain call or one stream. A shortest
path over the cuts takes the fewest streamed operators whose fullest moment stays within a limit.
`stage_layout` then packs what was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from tinycompile.ir import Graph, Node
from tinycompile.plan.rows import SOURCE
from tinycompile.plan.select import Choice
from tinycompile.plan.share import Storage
from tinycompile.plan.stream import RowKernel, Stream, row_kernel, stream_of

#: Two int32 counters per ring.
STATE_BYTES = 8
_UNREACHABLE = 1 << 60


@dataclass(frozen=True, eq=False)
class Segment:
    """Calls [first, end) of the order: one plain call, or a stream."""

    first: int
    end: int
    stream: Stream | None

    @property
    def steps(self) -> int:
        """Micro steps that it takes."""
        return 1 if self.stream is None else self.stream.occupancy.steps


class StagePlanner:
    """Chooses streams for one graph in one order."""

    def __init__(
        self, graph: Graph, choices: Mapping[Node, Choice], storage: Storage, order: tuple[Node, ...]
    ) -> None:
        self.graph, self.choices, self.storage, self.order = graph, choices, storage, order
        self._costs: dict[tuple[int, int], tuple[int, Stream | None]] = {}
        self.kernels: dict[Node, RowKernel] = {}
        for node in order:
            kernel = row_kernel(graph, node, choices[node])
            if kernel is not None and all(storage.whole(graph, n) for n in _run_time(graph, node)):
                self.kernels[node] = kernel

    @cached_property
    def lives(self) -> dict[int, tuple[int, int]]:
        """Per buffer the closed interval of calls from its birth (-1 for inputs) to its last use."""
        found: dict[int, tuple[int, int]] = {self.storage.place[n][0]: (-1, -1) for n in self.graph.inputs}
        for index, node in enumerate(self.order):
            for name in _run_time(self.graph, node):
                buffer = self.storage.place[name][0]
                found[buffer] = (found.get(buffer, (index, 0))[0], index)
        for name in self.graph.outputs:
            buffer = self.storage.place[name][0]
            found[buffer] = (found[buffer][0], len(self.order))
        return found

    def pair(self, index: int) -> tuple[int, int] | None:
        """The (operand, result) buffers that share storage at a plain call."""
        node = self.order[index]
        able = []
        for operand, result in self.choices[node].pairs:
            x, y = node.inputs[operand], node.outputs[result]
            if (
                x in self.storage.place
                and self.storage.whole(self.graph, x)
                and self.storage.whole(self.graph, y)
            ):
                bx, by = self.storage.place[x][0], self.storage.place[y][0]
                if bx != by and self.lives[bx][1] == index and self.lives[by][0] == index:
                    able.append((bx, by))
        return max(able, key=lambda p: self.storage.sizes[p[0]]) if able else None

    def plain_cost(self, index: int) -> int:
        """Live bytes at a plain call."""
        sizes, pair = self.storage.sizes, self.pair(index)
        live = sum(sizes[b] for b, (born, dies) in self.lives.items() if born <= index <= dies)
        choice = self.choices[self.order[index]]
        saved = min(sizes[pair[0]], sizes[pair[1]]) if pair else 0
        return live - saved + choice.kernel(pair is not None).scratch(choice.site)

    def stream_cost(self, first: int, end: int) -> tuple[int, Stream | None]:
        """Live bytes at the fullest moment of the stream [first, end), or unreachable when there is none."""
        key = (first, end)
        if key not in self._costs:
            stream = stream_of(self.graph, self.order[first:end], self.kernels)
            if stream is None:
                self._costs[key] = (_UNREACHABLE, None)
            else:
                others = self._others(first, end, stream)
                self._costs[key] = (
                    others + int(_profile(stream, self._source_dies(stream, end)).max()),
                    stream,
                )
        return self._costs[key]

    def _source_dies(self, stream: Stream, end: int) -> bool:
        return self.lives[self.storage.place[stream.source][0]][1] < end

    def _others(self, first: int, end: int, stream: Stream) -> int:
        own = {self.storage.place[stream.result][0]}
        if self._source_dies(stream, end):
            own.add(self.storage.place[stream.source][0])
        return sum(
            self.storage.sizes[b]
            for b, (born, dies) in self.lives.items()
            if born < first and dies >= end and b not in own
        )

    def path(self, limit: int) -> list[Segment] | None:
        """The segments with the fewest streamed operators whose cost stays within `limit`."""
        count = len(self.order)
        best = [0] + [_UNREACHABLE] * count
        back: list[Segment | None] = [None] * (count + 1)
        for end in range(1, count + 1):
            if self.plain_cost(end - 1) <= limit and best[end - 1] < best[end]:
                best[end], back[end] = best[end - 1], Segment(end - 1, end, None)
            for first in range(end - 1, -1, -1):
                if self.order[first] not in self.kernels:
                    break
                streamed = best[first] + end - first
                if streamed >= best[end]:
                    continue
                cost, stream = self.stream_cost(first, end)
                if cost <= limit:
                    best[end], back[end] = streamed, Segment(first, end, stream)
        return _trace(back) if best[count] < _UNREACHABLE else None

    def least_limit(self) -> int:
        """The smallest limit for which there is a path."""
        plain = max((self.plain_cost(i) for i in range(len(self.order))), default=0)
        low, high = 0, plain
        while low < high:
            middle = (low + high) // 2
            if self.path(middle) is None:
                low = middle + 1
            else:
                high = middle
        return low


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


def _profile(stream: Stream, source_dies: bool) -> np.ndarray:
    """int64[steps]: live bytes per micro step: source (if it dies here), rings, result, counters, scratch."""
    occupied, row_bytes = stream.occupancy, stream.row_bytes
    fixed = STATE_BYTES * len(row_bytes) + max(k.scratch for k in stream.kernels)
    load = np.full(occupied.steps, fixed, np.int64)
    for ring in range(1, len(row_bytes) - 1):
        load[occupied.start[ring] : occupied.end[ring]] += occupied.capacity[ring] * row_bytes[ring]
    for start, end, low, high in result_spans(stream, 0):
        load[start:end] += high - low
    if source_dies:
        for start, end, low, high in source_spans(stream, 0):
            load[start:end] += high - low
    return load


def source_spans(stream: Stream, at: int) -> list[tuple[int, int, int, int]]:
    """The staircase of the source: rows die from the first on."""
    occupied, row = stream.occupancy, stream.row_bytes[SOURCE]
    size = occupied.capacity[SOURCE] * row
    edges = [*occupied.source_low, (occupied.end[SOURCE], 0)]
    return [
        (at + a, at + b, low * row, size)
        for (a, low), (b, _) in pairwise(edges)
        if a < b and low * row < size
    ]


def result_spans(stream: Stream, at: int) -> list[tuple[int, int, int, int]]:
    """The staircase of the result: rows are born from the first on."""
    occupied, row = stream.occupancy, stream.row_bytes[-1]
    edges = [*occupied.result_high, (occupied.steps, 0)]
    return [(at + a, at + b, 0, high * row) for (a, high), (b, _) in pairwise(edges) if a < b]
