"""Where the constants of a Program are: the figures that are reported and checked, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinycompile.plan.constants_ram import copied_bytes
from tinycompile.plan.program import Program


@dataclass(frozen=True)
class FetchUse:
    """The reads of one execution.

    Attributes:
        file_bytes: size of the weights file, all of which is read once.
        reads: number of reads.
        largest: bytes of the largest one.
        overlapped: reads that are under way while calls run.
        staging: bytes of arena that reads take at the fullest moment.
    """

    file_bytes: int
    reads: int
    largest: int
    overlapped: int
    staging: int


@dataclass(frozen=True)
class WeightUse:
    """Bytes of constants by place.

    Attributes:
        internal: in the default flash.
        tables: of those in the default flash, what is neither a weight nor a quantisation parameter.
        mapped: by memory region beside the default flash.
        copied: of those in the default flash, what start-up code copies into RAM; padding included.
        fetch: None where nothing is fetched.
    """

    internal: int
    mapped: Mapping[str, int]
    fetch: FetchUse | None
    copied: int = 0
    tables: int = 0

    @property
    def weights(self) -> int:
        """Weights, biases and quantisation parameters in the default flash."""
        return self.internal - self.tables

    @property
    def in_flash(self) -> dict[str, int]:
        """Bytes in the default flash by what they are."""
        return {"weights": self.weights, "tables": self.tables}

    @property
    def total(self) -> int:
        """All of them."""
        return self.internal + sum(self.mapped.values()) + (self.fetch.file_bytes if self.fetch else 0)


def weight_use(program: Program) -> WeightUse:
    """The figures of a Program."""
    mapped: dict[str, int] = {}
    for place in program.placed:
        if place.copied:
            continue
        mapped[place.region] = mapped.get(place.region, 0) + program.constants[place.name].nbytes
    internal = program.constant_bytes - sum(mapped.values())
    elsewhere = {place.name for place in program.placed if not place.copied}
    tables = sum(program.constants[n].nbytes for n in program.tables if n not in elsewhere)
    return WeightUse(internal, mapped, _fetch_use(program), copied_bytes(program), tables)


def _fetch_use(program: Program) -> FetchUse | None:
    if not program.fetches:
        return None
    ends = {f.step: _end(program, f.step) for f in program.fetches}
    live = [
        sum(f.size for f in program.fetches if f.begin <= step < ends[f.step])
        for step in range(len(program.calls))
    ]
    sizes = [f.size for f in program.fetches]
    overlapped = sum(f.overlapped for f in program.fetches)
    return FetchUse(sum(sizes), len(sizes), max(sizes), overlapped, max(live))


def _end(program: Program, step: int) -> int:
    stage = program.stage_at.get(step)
    return step + 1 if stage is None else stage.last + 1
