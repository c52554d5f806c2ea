"""Calls C kernels on an emulated core, with the arguments that their `Kernel` gives for a `Site`."""

from __future__ import annotations

import functools
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from harness import GUARD, Case, Invocation, compare, invocation

from tests.codegen.compilers import arm_compiler
from tinycompile.build.compilers import Compiler
from tinycompile.build.elf import read_elf
from tinycompile.codegen.runtime import sources_for
from tinycompile.ops import Kernel
from tinycompile.resources import runtime_dir
from tinycompile.target import CORES

_CODE, _DATA, _STACK, _STOP = 0x08000000, 0x20000000, 0x30000000, 0x08FFFFFC
_SIZE = 1 << 24
_GUARD_BYTE = 0xC3
_LINKER_SCRIPT = """
SECTIONS {
  .text 0x08000000 : { *(.text*) *(.rodata*) }
  /DISCARD/ : { *(.ARM.*) *(.comment) *(.debug*) }
}
"""


def check_emulated(
    kernel: Kernel,
    cases: Sequence[Case],
    compiler: str,
    *,
    in_place: bool = False,
    shared: tuple[int, int] | None = None,
) -> None:
    """Assert that `kernel`, compiled by "gcc" or "zig", gives the bits of `evaluate` on the cases' core.

    `in_place` makes the first in-place pair of the kernel share storage, `shared` the pair (operand, result).
    """
    for case in cases:
        assert kernel.accepts(case.site), f"{kernel.symbol} refuses {case.op} on {case.ins}"
        pair = kernel.in_place(case.site)[0] if in_place else shared
        got = _run(invocation(kernel, case, pair), case.core.name, compiler)
        compare(kernel, case, case.expected(), got)


def _run(what: Invocation, core: str, compiler: str) -> tuple[np.ndarray, ...]:
    import unicorn
    from unicorn import arm_const as arm
    from unicorn import unicorn_const as const

    model = CORES[core].unicorn
    assert model is not None
    uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
    uc.ctl_set_cpu_model(getattr(arm, model.constant))
    uc.mem_map(_CODE, _SIZE, const.UC_PROT_READ | const.UC_PROT_EXEC)
    uc.mem_map(_DATA, _SIZE)
    uc.mem_map(_STACK - 0x10000, 0x10000)
    entry, text = _image(what.symbol, core, compiler)
    uc.mem_write(_CODE, text)
    places, at = [], _DATA
    for content in what.buffers:
        uc.mem_write(at, bytes([_GUARD_BYTE]) * GUARD + content + bytes([_GUARD_BYTE]) * GUARD)
        places.append(at + GUARD)
        at += (len(content) + 2 * GUARD + 15) // 16 * 16
    words = [_word(what, index, places) for index in range(len(what.places))]
    stack = _STACK - 64
    uc.mem_write(stack, b"".join(word.to_bytes(4, "little") for word in words[4:]))
    for index, word in enumerate(words[:4]):
        uc.reg_write(arm.UC_ARM_REG_R0 + index, word)
    uc.reg_write(arm.UC_ARM_REG_SP, stack)
    uc.reg_write(arm.UC_ARM_REG_LR, _STOP | 1)
    uc.emu_start(entry | 1, _STOP, timeout=60_000_000)
    assert uc.reg_read(arm.UC_ARM_REG_PC) == _STOP, f"{what.symbol} did not return"
    assert uc.reg_read(arm.UC_ARM_REG_SP) == stack, f"{what.symbol} lost its stack"
    for place, content in zip(places, what.buffers, strict=True):
        for guard in (place - GUARD, place + len(content)):
            assert set(uc.mem_read(guard, GUARD)) == {_GUARD_BYTE}, f"{what.symbol} wrote beside a buffer"
    return tuple(
        np.frombuffer(bytes(uc.mem_read(places[index], type_.nbytes)), type_.dtype.numpy).reshape(type_.shape)
        for index, type_ in zip(what.results, what.outs, strict=True)
    )


def _word(what: Invocation, index: int, places: Sequence[int]) -> int:
    """The register or stack word of an argument: a pointer, or a 32-bit number."""
    place = what.places[index]
    if place is None:
        return 0
    if what.ctypes_[index]:
        return int.from_bytes(what.buffers[place[0]], "little")
    return places[place[0]] + place[1]


@functools.cache
def _image(symbol: str, core: str, compiler: str) -> tuple[int, bytes]:
    """(address of the function, bytes from the start of the code on)."""
    with tempfile.TemporaryDirectory(prefix="tinycompile-kernels-") as name:
        return _linked(Path(name), arm_compiler(compiler), symbol, core)


def _linked(folder: Path, found: Compiler, symbol: str, core: str) -> tuple[int, bytes]:
    (folder / "kernel.ld").write_text(_LINKER_SCRIPT)
    flags = [*found.compile_flags(CORES[core], "speed"), "-mrestrict-it", f"-I{runtime_dir() / 'include'}"]
    linked, built = folder / "kernel.elf", []
    for name in sources_for([symbol]):
        built.append(str(folder / name.replace(".c", ".o")))
        _tool([*found.command, *flags, "-c", str(runtime_dir() / name), "-o", built[-1]])
    entry = (f"-Wl,-e,{symbol}", f"-Wl,-u,{symbol}", "-T", str(folder / "kernel.ld"))
    _tool([*found.command, *found.link_flags(CORES[core], "speed"), *entry, *built, "-o", str(linked)])
    elf = read_elf(linked)
    return elf.address(symbol) & ~1, _text(linked)


def _text(path: Path) -> bytes:
    from elftools.elf.elffile import ELFFile

    with path.open("rb") as file:
        return bytes(ELFFile(file).get_section_by_name(".text").data())


def _tool(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
