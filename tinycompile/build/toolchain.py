"""Compiling and linking, with every object kept in the cache."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tinycompile.build.cache import cached, digest
from tinycompile.build.codes import COMPILE_FAILED, LINK_FAILED, REGION_OVERFLOW
from tinycompile.build.compilers import Compiler
from tinycompile.build.process import Completed, run_tool
from tinycompile.errors import Diagnostic, DoesNotFitError, TinyCompileError, ToolchainError

#: Seconds; zig builds its run-time library at the first link for a core, and big weights take a while.
TOOL_TIMEOUT = 600.0

_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)
_OVERFLOW = re.compile(r"(?:region [`'](\w+)' overflowed by|in region '(\w+)': overflowed by) (\d+) bytes")


@dataclass(frozen=True)
class Unit:
    """One source file to compile.

    Attributes:
        source: the C file.
        flags: added to the flags that all units share.
        forced: headers that are included ahead of the source's first line.
    """

    source: Path
    flags: tuple[str, ...] = ()
    forced: tuple[Path, ...] = ()


def compile_units(compiler: Compiler, units: Sequence[Unit], flags: Sequence[str]) -> list[Path]:
    """Compile each unit unless the cache holds it; the objects, in the order of `units`.

    The objects' names end in `-<stem of the source>.o`, which linker scripts may rely on.

    Raises:
        ToolchainError: a unit does not compile (TC602); the message has the compiler's last lines.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return list(pool.map(lambda unit: _compile(compiler, unit, tuple(flags)), units))


def link(compiler: Compiler, objects: Sequence[Path], flags: Sequence[str], suffix: str) -> Path:
    """Link objects into a cached file; `flags` come ahead of the objects.

    Flags that name files must name them by content (files of the cache), because the key is their text.

    Raises:
        ToolchainError: TC603.
        DoesNotFitError: a memory region of the linker script overflows (TC451).
    """
    key = digest(["link", *compiler.command, compiler.version, *flags, *(o.name for o in objects)])

    def make(output: Path) -> None:
        command = [*compiler.command, *flags, *map(str, objects), "-o", str(output)]
        if compiler.family == "gcc":
            command.append("-lm")
        done = run_tool(command, timeout=TOOL_TIMEOUT)
        if done.returncode != 0 or not output.is_file():
            raise _link_error(compiler, done)

    return cached(f"images/{key}{suffix}", make)


def text_file(text: str, name: str) -> Path:
    """A cached file with this content, for headers and linker scripts that are made on the fly."""

    def make(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    return cached(f"texts/{digest([text])}-{name}", make)


def defines(**macros: str) -> tuple[str, ...]:
    """`-D` arguments."""
    return tuple(f"-D{name}={value}" for name, value in macros.items())


def _compile(compiler: Compiler, unit: Unit, flags: tuple[str, ...]) -> Path:
    arguments = (*flags, *unit.flags)
    contents = _closure((*unit.forced, unit.source))
    key = digest([unit.source.name, *compiler.command, compiler.version, *arguments, *contents])

    def make(output: Path) -> None:
        command = [*compiler.command, *arguments]
        for header in unit.forced:
            command += ["-include", str(header)]
        done = run_tool([*command, "-c", str(unit.source), "-o", str(output)], timeout=TOOL_TIMEOUT)
        if done.returncode != 0 or not output.is_file():
            raise ToolchainError(
                Diagnostic(
                    COMPILE_FAILED,
                    f"{compiler.version} failed on {unit.source.name}:\n{done.last_lines()}",
                    (unit.source.name,),
                )
            )

    return cached(f"objects/{key}-{unit.source.stem}.o", make)


def _closure(roots: Iterable[Path]) -> list[bytes]:
    """The contents of the roots and of every file they include from their folders, in order of discovery."""
    queue = list(roots)
    seen: set[Path] = set()
    contents = []
    while queue:
        path = queue.pop(0)
        if path in seen:
            continue
        seen.add(path)
        raw = path.read_bytes()
        contents.append(raw)
        included = (path.parent / name.decode() for name in _INCLUDE.findall(raw))
        queue += [file for file in included if file.is_file()]
    return contents


def _link_error(compiler: Compiler, done: Completed) -> TinyCompileError:
    overflows = {a or b: int(size) for a, b, size in _OVERFLOW.findall(done.stderr)}
    if overflows:
        return DoesNotFitError(
            Diagnostic(
                REGION_OVERFLOW,
                f"memory region {name} is too small by {size} bytes",
                (name,),
                "choose --optimize ram, a smaller model or a larger board",
            )
            for name, size in overflows.items()
        )
    return ToolchainError(
        Diagnostic(
            LINK_FAILED, f"{compiler.version} could not link:\n{done.last_lines()}", (compiler.version,)
        )
    )
