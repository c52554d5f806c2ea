"""The reads of weights as the templates see them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from tinycompile.plan.fetch_run import weights_file
from tinycompile.plan.program import Program
from tinycompile.plan.weight_use import weight_use


@dataclass(frozen=True)
class FetchView:
    """The file and the table of reads; rows of initialisers."""

    reads: tuple[str, ...]
    file_bytes: int
    crc32: str
    largest: int


def view(program: Program) -> FetchView | None:
    """None for a Program that fetches nothing."""
    use = weight_use(program).fetch
    if use is None:
        return None
    rows = tuple(f"{{{f.source}u, {f.target}u, {f.size}u}}" for f in program.fetches)
    return FetchView(rows, use.file_bytes, f"0x{zlib.crc32(weights_file(program)):08X}", use.largest)
