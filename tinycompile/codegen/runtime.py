"""Which files of the C runtime a set of kernels needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from tinycompile.errors import InternalError
from tinycompile.resources import runtime_dir

_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
SYMBOLS = "tc_symbols.h"


@cache
def text_of(name: str) -> str:
    """The text of a runtime source or header.

    Raises:
        InternalError: the runtime has no such file.
    """
    for folder in (runtime_dir(), runtime_dir() / "include"):
        path = folder / name
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise InternalError(f"the C runtime has no file {name}")


@cache
def _prototypes() -> dict[str, str]:
    """Kernel symbol -> header that declares it."""
    found: dict[str, str] = {}
    for path in sorted((runtime_dir() / "include").glob("*.h")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for match in re.finditer(r"^\w[\w ]*[ *](tc_\w+)\s*\([^;{]*\)\s*;", text, flags=re.MULTILINE):
            found[match.group(1)] = path.name
    return found


def header_of(symbol: str) -> str:
    """The header with the prototype of a kernel.

    Raises:
        InternalError: no header declares it.
    """
    header = _prototypes().get(symbol)
    if header is None:
        raise InternalError(f"no header of the runtime declares {symbol}")
    return header


def closure(names: Iterable[str]) -> tuple[str, ...]:
    """The files and everything they include, sorted, without the generated symbol header."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found or name == SYMBOLS:
            continue
        found.add(name)
        waiting.extend(_INCLUDE.findall(text_of(name)))
    return tuple(sorted(found))


def sources_for(symbols: Iterable[str]) -> tuple[str, ...]:
    """The .c files for these kernels, with those of other public functions that they call."""
    found: set[str] = set()
    waiting = list(symbols)
    while waiting:
        symbol = waiting.pop()
        if symbol in found:
            continue
        found.add(symbol)
        called = set().union(*(_calls(name) for name in closure([f"{symbol}.c"]))) & set(_prototypes())
        waiting.extend(c for c in called if (Path(runtime_dir()) / f"{c}.c").is_file())
    return tuple(sorted(f"{s}.c" for s in found))


@cache
def _calls(name: str) -> frozenset[str]:
    """The runtime functions called in a file; prototypes stand at the start of a line, calls do not."""
    body = re.sub(r"/\*.*?\*/", "", text_of(name), flags=re.DOTALL)
    return frozenset(re.findall(r"^[ \t#].*?\b(tc_\w+)\s*\(", body, flags=re.MULTILINE))


def public_symbols(sources: Iterable[str]) -> tuple[str, ...]:
    """The function names that the sources define, one a file by the rule of the runtime."""
    return tuple(sorted(name.removesuffix(".c") for name in sources))
