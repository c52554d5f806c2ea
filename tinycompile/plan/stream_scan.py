"""How much memory streams need, in closed form: all streams that end at the same call, at once.

What a ring must hold is decided by its readers, so it does not depend on where the stream begins. Going
upwards from the last unit, each further unit adds one ring. Rows are counted at the moments when the last
unit makes a row, and at those when each unit makes its first one, while rings fill for the first time. What
happens in between differs by less than a row of each ring. The planner compares thousands of streams in this
way and looks at those it chooses in full (`rows.occupancy`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinycompile.ir import Graph, Node
from tinycompile.plan.stage_types import STATE_BYTES
from tinycompile.plan.stream import Edges, viewed
from tinycompile.plan.units import Reach, Unit

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Estimate:
    """A stream that begins at some unit.

    Attributes:
        load: most bytes of rings, results, dying sources, scratch and counters at once.
        cycles: estimated, of its units on top of whole tensors'.
        rows: rows that its units make.
        moved: bytes that full rings move.
        sources: the values that it reads from before.
        kept: the results that it leaves behind.
        passing: bytes that are in use only while one of its units runs, which `load` includes.
        extra: the same for each unit, by its result.
    """

    load: int
    cycles: float
    rows: int
    moved: int
    sources: tuple[str, ...]
    kept: tuple[str, ...]
    passing: int
    extra: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class _Made:
    """A unit of the stream, and how many of its rows exist at each moment."""

    unit: Unit
    height: int
    demand: Rows


class Scan:
    """Streams that end with the last of `units`, which must make a value that is read behind it."""

    def __init__(
        self, graph: Graph, edges: Edges, dies: Mapping[str, int], positions: Mapping[Node, int]
    ) -> None:
        """Units make single rows.

        `dies`: value -> the last call that reads it; `positions`: node -> its place in the order.
        """
        self.graph, self.edges, self.dies, self.positions = graph, edges, dies, positions

    def upwards(
        self, units: Sequence[Unit], end: int, settled: dict[str, int]
    ) -> Iterator[tuple[int, Estimate | None]]:
        """(first call, estimate) of ever longer streams; None where the units do not make one.

        `settled` receives the rows that each ring holds most of the time, wherever the stream begins.
        """
        state = _State(self, units, end, settled)
        for unit in reversed(units):
            possible = state.add(unit)
            yield self.positions[unit.nodes[0]], state.estimate() if possible else None


class _State:
    """Moments are the `count` rows of the last unit, then the first rows of all units, last first."""

    def __init__(self, scan: Scan, units: Sequence[Unit], end: int, settled: dict[str, int]) -> None:
        self.scan, self.end, self.last, self.settled = scan, end, units[-1], settled
        self.count, self.firsts = self._height(units[-1].result), len(units)
        self.made: dict[str, _Made] = {}
        self.readers: dict[str, list[tuple[_Made, Reach]]] = {}
        self.load = self._never()
        self.passing = self.rows = self.moved = self.refined = 0
        self.cycles = 0.0
        self.below: dict[str, frozenset[str]] = {}  # result -> itself and all results made of it
        self.extra: dict[str, int] = {}  # result -> bytes in use only while it is made
        self.kept: list[str] = []
        self.broken = False
        self.aside: set[str] = set()
        self.produced: set[str] = set()
        self.shown: set[str] = set()  # the values that sources are views of

    def _height(self, value: str) -> int:
        return self.scan.graph.type(value).shape[1]

    def _row_bytes(self, value: str) -> int:
        type_ = self.scan.graph.type(value)
        return type_.nbytes // type_.shape[1]

    def add(self, unit: Unit) -> bool:
        """Put a unit in front; False when what results is no stream (a longer one may be)."""
        value, height = unit.result, self._height(unit.result)
        row_bytes, size = self._row_bytes(value), self.scan.graph.type(value).nbytes
        if self.count == 1 and self.made and height > 1:
            self._refine(height)
        demand = self._demand(value, height)
        mine = _Made(unit, height, demand)
        if value == self.scan.edges.leaving:
            self.load += row_bytes
        elif self.scan.dies[value] >= self.end:
            self.kept.append(value)
            self.load += np.minimum(demand * row_bytes, size)
        else:
            capacity = self._capacity(value, height)
            settled = self.settled[value] = self._settled(value, capacity)
            self.load += np.where(self._waiting(value), np.minimum(demand, settled) * row_bytes, 0)
            self.moved += max(0, height - capacity) * (capacity - 1) * row_bytes
            passing = min((capacity - settled) * row_bytes, size)
            self._pass(value, passing)
            for reader, _ in self.readers.get(value, []):
                self._pass(reader.unit.result, passing)
        self.made[value] = mine
        readers = (self.below[m.unit.result] for m, _ in self.readers.get(value, []))
        self.below[value] = frozenset((value,)).union(*readers)
        self.produced |= {n for node in unit.nodes for n in node.outputs}
        self.aside |= set(unit.aside)
        for reach in unit.reach:
            self.readers.setdefault(reach.value, []).append((mine, reach))
            shown = viewed(self.scan.graph, reach.value)
            if shown != reach.value:
                self.shown.add(shown)
        self._pass(value, unit.scratch)
        self.rows += height
        self.cycles += unit.extra_cycles
        self.broken |= unit.carries and value in self.kept
        self.broken |= not self.shown.isdisjoint(self.produced)
        loose = self.aside & (self.produced | self.scan.edges.fed)
        return not loose and not self.broken and self._ends_well()

    def _settled(self, value: str, capacity: int) -> int:
        """Rows that a ring holds while units run that neither write nor read it."""
        strides = [reach.stride for _, reach in self.readers.get(value, [])]
        return max(0, capacity - min(strides, default=1))

    def _pass(self, result: str, size: int) -> None:
        """More bytes are in use while `result` is made."""
        self.extra[result] = self.extra.get(result, 0) + size
        self.passing = max(self.passing, self.extra[result])

    def _refine(self, height: int) -> None:
        """Where the last units make a single row at the very end, time is counted in the rows before them."""
        self.count, self.refined = height, len(self.made)
        self.load = np.concatenate((np.full(height, self.load[0], np.int64), self.load[1:]))
        for name, made in self.made.items():
            rows = np.concatenate((np.zeros(height - 1, np.int64), made.demand))
            self.made[name] = replace(made, demand=rows)
        self.readers = {v: [(self.made[m.unit.result], r) for m, r in p] for v, p in self.readers.items()}

    def _ends_well(self) -> bool:
        """Whether something behind the stream wants its last result."""
        first = self.last.result
        return first in self.kept or first == self.scan.edges.leaving

    def _demand(self, value: str, height: int) -> Rows:
        """Rows of the next unit's result at every moment."""
        found = self._never()
        if len(self.made) == self.refined:
            found[: self.count] = np.arange(1, self.count + 1)
        elif value not in self.readers:
            found[: self.count] = height
        for reader, reach in self.readers.get(value, []):
            found = np.maximum(found, _ends(reader.demand - 1, reach, height))
        found[self.count + len(self.made)] = 1
        return found

    def _never(self) -> Rows:
        return np.zeros(self.count + self.firsts, np.int64)

    def _waiting(self, value: str) -> NDArray[np.bool_]:
        """When some reader has not finished (it may finish at that very moment)."""
        found = np.ones(self.count + self.firsts, np.bool_)
        found[1 : self.count] = False
        for reader, _ in self.readers.get(value, []):
            found[1 : self.count] |= reader.demand[: self.count - 1] < reader.height
        return found

    def _capacity(self, value: str, height: int) -> int:
        """Rows that a ring must hold: from the first that a reader waits with to the last one made.

        Time is counted in rows of the first unit in which all readers meet.
        """
        readers = self.readers.get(value, [])
        if not readers:
            return 1
        asked = self._meeting(readers)
        if asked is None:
            return height
        ends = [_ends(asked[m.unit.result] - 1, reach, height) for m, reach in readers]
        high = np.maximum.reduce(ends)
        low = np.full(len(high), height, np.int64)
        last = readers[int(np.argmax([int(end.sum()) for end in ends]))][0]
        behind = self.below[last.unit.result] - {last.unit.result}
        for made, reach in readers:
            rows = asked[made.unit.result]
            # The reader that asks for most is about to make its last row. Those behind it still wait, others
            # are done: operands are asked for in the order of how far they look ahead.
            before = np.concatenate(([0], rows[:-1]))
            waiting = rows - 1 if made is last else before if made.unit.result in behind else rows
            first = np.clip(waiting * reach.stride - reach.pad, 0, height)
            low = np.minimum(low, np.where(waiting < made.height, first, height))
        return max(1, int((high - low).max()))

    def _place(self, made: _Made) -> int:
        return self.scan.positions[made.unit.nodes[-1]]

    def _meeting(self, readers: Sequence[tuple[_Made, Reach]]) -> dict[str, Rows] | None:
        """Rows that exist of each unit's result when the unit in which all readers meet makes row r."""
        places = {made.unit.result: self._place(made) for made in self.made.values()}
        last = max(places[made.unit.result] for made, _ in readers)
        shared = frozenset.intersection(*(self.below[made.unit.result] for made, _ in readers))
        meeting = min((n for n in shared if places[n] >= last), key=places.__getitem__, default=None)
        if meeting is None:
            return None
        between = [n for n in self.made if places[n] < places[meeting] and meeting in self.below[n]]
        ordered = sorted(between, key=places.__getitem__)
        return self._asked(self.made[meeting], [self.made[n] for n in ordered])

    def _asked(self, meeting: _Made, before: Sequence[_Made]) -> dict[str, Rows]:
        """Rows of the results of `before` that exist when `meeting` makes row r, where it asks for any."""
        found = {meeting.unit.result: np.arange(1, meeting.height + 1)}
        for made in reversed(before):
            readers = [(m, r) for m, r in self.readers.get(made.unit.result, []) if m.unit.result in found]
            if readers:
                parts = [_ends(found[m.unit.result] - 1, reach, made.height) for m, reach in readers]
                found[made.unit.result] = np.maximum.reduce(parts)
        return found

    def estimate(self) -> Estimate:
        """The stream of all units so far."""
        sources = tuple(v for v in self.readers if v not in self.made)
        load = self.load + STATE_BYTES * (len(sources) + len(self.made))
        before, passing = 0, self.passing
        moved = self.moved
        for value in sources:
            row_bytes, height = self._row_bytes(value), self._height(value)
            if value in self.scan.edges.fed:
                capacity = self._capacity(value, height)
                settled = self._settled(value, capacity)
                load += settled * row_bytes
                passing = max(passing, (capacity - settled) * row_bytes)
                moved += max(0, height - capacity) * (capacity - 1) * row_bytes
            elif self.scan.dies[value] < self.end:
                load += self.scan.graph.type(value).nbytes - self._dead(value, height) * row_bytes
                before += self.scan.graph.type(value).nbytes
        peak = max(int(load.max()) + passing, before)
        return Estimate(peak, self.cycles, self.rows, moved, sources, tuple(self.kept), passing, self.extra)

    def _dead(self, value: str, height: int) -> Rows:
        """Rows of a source that nothing needs any more when row r of the last unit has been asked for."""
        found = np.full(self.count + self.firsts, height, np.int64)
        for reader, reach in self.readers[value]:
            first = np.clip(reader.demand * reach.stride - reach.pad, 0, height)
            found = np.minimum(found, np.where(reader.demand < reader.height, first, height))
        return found


def _ends(rows: Rows, reach: Reach, height: int) -> Rows:
    """Rows that must exist for rows `rows` of a reader; none where a row is -1."""
    ends = np.clip(rows * reach.stride - reach.pad + reach.extent, 0, height)
    return np.where(rows >= 0, ends, 0)
