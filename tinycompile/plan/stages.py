"""Which parts of a network are streamed row by row so that it fits a budget, and where everything lies.

The order of the whole-tensor schedule is cut into segments, each one plain call or one stream. A shortest
path over the cuts takes the fewest streamed operators whose fullest moment stays within a limit; the
limit is lowered until the packed arena fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tinycompile.ir import Graph, Node
from tinycompile.plan.pack_shapes import Shape, ShapePacking, pack_shapes
from tinycompile.plan.program import Proof
from tinycompile.plan.rows import SOURCE
from tinycompile.plan.schedule import BUFFER_ALIGN, Group, Layout, PlacedStream
from tinycompile.plan.select import Choice
from tinycompile.plan.share import Storage
from tinycompile.plan.stream import RowKernel, Stream, row_kernel, stream_of

_STATE_BYTES = 8
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

    def stream_cost(self, first: int, end: int, limit: int) -> tuple[int, Stream | None]:
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
                cost, stream = self.stream_cost(first, end, limit)
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
    fixed = _STATE_BYTES * len(row_bytes) + max(k.scratch for k in stream.kernels)
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
        for (a, low), (b, _) in zip(edges, edges[1:], strict=False)
        if a < b and low * row < size
    ]


def result_spans(stream: Stream, at: int) -> list[tuple[int, int, int, int]]:
    """The staircase of the result: rows are born from the first on."""
    occupied, row = stream.occupancy, stream.row_bytes[-1]
    edges = [*occupied.result_high, (occupied.steps, 0)]
    return [
        (at + a, at + b, 0, high * row) for (a, high), (b, _) in zip(edges, edges[1:], strict=False) if a < b
    ]


def streamed_layout(planner: StagePlanner, segments: list[Segment], proof: Proof) -> Layout:
    """Pack everything at the resolution of micro steps."""
    return _Packing(planner, segments).layout(proof)


class _Packing:
    def __init__(self, planner: StagePlanner, segments: list[Segment]) -> None:
        self.planner, self.segments = planner, segments
        self.start: list[int] = []
        time = 0
        for segment in segments:
            self.start.extend([time] * (segment.end - segment.first))
            time += segment.steps
        self.total = max(time, 1)
        self.shapes: list[Shape] = []

    def layout(self, proof: Proof) -> Layout:
        planner, storage = self.planner, self.planner.storage
        chains = self._chains()
        for chain in chains:
            self._add(
                [span for buffer in chain for span in self._spans(buffer)],
                max(storage.sizes[b] for b in chain),
            )
        scratch_at = self._scratch()
        ring_at = self._rings()
        packed = pack_shapes(self.shapes)
        offsets = {b: packed.offsets[i] for i, chain in enumerate(chains) for b in chain}
        shared = frozenset(self.planner.order[i] for i in self._shared())
        sizes = {n: s for n, (_, s) in scratch_at.items()}
        return Layout(
            planner.order,
            shared,
            self._groups(chains),
            offsets,
            {n: packed.offsets[i] for n, (i, _) in scratch_at.items()},
            sizes,
            packed.peak,
            Proof(
                proof.order_peak,
                packed.bound,
                packed.proven_optimal,
                packed.max_load,
                packed.method,
                packed.proven_optimal,
            ),
            tuple(self._placed(segment, where, offsets, packed) for segment, where in ring_at),
        )

    def _add(self, spans: list[tuple[int, int, int, int]], size: int) -> int:
        self.shapes.append(Shape(size, BUFFER_ALIGN, tuple(spans)))
        return len(self.shapes) - 1

    def _shared(self) -> list[int]:
        plain = [s.first for s in self.segments if s.stream is None]
        return [i for i in plain if self.planner.pair(i) is not None]

    def _inner(self) -> set[int]:
        """Buffers that live in rings only."""
        place = self.planner.storage.place
        return {place[k.node.outputs[0]][0] for s in self.segments if s.stream for k in s.stream.kernels[:-1]}

    def _chains(self) -> list[list[int]]:
        pairs = [self.planner.pair(i) for i in self._shared()]
        follower = {p[0]: p[1] for p in pairs if p is not None}
        inner = self._inner()
        heads = [b for b in self.planner.lives if b not in set(follower.values()) and b not in inner]
        chains = []
        for head in heads:
            chain = [head]
            while chain[-1] in follower:
                chain.append(follower[chain[-1]])
            chains.append(chain)
        return chains

    def _spans(self, buffer: int) -> list[tuple[int, int, int, int]]:
        """When and how far a whole buffer is occupied, staircases inside the streams that make or use it up."""
        planner = self.planner
        born, dies = planner.lives[buffer]
        size = planner.storage.sizes[buffer]
        spans: list[tuple[int, int, int, int]] = []
        shared = {p for i in self._shared() if (p := planner.pair(i)) is not None}
        for segment in self.segments:
            if segment.end <= born or segment.first > dies or (segment.first > dies):
                continue
            at = self.start[segment.first]
            until = at + segment.steps
            if segment.stream is not None:
                place = planner.storage.place
                if place[segment.stream.result][0] == buffer:
                    spans += result_spans(segment.stream, at)
                    continue
                if place[segment.stream.source][0] == buffer and dies < segment.end:
                    spans += source_spans(segment.stream, at)
                    continue
            elif born == segment.first and any(y == buffer for _, y in shared):
                # Born in place: the operand of the pair holds the bytes during this step if it is larger.
                x = next(x for x, y in shared if y == buffer)
                spans.append((at, until, 0, max(size, planner.storage.sizes[x])))
                continue
            elif dies == segment.first and any(x == buffer for x, _ in shared):
                continue
            spans.append((at, until, 0, size))
        return _joined(spans)

    def _scratch(self) -> dict[Node, tuple[int, int]]:
        found: dict[Node, tuple[int, int]] = {}
        for segment in self.segments:
            if segment.stream is not None:
                continue
            node = self.planner.order[segment.first]
            choice = self.planner.choices[node]
            size = choice.kernel(self.planner.pair(segment.first) is not None).scratch(choice.site)
            if size:
                at = self.start[segment.first]
                found[node] = (self._add([(at, at + 1, 0, size)], size), size)
        return found

    def _rings(self) -> list[tuple[Segment, tuple[tuple[int, ...], int, int]]]:
        found = []
        for segment in self.segments:
            stream = segment.stream
            if stream is None:
                continue
            at = self.start[segment.first]
            until = at + segment.steps
            rings = []
            for ring in range(1, len(stream.row_bytes) - 1):
                size = stream.occupancy.capacity[ring] * stream.row_bytes[ring]
                span = (at + stream.occupancy.start[ring], at + stream.occupancy.end[ring], 0, size)
                rings.append(self._add([span], size))
            state = _STATE_BYTES * len(stream.row_bytes)
            state_index = self._add([(at, until, 0, state)], state)
            scratch = max(k.scratch for k in stream.kernels)
            scratch_index = self._add([(at, until, 0, scratch)], scratch) if scratch else state_index
            found.append((segment, (tuple(rings), state_index, scratch_index)))
        return found

    def _placed(
        self,
        segment: Segment,
        where: tuple[tuple[int, ...], int, int],
        offsets: Mapping[int, int],
        packed: ShapePacking,
    ) -> PlacedStream:
        stream = segment.stream
        assert stream is not None
        place = self.planner.storage.place
        rings = (
            offsets[place[stream.source][0]],
            *(packed.offsets[i] for i in where[0]),
            offsets[place[stream.result][0]],
        )
        cost, _ = self.planner.stream_cost(segment.first, segment.end, 0)
        return PlacedStream(
            segment.first, stream, rings, packed.offsets[where[1]], packed.offsets[where[2]], cost
        )

    def _groups(self, chains: list[list[int]]) -> tuple[Group, ...]:
        """One group per buffer; of two that share a place, the larger one owns the step between them."""
        sizes = self.planner.storage.sizes
        groups = []
        for chain in chains:
            begins = [self._first_step(chain[0])]
            for x, y in zip(chain, chain[1:], strict=False):
                begins.append(self._first_step(y) + (1 if sizes[x] > sizes[y] else 0))
            ends = [*begins[1:], self._end_step(chain[-1])]
            groups += [
                Group((b,), sizes[b], begin, end)
                for b, begin, end in zip(chain, begins, ends, strict=True)
                if begin < end
            ]
        return tuple(groups)

    def _first_step(self, buffer: int) -> int:
        born = self.planner.lives[buffer][0]
        return 0 if born < 0 else self._segment(born).first

    def _end_step(self, buffer: int) -> int:
        dies = self.planner.lives[buffer][1]
        return 1 if dies < 0 else self._segment(min(dies, len(self.planner.order) - 1)).end

    def _segment(self, index: int) -> Segment:
        return next(s for s in self.segments if s.first <= index < s.end)


def _joined(spans: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Neighbouring spans of the same bytes as one."""
    found: list[tuple[int, int, int, int]] = []
    for span in sorted(spans):
        if found and found[-1][1] == span[0] and found[-1][2:] == span[2:]:
            found[-1] = (found[-1][0], span[1], *span[2:])
        else:
            found.append(span)
    return found
