"""Firmware images: the generated tree, a harness, and a linker script made from the board's regions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from tinycompile.build.codes import NO_FIRMWARE
from tinycompile.build.compilers import Compiler, Family
from tinycompile.build.contract import ArenaPart, BuildInput
from tinycompile.build.samples import arena_macros, row_macros, slot_macro
from tinycompile.build.toolchain import Unit, compile_units, defines, link, text_file
from tinycompile.errors import Diagnostic, DoesNotFitError, TargetError
from tinycompile.resources import runtime_dir
from tinycompile.target import Board, Core

#: Unicorn 2.1 leaves the flags wrong when an instruction sets them inside an IT block, behind a store that
#: a hook watches, and behind a conditional store. Builds for emulators therefore have short IT blocks, as far
#: as the compilers heed that, and branches around stores.
_FEW_IT_BLOCKS: dict[Family, tuple[str, ...]] = {
    "gcc": ("-mrestrict-it", "-fno-if-conversion2"),
    "zig": ("-mrestrict-it", "-mllvm", "-ifcvt-limit=0"),
}
#: The object that holds the parts of the arena.
_ARENA = "*-tc_arena.o"


class Harness(StrEnum):
    """What surrounds the model in an image; the value is the C file with its entry."""

    STOPS = "tc_main_stops"  #: stops when the model is ready; for Unicorn
    FILES = "tc_main_files"  #: samples and outputs through semihosting files; for QEMU
    BOARD = "tc_main_board"  #: runs on zeros and leaves a record in RAM; for real boards
    SIZE = "tc_main_size"  #: nothing but the calls; to measure code


@dataclass(frozen=True)
class Image:
    """A linked firmware: the ELF file, the compiler that made it and the stack that was set aside (bytes)."""

    elf: Path
    compiler: Compiler
    stack_bytes: int


def build_image(
    model: BuildInput,
    board: Board,
    compiler: Compiler,
    harness: Harness,
    macros: tuple[str, ...] = (),
    count_steps: bool = False,
) -> Image:
    """Compile and link a firmware image for `board`, code in its default flash, data in its default RAM.

    Parts of the arena lie in the memories that the model was compiled for.

    Args:
        model: the generated tree.
        board: gives core flags and memory map.
        compiler: an embedded compiler.
        harness: what to put around the model.
        macros: further `-D` arguments for the harness.
        count_steps: let the model tell the harness of every step, instead of only marking them.

    Raises:
        TargetError: the board is the host, which takes no firmware (TC554).
        ToolchainError: a source does not compile (TC602) or the image does not link (TC603).
        DoesNotFitError: a memory region is too small (TC451).
    """
    if board.core.is_host:
        raise TargetError(Diagnostic(NO_FIRMWARE, f"'{board.name}' is not a microcontroller", (board.name,)))
    flags = compiler.compile_flags(board.core, model.optimize)
    if harness in (Harness.STOPS, Harness.FILES):
        flags = (*flags, *_FEW_IT_BLOCKS[compiler.family])
    objects = [
        *compile_units(compiler, model_units(model, board.core, compiler, count_steps), flags),
        *compile_units(
            compiler,
            _harness_units(model, harness, (*_enables(board), *macros)),
            compiler.compile_flags(board.core, "ram"),
        ),
    ]
    script = text_file(linker_script(model, board), "firmware.ld")
    # zig does not heed ENTRY() of a linker script.
    entry = "tc_size_entry" if harness is Harness.SIZE else "Reset_Handler"
    options = (*compiler.link_flags(board.core, model.optimize), f"-Wl,-e,{entry}", "-T", str(script))
    try:
        elf = link(compiler, objects, options, ".elf")
    except DoesNotFitError as error:
        found = (replace(d, message=f"{board.name}: {d.message}") for d in error.diagnostics)
        raise DoesNotFitError(found) from error
    return Image(elf, compiler, board.stack_bytes)


def model_units(model: BuildInput, core: Core, compiler: Compiler, count_steps: bool = False) -> list[Unit]:
    """The translation units of the tree, each checked against the core's features."""
    checks = core.toolchain.checks if core.toolchain else ()
    lines = [f'#if !({check})\n#error "the compiler does not see: {check}"\n#endif\n' for check in checks]
    check = text_file("".join(lines), "core_checks.h")
    marks = _firmware_dir() / ("tc_step_counts.h" if count_steps else "tc_step_marks.h")
    main = f"{model.name}.c"  # the one file with steps; kernels may use the macro's name for something else
    return [
        Unit(
            model.directory / source,
            ("-w", *compiler.source_flags(source, model.optimize)),
            (check, marks) if source == main else (check,),
        )
        for source in model.sources
    ]


def linker_script(model: BuildInput, board: Board) -> str:
    """The text of the linker script for a board."""
    memory = "\n".join(
        f"    {region.name} ({'rwx' if region.kind.is_ram else 'rx'}) : "
        f"ORIGIN = 0x{region.address:08X}, LENGTH = 0x{region.size:X}"
        for region in board.regions
    )
    values = {
        "MEMORY": memory,
        "FLASH": board.flash.name,
        "RAM": board.ram.name,
        "STACK_BYTES": str(board.stack_bytes),
        "WEIGHTS": f"*-{model.name}_weights.o",
        "ARENA": _ARENA,
        "PARTS": "\n".join(
            f"    .tc_arena{i} (NOLOAD) : ALIGN(16) {{ {_ARENA}(.bss.tc_arena{i}) }} > {_memory(part, board)}"
            for i, part in enumerate(model.arenas)
        ),
        "OUTSIDE": "\n".join(_outside_section(board, name) for name in model.outside),
    }
    text = (_firmware_dir() / "firmware.ld.in").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _outside_section(board: Board, name: str) -> str:
    """The output section of the constants for one region; on a machine without it, in the default flash."""
    region = board.region(name)
    place = board.flash if region is None or region.kind.is_ram else region
    return f"    .tc_outside_{name} : ALIGN(16) {{ *(.{name}) }} > {place.name}"


def _memory(part: ArenaPart, board: Board) -> str:
    """The region for a part of the arena; the default RAM where a stand-in has no memory of that name."""
    found = board.region(part.memory) if part.memory else None
    if found is not None and found.size < part.nbytes:
        found = None  # an emulated machine in the place of the board, with another memory of that name
    return board.ram.name if found is None or not found.kind.is_ram else found.name


def _enables(board: Board) -> tuple[str, ...]:
    """What start-up code sets so that every memory answers."""
    rows = "".join(f"{{{r.enable[0]}u,{r.enable[1]}u}}," for r in board.regions if r.enable)
    return (f"-DTC_ENABLES={rows}",) if rows else ()


def _harness_units(model: BuildInput, harness: Harness, macros: tuple[str, ...]) -> list[Unit]:
    folder = _firmware_dir()
    shared = (
        *defines(TC_MODEL=model.name),
        *arena_macros(model),
        slot_macro("TC_INPUTS", model, model.inputs),
        slot_macro("TC_OUTPUTS", model, model.outputs),
        *(("-DTC_FETCH",) if model.fetches else ()),
        *row_macros(model),
        *macros,
    )
    header = (model.directory / f"{model.name}.h",)
    units = [Unit(folder / f"{harness.value}.c", shared, header)]
    if harness is Harness.SIZE:
        return units
    units += [Unit(folder / "tc_arena.c", shared, header), Unit(folder / "tc_startup.c", macros)]
    beside = {
        Harness.BOARD: Unit(folder / "tc_caches.c"),
        Harness.FILES: Unit(folder / "tc_step_counter.c", macros),
    }
    return [*units, beside[harness]] if harness in beside else units


def _firmware_dir() -> Path:
    return runtime_dir() / "firmware"
