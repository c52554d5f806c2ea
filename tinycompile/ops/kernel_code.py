"""How much code a set of kernels is: figures of one core and compiler, to weigh kernels by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from tinycompile.resources import runtime_dir

#: Lines `symbol bytes`, then the other functions of the runtime that the symbol calls, directly or not.
TABLE = "kernel_code.txt"


@dataclass(frozen=True)
class Code:
    """A function of the runtime.

    Attributes:
        size: bytes of code and constant tables on a Cortex-M4F, gcc 12.2.1 at -O2.
        calls: other functions that come with it.
    """

    size: int
    calls: tuple[str, ...]


def parse(text: str) -> dict[str, Code]:
    """The table from its text."""
    rows = (line.split() for line in text.splitlines())
    return {symbol: Code(int(size), tuple(calls)) for symbol, size, *calls in rows}


@cache
def _table() -> Mapping[str, Code]:
    return parse((runtime_dir() / TABLE).read_text(encoding="utf-8"))


def code_bytes(symbols: Iterable[str]) -> int:
    """Bytes of these functions and all that they call, each counted once; 0 for those not in the table."""
    table = _table()
    found = {s for symbol in symbols if symbol in table for s in (symbol, *table[symbol].calls)}
    return sum(table[s].size for s in found)
