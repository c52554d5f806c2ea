"""Rows that are made several at once, where the budget has room for the longer rings.

A stream makes single rows, because that needs the least memory. What a call prepares, windows that
neighbouring rows share, pixels that fill no tile of a kernel and the driver then count for every row. Bands
of rows spread that: the unit that gains most is doubled first, as long as the fullest moment of its stream
stays within the budget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tinycompile.plan.path import Path, PathPart
from tinycompile.plan.stage_cycles import driven, row_cycles
from tinycompile.plan.stages import StagePlanner
from tinycompile.plan.stream import Stream
from tinycompile.plan.units import Unit

#: Rows that are made at once, at most.
_MOST = 16
#: Cycles that a band must save to be looked at, as a share of those of its stream.
_LEAST_GAIN = 0.0002


@dataclass(frozen=True, eq=False)
class _Move:
    """A unit (by its calls) with twice the rows, and the cycles that it saves."""

    part: int
    calls: tuple[int, ...]
    band: int
    gain: float


def widened(planner: StagePlanner, path: Path, limit: int, fits: Callable[[Path], bool]) -> Path | None:
    """The path with as many bands as fit; None where none does.

    Args:
        limit: bytes that no moment may go beyond.
        fits: whether all of a path can be packed within the budget.
    """
    streams = [index for index, part in enumerate(path.parts) if part.tilings is not None]
    groups = [list(_Widening(planner, path.parts[index], index, limit).moves()) for index in streams]
    found: Path | None = None
    taken: list[_Move] = []
    for moves in sorted(groups, key=lambda group: -sum(move.gain for move in group)):
        count = len(moves)
        while count:
            trial = _with(planner, path, [*taken, *moves[:count]])
            if fits(trial):
                taken, found = [*taken, *moves[:count]], trial
                break
            count = count // 2 if count > 3 else count - 1
    return found


def _with(planner: StagePlanner, path: Path, moves: Sequence[_Move]) -> Path:
    parts = list(path.parts)
    for move in moves:
        parts[move.part] = _banded(parts[move.part], move)
    saved = 0.0
    for index in sorted({move.part for move in moves}):
        before, after = planner.segment(path.parts[index]), planner.segment(parts[index])
        assert before.stream is not None and after.stream is not None
        saved += _cycles(before.stream) - _cycles(after.stream)
        parts[index] = replace(parts[index], peak=after.peak)
    return Path(tuple(parts), path.cycles - saved)


def _banded(part: PathPart, move: _Move) -> PathPart:
    bands = {**dict(part.bands), **dict.fromkeys(move.calls, move.band)}
    return replace(part, bands=tuple(sorted(bands.items())))


def _cycles(stream: Stream) -> float:
    """Estimated cycles of kernels and driver."""
    kernels = sum(sum(unit.cycles.values()) for unit in stream.units)
    return kernels + driven(stream.links, stream.occupancy.capacity, stream.row_bytes).cycles


class _Widening:
    def __init__(self, planner: StagePlanner, part: PathPart, index: int, limit: int) -> None:
        self.planner, self.part, self.index, self.limit = planner, part, index, limit
        self._stuck: set[tuple[int, ...]] = set()

    def moves(self) -> Iterator[_Move]:
        """The best first; each fits behind those before it."""
        stream = self._stream
        least = _LEAST_GAIN * _cycles(stream)
        while (move := self._next(stream, least)) is not None:
            yield move
            stream = self._stream

    @property
    def _stream(self) -> Stream:
        stream = self.planner.segment(self.part).stream
        assert stream is not None
        return stream

    def _next(self, stream: Stream, least: float) -> _Move | None:
        """The best move that fits, which is made."""
        able = [move for unit in stream.units if (move := self._move(unit, stream)) is not None]
        for move in sorted(able, key=lambda m: -m.gain):
            if move.gain < least:
                return None
            wider = _banded(self.part, move)
            if self.planner.segment(wider).peak <= self.limit:
                self.part = wider
                return move
            self._stuck.add(move.calls)
        return None

    def _move(self, unit: Unit, stream: Stream) -> _Move | None:
        """Twice the rows for a unit; None where it cannot have them."""
        planner = self.planner
        calls = tuple(planner.positions[node] for node in unit.nodes)
        leaves = unit.result == planner.edges.leaving
        if unit.tiles is not None or unit.carries or leaves or calls in self._stuck:
            return None
        rows, band = planner.graph.type(unit.result).shape[1], 2 * unit.band
        made = [planner.banded(node, band) for node in unit.nodes]
        spent = [found.cycles.get(found.nodes[0]) for found in made if found is not None]
        if band > min(_MOST, rows) or len(spent) < len(calls) or None in spent:
            return None
        kernels = sum(unit.cycles.values()) - sum(cycles for cycles in spent if cycles is not None)
        driver = row_cycles(-(-rows // unit.band), len(unit.reach)) / 2
        return _Move(self.index, calls, band, kernels + driver)
