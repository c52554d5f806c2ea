"""When the reads of a Program happen: the same order for the emitter, the simulator and the validator."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.plan.outside_types import FETCH_ALIGN, Fetch
from tinycompile.plan.program import Program


@dataclass(frozen=True)
class Events:
    """Reads by number, ahead of a call or a stage: `start` is begun, `ready` awaited, then `ahead` begun.

    At most one read is under way at any time.
    """

    start: int | None = None
    ready: int | None = None
    ahead: int | None = None


def events(program: Program, step: int) -> Events:
    """The reads ahead of the call at `step`, or of the stage that begins there."""
    own = next((i for i, f in enumerate(program.fetches) if f.step == step), None)
    ahead = next((i for i, f in enumerate(program.fetches) if f.begin == step < f.step), None)
    start = own if own is not None and not program.fetches[own].overlapped else None
    return Events(start, own, ahead)


def content(program: Program, fetch: Fetch) -> bytes:
    """The bytes of one read, zeros between the constants."""
    found = bytearray(fetch.size)
    for part in fetch.parts:
        array = program.constants[part.name]
        data = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        found[part.offset : part.offset + len(data)] = data
    return bytes(found)


def weights_file(program: Program) -> bytes:
    """The file that the reads of a Program are made from; empty when it has none."""
    found = b"".join(content(program, fetch) for fetch in program.fetches)
    assert len(found) % FETCH_ALIGN == 0
    return found
