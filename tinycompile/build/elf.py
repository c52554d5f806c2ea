"""Reading ELF files: symbols, sections, loadable bytes and step marks."""

from __future__ import annotations

import functools
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinycompile.build.compilers import missing

#: Marks a symbol of a section that is not in this file, in `Symbol.section`.
NO_SECTION = ""


@dataclass(frozen=True)
class Symbol:
    """A named address; `address` has no Thumb bit, `size` is in bytes."""

    name: str
    address: int
    size: int
    section: str


@dataclass(frozen=True)
class ElfFile:
    """What the builders need of a linked file.

    Attributes:
        entry: the entry address without the Thumb bit.
        symbols: by name; of local symbols with the same name the last one.
        sections: name -> size in bytes, for sections that take memory.
        segments: `(load address, bytes)` of what must be written to memory.
        steps: `(address, step)` of every TC_STEP that survived the optimiser.
        functions: `(file, symbol)` of every function, by address; a function that other files see is taken
            to stand in the file of its name.
    """

    entry: int
    symbols: dict[str, Symbol]
    sections: dict[str, int]
    segments: tuple[tuple[int, bytes], ...]
    steps: tuple[tuple[int, int], ...]
    functions: tuple[tuple[str, Symbol], ...]

    def address(self, name: str) -> int:
        """The address of a symbol that the image is known to have."""
        return self.symbols[name].address

    def ranges(self, files: Collection[str]) -> tuple[tuple[int, int], ...]:
        """The address ranges of the functions of some C files, by address."""
        return tuple((s.address, s.address + s.size) for file, s in self.functions if file in files)


@functools.lru_cache(maxsize=64)
def read_elf(path: Path) -> ElfFile:
    """Read a linked file.

    Raises:
        ToolchainError: pyelftools is not installed (TC601).
    """
    try:
        from elftools.elf.elffile import ELFFile
    except ImportError as failure:
        raise missing("the Python package pyelftools", "pip install pyelftools") from failure
    with path.open("rb") as file:
        elf = ELFFile(file)
        allocated = [s for s in elf.iter_sections() if s["sh_flags"] & 2]
        loads = [s for s in elf.iter_segments() if s["p_type"] == "PT_LOAD" and s["p_filesz"]]
        return ElfFile(
            entry=elf["e_entry"] & ~1,
            symbols=_symbols(elf),
            sections={section.name: section["sh_size"] for section in allocated},
            segments=tuple((segment["p_paddr"], segment.data()) for segment in loads),
            steps=_steps(elf),
            functions=tuple(sorted(_functions(elf), key=lambda found: found[1].address)),
        )


def flat_binary(elf: ElfFile) -> tuple[int, bytes]:
    """The loadable bytes as one block with its address; gaps are filled with 0xFF like erased flash."""
    start = min(address for address, _ in elf.segments)
    end = max(address + len(data) for address, data in elf.segments)
    block = bytearray(b"\xff" * (end - start))
    for address, data in elf.segments:
        block[address - start : address - start + len(data)] = data
    return start, bytes(block)


def _symbols(elf: Any) -> dict[str, Symbol]:
    table = elf.get_section_by_name(".symtab")
    entries = table.iter_symbols() if table is not None else ()
    return {e.name: _symbol(elf, e) for e in entries if e.name and not e.name.startswith("$")}


def _symbol(elf: Any, entry: Any) -> Symbol:
    index = entry["st_shndx"]
    section = elf.get_section(index).name if isinstance(index, int) else NO_SECTION
    is_function = entry["st_info"]["type"] == "STT_FUNC"
    address = entry["st_value"] & ~1 if is_function else entry["st_value"]
    return Symbol(entry.name, address, entry["st_size"], section)


def _functions(elf: Any) -> Iterator[tuple[str, Symbol]]:
    """Local symbols stand behind that of their file."""
    table, file = elf.get_section_by_name(".symtab"), ""
    for entry in table.iter_symbols() if table is not None else ():
        kind, local = entry["st_info"]["type"], entry["st_info"]["bind"] == "STB_LOCAL"
        if kind == "STT_FILE":
            file = entry.name.replace("\\", "/").rsplit("/", 1)[-1]
        elif kind == "STT_FUNC":
            yield file if local else f"{entry.name}.c", _symbol(elf, entry)


def _steps(elf: Any) -> tuple[tuple[int, int], ...]:
    section = elf.get_section_by_name(".tc_steps")
    if section is None:
        return ()
    return tuple((address & ~1, step) for address, step in struct.iter_unpack("<II", section.data()))
