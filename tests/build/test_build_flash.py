"""Firmware for boards: the tools' command lines, their failures, and the load path through gdb."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from demo_tree import demo_model, expected

from tinycompile.build import (
    Firmware,
    build_firmware,
    find_arm_gcc,
    find_gdb,
    find_qemu,
    find_zig,
    flash,
    linker_script,
    load_with_gdb,
)
from tinycompile.errors import TargetError
from tinycompile.target import Board, all_boards, load_board

BOARD = load_board("nucleo-f446re")
needs_compiler = pytest.mark.skipif(
    find_zig() is None and find_arm_gcc() is None, reason="no compiler for Arm"
)
needs_qemu_and_gdb = pytest.mark.skipif(
    find_qemu() is None or find_gdb() is None or find_arm_gcc() is None,
    reason="needs qemu-system-arm, gdb-multiarch and arm-none-eabi-gcc",
)


@pytest.fixture
def firmware(tmp_path: Path) -> Firmware:
    return Firmware(tmp_path / "a b.elf", tmp_path / "a b.bin", 0x08000000, 64, "some compiler")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH; pyOCD as a Python module is hidden."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("tinycompile.build.flashing.importlib.util.find_spec", lambda name: None)
    return folder


def fake(folder: Path, name: str, says: str, status: int, wait: str = "") -> Path:
    """A tool that notes its arguments, one a line, says something and ends."""
    notes = folder / f"{name}.arguments"
    script = f'#!/bin/sh\nprintf "%s\\n" "$@" > "{notes}"\n{wait}\necho "{says}" >&2\nexit {status}\n'
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)
    return notes


@needs_compiler
@pytest.mark.parametrize("board", [b for b in all_boards() if not b.core.is_host], ids=lambda b: b.name)
def test_image_starts_with_stack_and_reset(board: Board) -> None:
    image = build_firmware(demo_model(), board)
    words = image.binary.read_bytes()[:8]
    stack, reset = int.from_bytes(words[:4], "little"), int.from_bytes(words[4:], "little")
    assert image.address == board.flash.address
    assert stack == board.ram.address + board.stack_bytes
    assert reset & 1 and board.flash.address < reset < board.flash.end
    assert image.size < 4096


def test_linker_script_has_every_region() -> None:
    board = load_board("stm32f746g-disco")
    script = linker_script(demo_model(), board)
    for region in board.regions:
        assert f"{region.name} (" in script
        assert f"ORIGIN = 0x{region.address:08X}, LENGTH = 0x{region.size:X}" in script
    assert "@" not in script


def test_pyocd_comes_first(tools: Path, firmware: Firmware) -> None:
    fake(tools, "openocd", "", 0)
    notes = fake(tools, "pyocd", "", 0)
    assert flash(firmware, BOARD).tool == "pyocd"
    assert notes.read_text().split("\n")[:4] == ["flash", "--no-wait", "--target", "stm32f446retx"]


def test_openocd_quotes_the_path(tools: Path, firmware: Firmware) -> None:
    notes = fake(tools, "openocd", "", 0)
    assert flash(firmware, BOARD).tool == "openocd"
    assert notes.read_text().split("\n")[1:6:2] == [
        "interface/stlink.cfg",
        "target/stm32f4x.cfg",
        f"program {{{firmware.elf}}} verify reset exit",
    ]


def test_st_flash_writes_the_binary(tools: Path, firmware: Firmware) -> None:
    notes = fake(tools, "st-flash", "", 0)
    assert flash(firmware, BOARD).tool == "st-flash"
    assert notes.read_text().split("\n")[:4] == ["--reset", "write", str(firmware.binary), "0x08000000"]


@pytest.mark.parametrize(
    ("tool", "says", "status"),
    [
        ("pyocd", "0000618 E No target device available [load_cmd]", 1),
        ("pyocd", "No connected debug probes", 0),
        ("openocd", "Error: open failed", 1),
        ("st-flash", "WARN usb.c: Couldn't find any ST-Link devices", 255),
    ],
)
def test_no_probe(tools: Path, firmware: Firmware, tool: str, says: str, status: int) -> None:
    fake(tools, tool, says, status)
    with pytest.raises(TargetError, match=rf"(?s)TC551.*{tool} finds no probe.*check the cable"):
        flash(firmware, BOARD, tool=tool)


def test_tool_that_waits_for_ever_is_stopped(tools: Path, firmware: Firmware) -> None:
    fake(tools, "pyocd", "", 0, wait="while :; do :; done")
    with pytest.raises(TargetError, match=r"TC551.*pyocd was stopped.*within 0\.3 s"):
        flash(firmware, BOARD, time_limit=0.3)


def test_missing_pack_is_named(tools: Path, firmware: Firmware) -> None:
    fake(tools, "pyocd", "Target type stm32f446retx not recognized. Use 'pyocd list --targets'", 1)
    with pytest.raises(TargetError, match=r"(?s)TC552.*hint: pyocd pack install stm32f446retx"):
        flash(firmware, BOARD)


def test_other_failures_show_the_last_lines(tools: Path, firmware: Firmware) -> None:
    fake(tools, "st-flash", "ERROR flash.c: verification failed at 0x08000400", 1)
    with pytest.raises(TargetError, match=r"(?s)TC552.*verification failed at 0x08000400"):
        flash(firmware, BOARD)


@pytest.mark.usefixtures("tools")
def test_no_tool_is_installed(firmware: Firmware) -> None:
    with pytest.raises(TargetError, match=r"(?s)TC553.*pyocd or openocd or st-flash is needed.*pip install"):
        flash(firmware, BOARD)


@pytest.mark.parametrize("board", ["mps2-an386", "stm32n6570-dk"])
def test_boards_that_nothing_can_write(tools: Path, firmware: Firmware, board: str) -> None:
    fake(tools, "pyocd", "", 0)
    with pytest.raises(TargetError, match="TC553"):
        flash(firmware, load_board(board))


@contextmanager
def debug_port(machine: str) -> Iterator[str]:
    """QEMU, stopped ahead of its first instruction, with a gdb server on a free port."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [find_qemu(), "-M", machine, "-nographic", "-monitor", "none", "-serial", "none"]
    command += ["-S", "-gdb", f"tcp:127.0.0.1:{port}"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with closing(socket.socket()) as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.mark.qemu
@needs_qemu_and_gdb
@pytest.mark.parametrize("board", ["netduinoplus2", "mps2-an500", "microbit"])
def test_load_path_through_gdb(board: str) -> None:
    model = demo_model()
    image = build_firmware(model, load_board(board))
    with debug_port(board) as remote:
        run = load_with_gdb(image, model, remote, reset="system_reset")
    assert [run.outputs] == expected([[bytes(16)]])
    assert run.status == 0
    assert run.sections >= 3  # vectors, code, weights


@pytest.mark.qemu
@needs_qemu_and_gdb
def test_image_for_another_memory_map_is_noticed() -> None:
    image = build_firmware(demo_model(), load_board("stm32f746g-disco"))
    with debug_port("mps2-an500") as remote, pytest.raises(TargetError, match="TC552"):
        load_with_gdb(image, demo_model(), remote, reset="system_reset", time_limit=20)


@needs_qemu_and_gdb
def test_nothing_listens() -> None:
    image = build_firmware(demo_model(), BOARD)
    with pytest.raises(TargetError, match=r"TC551.*127\.0\.0\.1:1"):
        load_with_gdb(image, demo_model(), "127.0.0.1:1")
