"""What object files hold, read with pyelftools."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

_WRITABLE = SH_FLAGS.SHF_WRITE | SH_FLAGS.SHF_ALLOC


def writable_bytes(path: Path) -> int:
    """Bytes of .data, .bss and all other writable sections."""
    with path.open("rb") as stream:
        found = ELFFile(stream).iter_sections()
        return sum(s["sh_size"] for s in found if s["sh_flags"] & _WRITABLE == _WRITABLE)


def public_functions(path: Path) -> list[str]:
    """The global functions that an object defines."""
    return [name for name, kind, defined in _globals(path) if defined and kind == "STT_FUNC"]


def undefined(paths: Iterable[Path]) -> set[str]:
    """The symbols that objects need and none of them defines."""
    symbols = [symbol for path in paths for symbol in _globals(path)]
    return {n for n, _, defined in symbols if not defined} - {n for n, _, defined in symbols if defined}


def _globals(path: Path) -> list[tuple[str, str, bool]]:
    """Name, type and whether it is defined, of all global symbols."""
    with path.open("rb") as stream:
        table = ELFFile(stream).get_section_by_name(".symtab")
        return [
            (s.name, s["st_info"]["type"], s["st_shndx"] != "SHN_UNDEF")
            for s in table.iter_symbols()
            if s.name and s["st_info"]["bind"] != "STB_LOCAL"
        ]
