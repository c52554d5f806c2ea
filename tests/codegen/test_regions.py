"""The C of an arena in several memories: macros, init, and that compilers accept it without a warning."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.boards import resized
from tests.codegen.compilers import check_c, check_cxx, cross, host, needs_arm_gcc, needs_host_cc, run, write
from tests.codegen.networks import images, network
from tests.networks.archs import Arch, Block, arch_model
from tinycompile.build.compilers import find_arm_gcc
from tinycompile.codegen import emit
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.errors import UsageError

_USE = """
#include <stdio.h>
#include "parts.h"
static PARTS_ARENA_DTCM(fast);
static PARTS_ARENA_SRAM4(middle);
static PARTS_ARENA_AXI_SRAM(rest);
int main(void) {
  parts_t net;
  if (parts_init(&net, fast, middle, NULL) != PARTS_NULL_POINTER) return 1;
  if (parts_init(&net, fast, middle + 4, rest) != PARTS_MISALIGNED_ARENA) return 2;
  if (parts_init(&net, fast, middle, rest) != PARTS_OK) return 3;
  if (sizeof net != 3 * sizeof(void *)) return 4;
  return parts_run(&net) == PARTS_OK ? 0 : 5;
}
"""


def _compiled(name: str = "parts") -> Compilation:
    board = resized("nucleo-h743zi2", dtcm="512", sram4="576")
    options = Options(name=name, regions=("dtcm", "sram4", "axi_sram"))
    return compile(network(), board, calibration={"image": images(8)}, options=options)


def _streamed() -> Compilation:
    arch = Arch("mobile", 48, 8, (Block(8, 8, 8, 3, 1), Block(8, 48, 16, 3, 2)), None, 10)
    board = resized("nucleo-h743zi2", dtcm="1K")
    options = Options(name="streamed", regions=("dtcm", "axi_sram"), ram=24000)
    return compile(arch_model(arch), board, options=options)


def _macros(model: Compilation) -> dict[str, str]:
    text = model.tree.files[f"{model.program.name}.h"]
    return dict(re.findall(r"^#define (\w+) (.+)$", text, re.MULTILINE))


def test_macros_describe_the_parts() -> None:
    model = _compiled()
    program, macros = model.program, _macros(model)
    assert [r.name for r in program.regions] == ["dtcm", "sram4", "axi_sram"]
    for region in program.regions:
        assert macros[f"PARTS_ARENA_{region.name.upper()}_BYTES"] == f"{region.size}u"
    assert "PARTS_ARENA_BYTES" not in macros
    ports = [("IN0", program.inputs[0]), ("OUT0", program.outputs[0]), ("OUT1", program.outputs[1])]
    header = model.tree.files["parts.h"]
    for tag, port in ports:
        region = program.region_of(port.offset)
        assert macros[f"PARTS_{tag}_OFFSET"] == f"{port.offset - region.start}u"
        assert f"(net->arena_{region.name} + PARTS_{tag}_OFFSET)" in header
    assert "parts_init(&net, arena_dtcm, arena_sram4, arena_axi_sram);" in header
    assert "dtcm: out of reach of the general-purpose DMA controllers." in header


@needs_host_cc
@pytest.mark.parametrize("make", [_compiled, _streamed])
def test_compiles_as_c_and_cxx(make: object, tmp_path: Path) -> None:
    model = make()  # type: ignore[operator]
    assert len(model.program.regions) > 1
    assert bool(model.program.stages) == (make is _streamed)
    folder = write(model.tree, tmp_path)
    check_c(folder, model.tree.c_files)
    check_cxx(folder, model.tree.c_files)


@needs_arm_gcc
def test_compiles_for_the_board(tmp_path: Path) -> None:
    model = _compiled()
    compiler = find_arm_gcc()
    assert compiler is not None
    assert cross(compiler, "cortex-m7-dp", write(model.tree, tmp_path), model.tree.c_files)


@needs_host_cc
def test_init_checks_every_part(tmp_path: Path) -> None:
    model = _compiled()
    folder = write(model.tree, tmp_path)
    (folder / "use.c").write_text(_USE, encoding="utf-8")
    host("use.c", *model.tree.c_files, "-o", "use", folder=folder)
    run([folder / "use"], folder)


def test_names_of_memories_that_clash() -> None:
    program = _compiled().program
    wrong = [r if r.name != "sram4" else type(r)("align", r.start, r.size) for r in program.regions]
    with pytest.raises(UsageError, match="TC702"):
        emit(replace(program, regions=tuple(wrong)))
