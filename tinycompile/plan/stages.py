"""Which parts of a network are executed row by row or tile by tile so that it fits a budget.

The order of the whole-tensor schedule is cut into segments, each one plain call or one stream. A shortest
path over the cuts takes the cheapest streams whose fullest moment stays within a limit. `stage_layout` then
packs what was chosen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial

from tinycompile.ir import Graph, Node
from tinycompile.plan.in_step import units_in_step
from tinycompile.plan.known_units import KnownUnits
from tinycompile.plan.parts import Parts
from tinycompile.plan.path import Path, PathPart, Segment, traced
from tinycompile.plan.select import Choice
from tinycompile.plan.share import Storage
from tinycompile.plan.stage_cycles import MOVE_CYCLES, ROW_CYCLES
from tinycompile.plan.stream import Edges, Stream, stream_of
from tinycompile.plan.stream_scan import Scan
from tinycompile.plan.tiling_choice import Option, TilingChooser
from tinycompile.plan.tilings import Tiling
from tinycompile.plan.units import Unit, in_place, row_unit

#: More than any live bytes.
UNLIMITED = 1 << 40
_UNREACHABLE = 1 << 60
#: Estimates up to a share of 1 / _DOUBT above a limit are looked into.
_DOUBT = 8


class StagePlanner:
    """Chooses streams for one graph in one order."""

    def __init__(
        self,
        graph: Graph,
        choices: Mapping[Node, Choice],
        storage: Storage,
        order: tuple[Node, ...],
        edges: Edges,
        known: KnownUnits | None = None,
    ) -> None:
        """`known`: what other plannings of the same network have found."""
        self.graph, self.choices, self.storage = graph, choices, storage
        self.order, self.edges = order, edges
        self.parts, self.known = Parts(graph), known or KnownUnits()
        self._plain: dict[int, int] = {}
        self._pairs: dict[int, tuple[int, int] | None] = {}
        self._peaks: dict[tuple[int, int, tuple[int, ...]], int] = {}
        self.units: dict[Node, Unit] = {}
        self._banded: dict[tuple[Node, int, int], Unit | None] = {}
        for node in order:
            make = partial(row_unit, self.parts, node, choices[node])
            unit = self.known.row(graph, node, choices[node], make)
            if unit is not None and all(self._in_rows(n) for n in _run_time(graph, node)):
                self.units[node] = unit

    def _in_rows(self, value: str) -> bool:
        """Whether rows of a value can be read or made: it is all of its buffer, or comes or goes in rows.

        A view of what never is whole (a reshape of rows that arrive) is neither.
        """
        passing = value in self.edges.fed or value == self.edges.leaving
        return self.storage.whole(self.graph, value) and (passing or self.buffer(value) in self.lives)

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
        if index not in self._pairs:
            self._pairs[index] = self._pair(index)
        return self._pairs[index]

    def _pair(self, index: int) -> tuple[int, int] | None:
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

    @cached_property
    def options(self) -> Mapping[int, list[Option]]:
        """Every stream of single calls, by the call behind its last one."""
        found: dict[int, list[Option]] = {}
        run: list[Unit] = []
        for index, node in enumerate(self.order):
            if node not in self.units:
                run = []
                continue
            self._append(run, self.units[node])
            found[index + 1] = self._options_to(run, index + 1)
        return found

    def banded(self, node: Node, band: int, short: int = 0) -> Unit | None:
        """The unit of a node that makes so many rows at once, `short` less at first; None where it cannot."""
        if band == 1:
            return self.units.get(node)
        key = node, band, short
        if key not in self._banded:
            self._banded[key] = row_unit(self.parts, node, self.choices[node], band, short)
        return self._banded[key]

    def _append(self, run: list[Unit], unit: Unit) -> None:
        """One more unit, which works in place of the one before where it can."""
        choice = self.choices[unit.nodes[0]]
        joined = in_place(self.graph, run[-1], unit, choice) if run else None
        if joined is None:
            run.append(unit)
        else:
            run[-1] = joined

    def _options_to(self, run: Sequence[Unit], end: int) -> list[Option]:
        scan = Scan(self.graph, self.edges, self.dies, self.positions)
        settled: dict[str, int] = {}
        found = []
        for first, estimate in scan.upwards(run, end, settled):
            if estimate is None or not self._fed_once(estimate.sources, first, end):
                continue
            dying = {self.buffer(v) for v in estimate.sources if self.dies.get(v, end) < end}
            peak = self.alive[first] - sum(self.storage.sizes[b] for b in dying) + estimate.load
            cycles = estimate.cycles + ROW_CYCLES * estimate.rows + MOVE_CYCLES * estimate.moved
            found.append(Option(first, end, peak, estimate.passing, cycles, settled, estimate.extra))
        return found

    def _fed_once(self, sources: Sequence[str], first: int, end: int) -> bool:
        """Whether all readers of rows that arrive are units of the stream: they come only once."""
        readers = (n for v in sources if v in self.edges.fed for n in self.graph.consumers[v])
        return all(first <= self.positions.get(node, -1) < end for node in readers)

    @cached_property
    def positions(self) -> dict[Node, int]:
        """Where each node stands in the order."""
        return {node: index for index, node in enumerate(self.order)}

    @cached_property
    def dies(self) -> dict[str, int]:
        """Value -> the last call that reads its buffer; values that never are whole have none."""
        return {
            name: self.lives[buffer][1]
            for name, (buffer, _) in self.storage.place.items()
            if buffer in self.lives
        }

    @cached_property
    def alive(self) -> list[int]:
        """Per call the bytes of all buffers from before it that it or a later one reads."""
        lives = list(self.lives.items())
        return [
            sum(self.storage.sizes[b] for b, (born, dies) in lives if born < index <= dies)
            for index in range(len(self.order))
        ]

    @cached_property
    def made_at(self) -> dict[str, int]:
        """Value -> the call that makes it."""
        return {name: index for index, node in enumerate(self.order) for name in node.outputs}

    def segment(self, part: PathPart) -> Segment:
        """A part of a path in full."""
        if part.tilings is None:
            return Segment(part.first, part.end, None, part.peak)
        units: list[Unit] = []
        for unit in units_in_step(self.order, part, self.banded):
            if unit.tiles is None:
                self._append(units, unit)
            else:
                units.append(unit)
        stream = stream_of(self.graph, units, self.edges)
        assert stream is not None, "the scan and the stream disagree"
        dying = self.dying(stream, part.end)
        load = int(stream.load(dying).max())
        others = self.alive[part.first] - sum(self.storage.sizes[self.buffer(v)] for v in dying)
        return Segment(part.first, part.end, stream, others + load)

    def path(self, limit: int, chooser: TilingChooser | None = None) -> Path | None:
        """The segments of least cost in cycles found whose live bytes stay within `limit`.

        Estimates decide first; where a stream of the path turns out to be fuller, another path is looked for.
        """
        while True:
            found = self._path(limit, chooser)
            if found is None or limit >= UNLIMITED:
                return found
            peaks = [
                part.peak if part.tilings is None else self.peak(part.first, part.end, part.tilings)
                for part in found.parts
            ]
            if max(peaks, default=0) <= limit:
                parts = zip(found.parts, peaks, strict=True)
                return Path(tuple(replace(part, peak=peak) for part, peak in parts), found.cycles)

    def _path(self, limit: int, chooser: TilingChooser | None) -> Path | None:
        """By the estimates of streams, and what is known of those that were looked into."""
        count = len(self.order)
        best = [0.0] + [math.inf] * count
        back: list[PathPart | None] = [None] * (count + 1)
        for end in range(1, count + 1):
            plain = self.plain_cost(end - 1)
            if plain <= limit and best[end - 1] < best[end]:
                best[end], back[end] = best[end - 1], PathPart(end - 1, end, plain, None)
            for option in self.options.get(end, ()):
                cost = best[option.first] + option.cycles
                if cost >= best[end]:
                    continue
                found = self._within(option, limit, chooser, best[end] - cost)
                if found is not None:
                    best[end], back[end] = cost + found[0], found[1]
        return traced(back, best[count]) if best[count] < math.inf else None

    def _within(
        self, option: Option, limit: int, chooser: TilingChooser | None, most: float
    ) -> tuple[float, PathPart] | None:
        """(further cycles, part) for a stream within `limit`, at less than `most` cycles; or None.

        Where the estimate is a little too high, the stream is looked at in full.
        """
        first, end = option.first, option.end
        looked_into = (first, end, ()) in self._peaks
        if option.peak <= limit and not looked_into:
            return 0.0, PathPart(first, end, option.peak, ())
        above = limit + limit // _DOUBT
        if (option.peak <= above or looked_into) and (peak := self.peak(first, end, ())) <= limit:
            return 0.0, PathPart(first, end, peak, ())
        for target in (limit, above) if chooser is not None else ():
            assert chooser is not None
            tiled = chooser.choose(option, target)
            if tiled is None or tiled[0] >= most:
                continue
            peak = self.peak(first, end, tiled[1])
            if peak <= limit:
                return tiled[0], PathPart(first, end, peak, tiled[1])
        return None

    def peak(self, first: int, end: int, tilings: tuple[Tiling, ...]) -> int:
        """Live bytes of a stream at its fullest moment."""
        key = (first, end, tuple(id(t) for t in tilings))
        if key not in self._peaks:
            self._peaks[key] = self.segment(PathPart(first, end, 0, tilings)).peak
        return self._peaks[key]

    def least(self, chooser: TilingChooser | None = None, known: int | None = None) -> int | None:
        """The smallest limit for which there is a path; None when there is none at all.

        `known`: a limit for which there is one.
        """
        high = known
        if high is None:
            found = self.path(UNLIMITED)
            if found is None:
                return None
            high = found.peak
        low, sure = 0, high
        while low < high:
            middle = (low + high) // 2
            found = self.path(middle, chooser)
            if found is None:
                low = middle + 1
            else:
                sure, high = middle, min(middle, found.peak)
        # Far above a limit only estimates count, so a path may need less than a limit that has none.
        return high if self.path(high, chooser) is not None else sure


def _run_time(graph: Graph, node: Node) -> list[str]:
    return [n for n in (*node.inputs, *node.outputs) if not graph.values[n].is_const]
