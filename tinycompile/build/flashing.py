"""Firmware images for real boards, and writing them with the tool that is installed."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinycompile.build.cache import cached
from tinycompile.build.codes import FLASH_FAILED, NO_FLASH_TOOL, NO_PROBE, OUTSIDE_WEIGHTS, TIME_LIMIT
from tinycompile.build.compilers import Compiler, embedded_compiler
from tinycompile.build.contract import BuildInput
from tinycompile.build.elf import flat_binary, read_elf
from tinycompile.build.firmware import Harness, build_image
from tinycompile.build.process import Completed, run_tool
from tinycompile.errors import Diagnostic, TargetError, ToolchainError
from tinycompile.target import Board, Probe

HOW_TO_GET_PYOCD = "pip install pyocd"
HOW_TO_GET_OPENOCD = "apt-get install --no-install-recommends openocd"
HOW_TO_GET_ST_FLASH = "apt-get install --no-install-recommends stlink-tools"
#: Seconds for writing; pyOCD would wait for a probe for ever.
TIME_LIMIT_S = 120.0

#: How the tools say that they found no probe, or nothing behind it.
_NO_PROBE = re.compile(
    r"no (?:connected|available) debug probes|no target device available|couldn't find any st-link"
    r"|error: open failed|unable to find a matching|no device found|init mode failed|failed to connect",
    re.IGNORECASE,
)
_NO_PACK = re.compile(r"target type \S+ not recognized", re.IGNORECASE)


@dataclass(frozen=True)
class Firmware:
    """An image for a board.

    Attributes:
        elf: the linked file.
        binary: the same as plain bytes, to be written from `address` on.
        address: where the image begins.
        size: bytes of `binary`.
        compiler: name and version.
    """

    elf: Path
    binary: Path
    address: int
    size: int
    compiler: str


@dataclass(frozen=True)
class FlashResult:
    """What was written and by which tool."""

    tool: str
    firmware: Firmware


@dataclass(frozen=True)
class FlashTool:
    """A program that can write a board's flash.

    Attributes:
        name: for people.
        find: the words that start it, or None where it is not installed.
        arguments: the rest of the command for a probe and an image, or None where the tool cannot write
            boards of that kind.
        how_to_get: a command that installs it.
    """

    name: str
    find: Callable[[], tuple[str, ...] | None]
    arguments: Callable[[Probe, Firmware], tuple[str, ...] | None]
    how_to_get: str


def build_firmware(model: BuildInput, board: Board, compiler: Compiler | None = None) -> Firmware:
    """Build an image that runs the model on zeros in a loop and leaves a record in RAM.

    Raises:
        TargetError: weights are outside the chip, which needs start-up code of the application (TC556).
        ToolchainError: no compiler or no pyelftools (TC601), or a build failed (TC602, TC603).
        DoesNotFitError: the image does not fit the board (TC451).
    """
    if model.outside or model.fetches:
        where = ", ".join(model.outside) or "a file that is fetched"
        message = f"{model.name} has weights in {where}, which this firmware cannot reach"
        hint = (
            "link the C files into an application that sets the memory up, or compile with --weights internal"
        )
        raise TargetError(Diagnostic(OUTSIDE_WEIGHTS, message, (model.name,), hint))
    image = build_image(model, board, compiler or embedded_compiler("gcc"), Harness.BOARD)
    address, content = flat_binary(read_elf(image.elf))

    def make(path: Path) -> None:
        path.write_bytes(content)

    binary = cached(f"images/{image.elf.stem}.bin", make)
    return Firmware(image.elf, binary, address, len(content), image.compiler.version)


def flash(
    firmware: Firmware, board: Board, *, tool: str | None = None, time_limit: float = TIME_LIMIT_S
) -> FlashResult:
    """Write an image to a board that is attached to this computer.

    Args:
        firmware: from `build_firmware`.
        board: how its probe is reached.
        tool: `pyocd`, `openocd` or `st-flash`; None takes the first that is installed and suits the board.
        time_limit: seconds.

    Raises:
        TargetError: no tool is installed or suits the board (TC553), no probe answers in time (TC551), or
            writing failed (TC552).
    """
    chosen, command = _choose(board, firmware, tool)
    try:
        done = run_tool(command, timeout=time_limit)
    except ToolchainError as failure:
        if failure.diagnostics[0].code != TIME_LIMIT:
            raise
        message = f"{chosen.name} was stopped because nothing had happened within {time_limit:g} s"
        raise TargetError(Diagnostic(NO_PROBE, message, (board.name,), _PROBE_HINT)) from failure
    said = done.stdout + done.stderr
    # pyOCD and OpenOCD have ended with status 0 after finding no probe.
    if done.returncode != 0 or _NO_PROBE.search(said):
        raise _failure(chosen, board, done, said)
    return FlashResult(chosen.name, firmware)


def find_pyocd() -> tuple[str, ...] | None:
    """pyOCD as a module of this Python, or on the PATH."""
    if importlib.util.find_spec("pyocd") is not None:
        return (sys.executable, "-m", "pyocd")
    return _on_path("pyocd")


def _on_path(name: str) -> tuple[str, ...] | None:
    found = shutil.which(name)
    return (found,) if found else None


def _pyocd(probe: Probe, firmware: Firmware) -> tuple[str, ...] | None:
    if probe.pyocd_target is None:
        return None
    return ("flash", "--no-wait", "--target", probe.pyocd_target, "--format", "elf", str(firmware.elf))


def _openocd(probe: Probe, firmware: Firmware) -> tuple[str, ...] | None:
    if probe.openocd_interface is None or probe.openocd_target is None:
        return None
    program = f"program {{{firmware.elf}}} verify reset exit"
    return ("-f", probe.openocd_interface, "-f", probe.openocd_target, "-c", program)


def _st_flash(probe: Probe, firmware: Firmware) -> tuple[str, ...] | None:
    if not probe.st_flash:
        return None
    return ("--reset", "write", str(firmware.binary), f"0x{firmware.address:08X}")


#: In the order of preference.
TOOLS: tuple[FlashTool, ...] = (
    FlashTool("pyocd", find_pyocd, _pyocd, HOW_TO_GET_PYOCD),
    FlashTool("openocd", lambda: _on_path("openocd"), _openocd, HOW_TO_GET_OPENOCD),
    FlashTool("st-flash", lambda: _on_path("st-flash"), _st_flash, HOW_TO_GET_ST_FLASH),
)

_PROBE_HINT = "check the cable and the access rights, and that no other program holds the probe"


def _choose(board: Board, firmware: Firmware, wanted: str | None) -> tuple[FlashTool, tuple[str, ...]]:
    """The tool to use and its whole command."""
    probe = board.probe
    if probe is None:
        raise TargetError(
            Diagnostic(NO_FLASH_TOOL, f"{board.name} has no probe to write it with", (board.name,))
        )
    suitable = []
    for tool in TOOLS:
        arguments = tool.arguments(probe, firmware)
        if arguments is not None and wanted in (None, tool.name):
            suitable.append(tool)
            start = tool.find()
            if start is not None:
                return tool, (*start, *arguments)
    if suitable:
        names = " or ".join(tool.name for tool in suitable)
        message = f"{names} is needed to write {board.name}, and not installed"
        hint = "; or ".join(tool.how_to_get for tool in suitable)
    else:
        message = f"{wanted or 'no tool that is known here'} cannot write {board.name}"
        hint = f"the firmware is at {firmware.elf}; load it with the vendor's programmer"
    raise TargetError(Diagnostic(NO_FLASH_TOOL, message, (board.name,), hint))


def _failure(tool: FlashTool, board: Board, done: Completed, said: str) -> TargetError:
    probe = board.probe
    if probe is not None and probe.pyocd_pack and _NO_PACK.search(said):
        message = f"pyOCD does not know the chip {probe.pyocd_target} yet"
        hint = f"pyocd pack install {probe.pyocd_target}"
        return TargetError(Diagnostic(FLASH_FAILED, message, (board.name,), hint))
    if _NO_PROBE.search(said):
        message = f"{tool.name} finds no probe with a board behind it:\n{done.last_lines(4)}"
        return TargetError(Diagnostic(NO_PROBE, message, (board.name,), _PROBE_HINT))
    message = f"{tool.name} failed:\n{done.last_lines()}"
    return TargetError(Diagnostic(FLASH_FAILED, message, (board.name,)))
