"""The memories of emulated boards, probed by a program that QEMU runs: what the files state is there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tinycompile.target import Board, MemoryRegion, all_boards

GCC = "arm-none-eabi-gcc"
QEMU = "qemu-system-arm"
#: Not in QEMU 7.2 although they are on the board.
ABSENT = {("netduinoplus2", "ccm"), ("netduinoplus2", "backup")}

#: Writes and reads back the first and the last word of a region, then leaves with 0, or with 7 if that fails.
PROBE = """
.syntax unified
.thumb
.section .vectors, "a"
.word {stack}
.word start + 1
.rept 14
.word fault + 1
.endr
.text
.thumb_func
start:
  ldr r2, =0x12345678
  ldr r0, ={first}
  bl touch
  ldr r0, ={last}
  bl touch
  movs r3, #0
  b leave
.thumb_func
touch:
  str r2, [r0]
  dsb
  ldr r1, [r0]
  cmp r1, r2
  bne fault
  bx lr
.thumb_func
fault:
  movs r3, #7
leave:
  ldr r4, =0x20026   @ ADP_Stopped_ApplicationExit
  sub sp, #8
  str r4, [sp]
  str r3, [sp, #4]
  mov r1, sp
  movs r0, #0x20     @ SYS_EXIT_EXTENDED
  bkpt 0xab
"""

CASES = [
    pytest.param(board, region, id=f"{board.name}-{region.name}")
    for board in all_boards()
    if board.emulator and board.emulator.qemu and not board.emulator.qemu.stand_in
    for region in board.regions
    if region.kind.is_ram and (board.name, region.name) not in ABSENT
]

pytestmark = [
    pytest.mark.qemu,
    pytest.mark.skipif(
        not (shutil.which(GCC) and shutil.which(QEMU)), reason=f"{GCC} or {QEMU} is not installed"
    ),
]


@pytest.mark.parametrize(("board", "region"), CASES)
def test_a_region_is_there_from_its_first_to_its_last_word(
    board: Board, region: MemoryRegion, tmp_path: Path
) -> None:
    assert _run(board, region.address, region.end - 4, tmp_path) == 0


def test_the_probe_notices_an_address_without_memory(tmp_path: Path) -> None:
    (board,) = (b for b in all_boards() if b.name == "stm32vldiscovery")
    assert _run(board, board.ram.address, board.ram.end, tmp_path) == 7


def _run(board: Board, first: int, last: int, folder: Path) -> int:
    """The exit code of the probe on the board's machine."""
    assert board.core.toolchain is not None
    assert board.emulator is not None
    assert board.emulator.qemu is not None
    source, image = folder / "probe.S", folder / "probe.elf"
    # The stack must not lie where the probe writes, and a fault pushes a frame of 104 bytes.
    stack = board.ram.address + board.ram.size // 2
    source.write_text(PROBE.format(stack=stack, first=first, last=last), encoding="ascii")
    vectors, text = board.flash.address, board.flash.address + 0x100
    placed = (f"-Wl,--section-start=.vectors={vectors:#x}", f"-Wl,-Ttext={text:#x}", "-Wl,-e,start")
    build = (GCC, "-mthumb", *board.core.toolchain.gcc_flags, "-nostdlib", *placed, source, "-o", image)
    subprocess.run(build, check=True, capture_output=True, timeout=60)
    emulate = (QEMU, "-M", board.emulator.qemu.machine, "-kernel", image, "-nographic", "-monitor", "none")
    semihosting = ("-serial", "none", "-semihosting-config", "enable=on,target=native")
    done = subprocess.run(
        (*emulate, *semihosting), stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60
    )
    return done.returncode
