"""From the text of a board file to a Board, or to every fault it has."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tinycompile.errors import Diagnostic, TargetError, declare
from tinycompile.target.board import Board, Emulator, MemoryRegion, Probe, QemuMachine, SerialPort
from tinycompile.target.core import Core
from tinycompile.target.cores import CORES
from tinycompile.target.memory import check_regions, read_regions, with_defaults
from tinycompile.target.reader import TableReader

NOT_READABLE = declare(
    "TC502",
    "A board file cannot be read",
    "The file is missing, is not UTF-8 text, or is not TOML. The message says where.",
)
UNKNOWN_CORE = declare(
    "TC506",
    "A board names a core that is not known",
    "The core fixes instruction set, FPU and compiler flags, so it must be one of those that are listed.",
)

_UNREADABLE_HINT = "name a board that `tinycompile boards` lists, or give the path of a board file"
_FASTEST_CLOCK_HZ = 10_000_000_000
_MOST_WAIT_STATES = 15


def read_board(path: Path) -> Board:
    """Read and check one board file.

    Raises:
        TargetError: with one diagnostic for each fault (TC502 to TC512), naming the file and the key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise TargetError(
            Diagnostic(NOT_READABLE, f"{path}: {reason}", (str(path),), _UNREADABLE_HINT)
        ) from error
    return parse_board(text, path)


def parse_board(text: str, path: Path) -> Board:
    """The board in the text of a board file; `path` is where it came from, for its name and for messages.

    Raises:
        TargetError: as `read_board`.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        hint = "write it as docs/boards.md describes"
        raise TargetError(Diagnostic(NOT_READABLE, f"{path}: {error}", (str(path),), hint)) from error
    file, found = path.name, list[Diagnostic]()
    top = TableReader(data, "", file, found)
    board = _read_top(top, text, file, found)
    if not found and board.name != path.stem:
        top.fault("name", f"is '{board.name}' but the file is called '{file}'")
    if found:
        raise TargetError(found)
    return board


def _read_top(top: TableReader, text: str, file: str, found: list[Diagnostic]) -> Board:
    core = _read_core(top, file, found)
    regions = read_regions(top.tables("memory"), file, found)
    probe, machine = _read_probe(top.table("probe")), _read_qemu(top.table("qemu"))
    name, title, mcu = top.text("name"), top.text("title"), top.text("mcu")
    clock_hz = top.integer("clock_hz", 1, _FASTEST_CLOCK_HZ)
    wait_states = top.integer("flash_wait_states", 0, _MOST_WAIT_STATES)
    sources = top.texts("sources", least=1)
    top.finish()
    if not found:
        found += check_regions(regions, file)
    return Board(
        name=name,
        title=title,
        mcu=mcu,
        core=core,
        clock_hz=clock_hz,
        flash_wait_states=wait_states,
        regions=_settled(regions, found),
        probe=probe,
        emulator=Emulator(core.unicorn, machine) if core.unicorn or machine else None,
        sources=sources,
        text=text,
    )


def _settled(regions: list[MemoryRegion], found: list[Diagnostic]) -> tuple[MemoryRegion, ...]:
    return tuple(regions) if found else with_defaults(regions)


def _read_core(top: TableReader, file: str, found: list[Diagnostic]) -> Core:
    name = top.text("core")
    if name in CORES:
        return CORES[name]
    if name:
        hint = f"write one of: {', '.join(CORES)}"
        found.append(Diagnostic(UNKNOWN_CORE, f"{file}: core '{name}' is not known", (file, "core"), hint))
    return CORES["host"]


def _read_probe(table: TableReader | None) -> Probe | None:
    if table is None:
        return None
    probe = Probe(
        interface=table.text("interface"),
        on_board=table.flag("on_board", True),
        pyocd_target=table.optional_text("pyocd_target"),
        pyocd_pack=table.flag("pyocd_pack"),
        openocd_interface=table.optional_text("openocd_interface"),
        openocd_target=table.optional_text("openocd_target"),
        st_flash=table.flag("st_flash"),
        serial=_read_serial(table.table("serial")),
    )
    table.finish()
    return probe


def _read_serial(table: TableReader | None) -> SerialPort | None:
    if table is None:
        return None
    port = SerialPort(table.text("peripheral"), table.text("tx"), table.text("rx"))
    table.finish()
    return port


def _read_qemu(table: TableReader | None) -> QemuMachine | None:
    if table is None:
        return None
    machine = QemuMachine(table.text("machine"), table.flag("stand_in"))
    table.finish()
    return machine
