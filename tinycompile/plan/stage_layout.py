"""Where everything lies once the streams are chosen: packing at the resolution of single rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tinycompile.ir import Node
from tinycompile.plan.pack_shapes import EFFORT, Shape, ShapePacking, pack_shapes
from tinycompile.plan.path import Segment
from tinycompile.plan.program import Proof
from tinycompile.plan.room import Usage
from tinycompile.plan.schedule import BUFFER_ALIGN, Group, Layout, PlacedStream
from tinycompile.plan.spread import Spread, Spreading, Use
from tinycompile.plan.stages import StagePlanner
from tinycompile.plan.units import Unit

Span = tuple[int, int, int, int]


def streamed_layout(
    planner: StagePlanner,
    segments: list[Segment],
    spread: Spread | None = None,
    enough: int | None = None,
    effort: int = EFFORT,
) -> Layout:
    """Pack everything at the resolution of micro steps, into several memories with `spread`.

    Packing into one memory ends once `enough` bytes hold everything; `effort` is that of `pack_shapes`.
    """
    return _Packing(planner, segments, spread).layout(enough, effort)


def usage(planner: StagePlanner, segments: Sequence[Segment], layout: Layout) -> Usage:
    """What a layout made of these segments leaves no room for."""
    return _Packing(planner, segments, None).usage(layout)


@dataclass(frozen=True)
class _StreamShapes:
    """Which shapes belong to a stream: by ring, for its counters, by unit for scratch."""

    rings: Mapping[int, int]
    state: int
    scratch: Mapping[int, int]


class _Packing:
    def __init__(self, planner: StagePlanner, segments: Sequence[Segment], spread: Spread | None) -> None:
        self.planner, self.segments, self.spread = planner, segments, spread
        self.start: list[int] = []
        time = 0
        for segment in segments:
            self.start.extend([time] * (segment.end - segment.first))
            time += segment.steps
        self.total = max(time, 1)
        self.shapes: list[Shape] = []
        self.uses: list[Use] = []

    def layout(self, enough: int | None, effort: int) -> Layout:
        planner, storage = self.planner, self.planner.storage
        chains = self._chains()
        for chain in chains:
            self._add(
                [span for buffer in chain for span in self._spans(buffer)],
                max(storage.sizes[b] for b in chain),
                Use(buffers=tuple(chain)),
            )
        scratch_at = self._scratch()
        ring_at = self._rings()
        packed: ShapePacking | Spreading
        if self.spread is None:
            packed = pack_shapes(self.shapes, capacity=enough, effort=effort)
        else:
            packed = self.spread.pack(self.shapes, self.uses, self._together(chains, ring_at))
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
            packed.arena if isinstance(packed, Spreading) else packed.peak,
            self._proof(packed),
            tuple(self._placed(segment, where, offsets, packed) for segment, where in ring_at),
            perms=planner.edges.perms,
            spread=packed if isinstance(packed, Spreading) else None,
        )

    def usage(self, layout: Layout) -> Usage:
        """Everything but scratch at the places that it has in a layout."""
        items = [
            (layout.offsets[chain[0]], _joined([span for buffer in chain for span in self._spans(buffer)]))
            for chain in self._chains()
        ]
        times = {
            self.planner.order[s.first]: np.array([self.start[s.first]])
            for s in self.segments
            if not s.stream
        }
        for placed in layout.streams:
            stream, at = placed.stream, self.start[placed.first]
            items += [
                (placed.rings[ring], stream.spans(ring, at))
                for ring in range(len(stream.values))
                if not stream.links.whole(ring) and ring not in stream.links.remote
            ]
            state = (at, at + stream.occupancy.steps, 0, stream.state_bytes)
            items.append((placed.state, [state]))
            made = np.array(stream.occupancy.made)
            for ring, unit in enumerate(stream.units, stream.links.sources):
                times[unit.nodes[0]] = at + np.flatnonzero(made == ring)
        return Usage(items, times, self.total)

    def _together(
        self, chains: list[list[int]], ring_at: list[tuple[Segment, _StreamShapes]]
    ) -> list[list[int]]:
        """The shapes that each stream touches: its driver knows one base only."""
        chain_of = {b: i for i, chain in enumerate(chains) for b in chain}
        found = []
        for segment, own in ring_at:
            assert segment.stream is not None
            values = {*segment.stream.values, *(v for unit in segment.stream.units for v in unit.aside)}
            whole = sorted({chain_of[b] for v in values if (b := self.planner.buffer(v)) in chain_of})
            found.append([*whole, *own.rings.values(), own.state, *own.scratch.values()])
        return found

    def _proof(self, packed: ShapePacking | Spreading) -> Proof:
        """Only inputs before the first step and outputs after the last are certain under every streaming."""
        graph = self.planner.graph
        edges = self.planner.edges
        certain = max(
            sum(graph.type(n).nbytes for n in graph.inputs if n not in edges.fed),
            sum(graph.type(n).nbytes for n in graph.outputs if n != edges.leaving),
        )
        fullest = packed.max_load
        return Proof(fullest, certain, fullest == certain, fullest, packed.method, packed.proven_optimal)

    def _add(self, spans: list[Span], size: int, use: Use) -> int:
        self.uses.append(use)
        self.shapes.append(Shape(size, BUFFER_ALIGN, tuple(_joined(spans))))
        return len(self.shapes) - 1

    def _shared(self) -> list[int]:
        plain = [s.first for s in self.segments if s.stream is None]
        return [i for i in plain if self.planner.pair(i) is not None]

    def _inner(self) -> set[int]:
        """Buffers of values that never are whole."""
        streams = [s.stream for s in self.segments if s.stream]
        made = {n for s in streams for unit in s.units for node in unit.nodes for n in node.outputs}
        kept = {n for s in streams for n in s.kept}
        return {self.planner.buffer(n) for n in made - kept}

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

    def _spans(self, buffer: int) -> list[Span]:
        """When and how far a whole buffer is occupied: staircases in the streams that make or use it up."""
        planner = self.planner
        born, dies = planner.lives[buffer]
        size = planner.storage.sizes[buffer]
        spans: list[Span] = []
        shared = {p for i in self._shared() if (p := planner.pair(i)) is not None}
        for segment in self.segments:
            if segment.end <= born or segment.first > dies:
                continue
            at = self.start[segment.first]
            until = at + segment.steps
            if segment.stream is not None:
                stairs = self._stairs(segment, buffer, at)
                if stairs is not None:
                    spans += stairs
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

    def _stairs(self, segment: Segment, buffer: int, at: int) -> list[Span] | None:
        """The staircase of a buffer that a stream makes or uses up; None for any other."""
        stream = segment.stream
        assert stream is not None
        for ring in stream.links.kept:
            if self.planner.buffer(stream.values[ring]) == buffer:
                return stream.spans(ring, at)
        for value in self.planner.dying(stream, segment.end):
            if self.planner.buffer(value) == buffer:
                return stream.spans(stream.values.index(value), at)
        return None

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
                found[node] = (self._add([(at, at + 1, 0, size)], size, Use(scratch=(node,))), size)
        return found

    def _rings(self) -> list[tuple[Segment, _StreamShapes]]:
        found = []
        for segment in self.segments:
            stream = segment.stream
            if stream is None:
                continue
            at = self.start[segment.first]
            until = at + segment.steps
            rings = {
                ring: self._add(
                    stream.spans(ring, at),
                    stream.ring_bytes(ring),
                    Use(buffers=(self.planner.buffer(value),)),
                )
                for ring, value in enumerate(stream.values)
                if not stream.links.whole(ring) and ring not in stream.links.remote
            }
            state = self._add([(at, until, 0, stream.state_bytes)], stream.state_bytes, Use())
            scratch = {
                index: self._add(
                    stream.scratch_spans(index, at), unit.scratch, _scratch_use(self.planner, unit)
                )
                for index, unit in enumerate(stream.units)
                if unit.scratch
            }
            found.append((segment, _StreamShapes(rings, state, scratch)))
        return found

    def _placed(
        self,
        segment: Segment,
        shapes: _StreamShapes,
        offsets: Mapping[int, int],
        packed: ShapePacking | Spreading,
    ) -> PlacedStream:
        stream = segment.stream
        assert stream is not None
        own = {ring: packed.offsets[index] for ring, index in shapes.rings.items()}
        own |= dict.fromkeys(stream.links.remote, packed.offsets[shapes.state])
        rings = tuple(
            own[ring] if ring in own else offsets[self.planner.buffer(value)]
            for ring, value in enumerate(stream.values)
        )
        scratch = {unit: packed.offsets[index] for unit, index in shapes.scratch.items()}
        return PlacedStream(
            segment.first, segment.end, stream, rings, packed.offsets[shapes.state], scratch, segment.peak
        )

    def _groups(self, chains: list[list[int]]) -> tuple[Group, ...]:
        """One group per buffer; of two that share a place, the larger one owns the step between them.

        An input that only the first step reads, in place, is one with the result.
        """
        sizes = self.planner.storage.sizes
        groups = []
        for chain in chains:
            begins = [self._first_step(chain[0])]
            for x, y in pairwise(chain):
                begins.append(self._first_step(y) + (1 if sizes[x] > sizes[y] else 0))
            ends = [*begins[1:], self._end_step(chain[-1])]
            arrived: tuple[int, ...] = ()
            for b, begin, end in zip(chain, begins, ends, strict=True):
                if begin < end:
                    groups.append(Group((*arrived, b), sizes[b], begin, end))
                arrived = () if begin < end else (*arrived, b)
        return tuple(groups)

    def _first_step(self, buffer: int) -> int:
        born = self.planner.lives[buffer][0]
        return 0 if born < 0 else self._segment(born).first

    def _end_step(self, buffer: int) -> int:
        dies = self.planner.lives[buffer][1]
        return 1 if dies < 0 else self._segment(min(dies, len(self.planner.order) - 1)).end

    def _segment(self, index: int) -> Segment:
        return next(s for s in self.segments if s.first <= index < s.end)


def _scratch_use(planner: StagePlanner, unit: Unit) -> Use:
    """What the scratch of a unit holds: that of its kernels, and values of which tiles are made."""
    inner = [n for node in unit.nodes[:-1] for n in node.outputs] if unit.tiles is not None else []
    return Use(tuple(map(planner.buffer, inner)), unit.nodes)


def _joined(spans: list[Span]) -> list[Span]:
    """Neighbouring spans of the same bytes as one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and found[-1][1] == span[0] and found[-1][2:] == span[2:]:
            found[-1] = (found[-1][0], span[1], *span[2:])
        else:
            found.append(span)
    return found
