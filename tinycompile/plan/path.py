"""Paths over the cuts of an order: which calls are one stream, with which tilings, and which are plain."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tinycompile.plan.stream import Stream
from tinycompile.plan.tilings import Tiling


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

    @property
    def paired(self) -> Segment:
        """With rings that may lie in each other; itself where there are none."""
        stream = self.stream and self.stream.paired
        return self if stream is None else replace(self, stream=stream)


@dataclass(frozen=True, eq=False)
class PathPart:
    """Calls [first, end) of a path: one plain call (`tilings` is None), or a stream with these tilings.

    `bands`: of calls that make more than one row at once, how many.
    """

    first: int
    end: int
    peak: int
    tilings: tuple[Tiling, ...] | None
    bands: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Path:
    """The parts from the first call to the last; bytes and cycles as estimated."""

    parts: tuple[PathPart, ...]
    cycles: float

    @property
    def peak(self) -> int:
        """Live bytes at its fullest moment."""
        return max((part.peak for part in self.parts), default=0)

    @property
    def extra_macs(self) -> int:
        """Multiply-accumulates that are executed again."""
        return sum(t.unit.extra_macs for part in self.parts for t in part.tilings or ())


def traced(back: list[PathPart | None], cycles: float) -> Path:
    """The path whose last part is `back[-1]`, each part behind the one that `back` has at its first call."""
    found = []
    end = len(back) - 1
    while end > 0:
        part = back[end]
        assert part is not None
        found.append(part)
        end = part.first
    return Path(tuple(found[::-1]), cycles)
