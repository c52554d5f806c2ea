"""Loading a firmware image through gdb and a remote debug port, and reading what it did."""

from __future__ import annotations

import re
import shutil
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tinycompile.build.codes import FLASH_FAILED, NO_PROBE
from tinycompile.build.compilers import missing
from tinycompile.build.contract import BuildInput, IOSlot
from tinycompile.build.flashing import Firmware
from tinycompile.build.process import run_tool
from tinycompile.errors import Diagnostic, TargetError

HOW_TO_GET = "apt-get install --no-install-recommends gdb-multiarch"
#: Seconds for loading, checking and the first run.
TIME_LIMIT_S = 60.0

#: `tc_record_t` of tc_main_board.c.
_RECORD = struct.Struct("<IiIII")
_MAGIC = 0x32524354
#: How gdb says that the remote end is not there.
_NO_SERVER = re.compile(r"connection (?:refused|timed out)|could not connect|unknown host", re.IGNORECASE)


@dataclass(frozen=True)
class FirstRun:
    """What the firmware left behind after its first run on zeros.

    Attributes:
        outputs: the bytes of each model output; none of one that leaves row by row.
        status: of the model's init or run function; 0 is success.
        cycles: of the core's own cycle counter; 0 where it has none.
        rows_hash: FNV-1a (32 bits) of the output that leaves row by row; 0 where none does.
        sections: how many sections were read back from the target and found equal.
    """

    outputs: list[bytes]
    status: int
    cycles: int
    rows_hash: int
    sections: int


def find_gdb() -> str | None:
    """A gdb for Arm on the PATH."""
    return next((found for found in map(shutil.which, ("gdb-multiarch", "arm-none-eabi-gdb")) if found), None)


def load_with_gdb(
    firmware: Firmware,
    model: BuildInput,
    remote: str,
    *,
    reset: str = "reset halt",
    time_limit: float = TIME_LIMIT_S,
) -> FirstRun:
    """Load an image through a gdb server, compare what arrived, reset, and wait for the first run.

    Args:
        firmware: from `build_firmware`.
        model: the tree that the image was built from.
        remote: `host:port` of OpenOCD, `pyocd gdbserver`, ST-LINK GDB server or QEMU.
        reset: the server's monitor command for a reset: `reset halt`, or `system_reset` for QEMU.
        time_limit: seconds.

    Raises:
        ToolchainError: no gdb (TC601) or the time limit (TC604).
        TargetError: nothing listens at `remote` (TC551); what was loaded differs from the image, or the
            firmware did not come to the end of its first run (TC552).
    """
    gdb = find_gdb()
    if gdb is None:
        raise missing("gdb for Arm (gdb-multiarch)", HOW_TO_GET)
    with tempfile.TemporaryDirectory(prefix="tinycompile-") as name:
        folder = Path(name)
        (folder / "script.gdb").write_text(_script(model, remote, reset), encoding="utf-8")
        command = (gdb, "-nx", "-batch", "-x", "script.gdb", str(firmware.elf))
        done = run_tool(command, timeout=time_limit, cwd=folder)
        said = done.stdout + done.stderr
        if _NO_SERVER.search(said):
            message = f"no gdb server answers at {remote}:\n{done.last_lines(3)}"
            raise TargetError(Diagnostic(NO_PROBE, message, (remote,)))
        record = folder / "record.bin"
        if "MIS-MATCHED" in said or not record.is_file():
            message = f"loading through gdb failed:\n{done.last_lines()}"
            raise TargetError(Diagnostic(FLASH_FAILED, message, (remote,)))
        magic, status, _, cycles, rows_hash = _RECORD.unpack(record.read_bytes())
        if magic != _MAGIC:
            message = f"the firmware did not finish its first run:\n{done.last_lines()}"
            raise TargetError(Diagnostic(FLASH_FAILED, message, (remote,)))
        outputs = [
            b"" if slot.row_bytes else (folder / f"out{i}.bin").read_bytes()
            for i, slot in enumerate(model.outputs)
        ]
        return FirstRun(outputs, status, cycles, rows_hash, said.count(": matched."))


def _address(model: BuildInput, slot: IOSlot, behind: int) -> str:
    """The expression for a byte of a slot in the debugger."""
    part = model.part(slot)
    return f"((char*)&tc_arena{part})+{slot.offset - model.arenas[part].start + behind}"


def _script(model: BuildInput, remote: str, reset: str) -> str:
    dumps = [
        f"dump binary memory out{i}.bin {_address(model, slot, 0)} {_address(model, slot, slot.nbytes)}"
        for i, slot in enumerate(model.outputs)
        if not slot.row_bytes
    ]
    lines = [
        "set confirm off",
        "set pagination off",
        "set tcp auto-retry off",
        f"target extended-remote {remote}",
        "load",
        "compare-sections",
        f"monitor {reset}",
        "maintenance flush register-cache",
        "break tc_ran",
        "continue",
        f"dump binary memory record.bin (char*)&tc_record ((char*)&tc_record)+{_RECORD.size}",
        *dumps,
        "delete",
        "detach",
    ]
    return "\n".join(lines) + "\n"
