"""The reads of weights as the templates see them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from tinycompile.codegen.regions import Bases
from tinycompile.plan.fetch_run import events, weights_file
from tinycompile.plan.program import Program
from tinycompile.plan.weight_use import weight_use


@dataclass(frozen=True)
class FetchView:
    """The file and the table of reads; rows of initialisers."""

    reads: tuple[str, ...]
    file_bytes: int
    crc32: str
    largest: int


@dataclass(frozen=True)
class Event:
    """Read number `index` is begun, into the C expression `target`; or awaited, where that is None."""

    index: int
    target: str | None = None


def view(program: Program) -> FetchView | None:
    """None for a Program that fetches nothing."""
    use = weight_use(program).fetch
    if use is None:
        return None
    rows = tuple(f"{{{f.source}u, {f.size}u}}" for f in program.fetches)
    return FetchView(rows, use.file_bytes, f"0x{zlib.crc32(weights_file(program)):08X}", use.largest)


def ahead(program: Program, step: int, where: Bases) -> tuple[Event, ...]:
    """What happens ahead of the call at `step`, or of the stage that begins there, in this order."""
    due = events(program, step)
    found = []
    for index, begins in ((due.start, True), (due.ready, False), (due.ahead, True)):
        if index is not None:
            found.append(Event(index, where.at(program.fetches[index].target) if begins else None))
    return tuple(found)
