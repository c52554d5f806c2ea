"""The size of kernels' code, each compiled alone."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from tinycompile.build.compilers import Compiler
from tinycompile.build.contract import Optimize
from tinycompile.build.elf import read_elf
from tinycompile.build.toolchain import Unit, compile_units
from tinycompile.codegen.runtime import SYMBOLS, closure, text_of
from tinycompile.target import Core

#: Sections with these beginnings end in flash.
_CODE = (".text", ".rodata")


def kernel_code(symbols: Sequence[str], core: Core, compiler: Compiler, optimize: Optimize) -> dict[str, int]:
    """Bytes of code and read-only tables in the object of each `<symbol>.c`, without the compiler's helpers.

    Raises:
        ToolchainError: a file does not compile (TC602) or pyelftools is missing (TC601).
    """
    sources = [f"{symbol}.c" for symbol in symbols]
    with tempfile.TemporaryDirectory(prefix="tinycompile-") as folder:
        directory = Path(folder)
        for name in (*closure(sources), SYMBOLS):
            (directory / name).write_text(text_of(name), encoding="utf-8")
        units = [Unit(directory / source, ("-w",)) for source in sources]
        objects = compile_units(compiler, units, compiler.compile_flags(core, optimize))
    return {symbol: _code(built) for symbol, built in zip(symbols, objects, strict=True)}


def _code(built: Path) -> int:
    return sum(size for name, size in read_elf(built).sections.items() if name.startswith(_CODE))
