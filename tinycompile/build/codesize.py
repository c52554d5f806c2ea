"""The size of a model's code on a core, measured in the linked file."""

from __future__ import annotations

from tinycompile.build.compilers import Compiler, embedded_compiler
from tinycompile.build.contract import BuildInput, CodeSize
from tinycompile.build.elf import ElfFile, read_elf
from tinycompile.build.firmware import Harness, build_image
from tinycompile.target import Board

#: What tc_main_size.c defines.
_HARNESS = ("tc_size_entry", "tc_read_row", "tc_read_patch", "tc_take_row")
_COUNTED = (".text", ".rodata", ".tc_weights", ".data", ".bss")


def measure_code(model: BuildInput, board: Board, compiler: Compiler | None = None) -> CodeSize:
    """Link the tree with nothing but a caller of init and run, and read the sizes off the result.

    Kernels, the model's own functions and the compiler's helpers (long division, memcpy) count; harness,
    startup code, vectors, stack and arena do not.

    Args:
        model: the generated tree.
        board: gives core flags and memory map.
        compiler: an embedded compiler; None takes zig, or arm-none-eabi-gcc where zig is missing.

    Raises:
        ToolchainError: no compiler or no pyelftools (TC601), or a build failed (TC602, TC603).
        DoesNotFitError: code or weights overflow the board's flash (TC451).
    """
    chosen = compiler or embedded_compiler()
    elf = read_elf(build_image(model, board, chosen, Harness.SIZE).elf)
    return CodeSize(
        code=elf.sections.get(".text", 0) - _harness_bytes(elf),
        rodata=elf.sections.get(".rodata", 0),
        tables=model.tables,
        weights=elf.sections.get(".tc_weights", 0) - model.tables,
        data=elf.sections.get(".data", 0),
        bss=elf.sections.get(".bss", 0),
        per_symbol=_per_symbol(elf),
        compiler=chosen.version,
    )


def _harness_bytes(elf: ElfFile) -> int:
    return sum(elf.symbols[name].size for name in _HARNESS if name in elf.symbols)


def _per_symbol(elf: ElfFile) -> tuple[tuple[str, int], ...]:
    """Names and sizes, largest first; of several names for one address the shortest."""
    by_address: dict[int, tuple[str, int]] = {}
    for symbol in sorted(elf.symbols.values(), key=lambda s: (len(s.name), s.name)):
        if symbol.section in _COUNTED and symbol.size and symbol.name not in _HARNESS:
            by_address.setdefault(symbol.address, (symbol.name, symbol.size))
    return tuple(sorted(by_address.values(), key=lambda row: (-row[1], row[0])))
