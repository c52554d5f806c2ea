"""Images that are read patch by patch: on the host, emulated cores and QEMU, and what goes wrong."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pytest
from image_net import SHAPE, STOPPED, compile_kind, needs_arm, needs_host, raw_samples, run_program, tree

from tests.codegen.compilers import check_c, check_cxx, needs_host_cc, write
from tinycompile.artifact import load
from tinycompile.build import (
    find_arm_gcc,
    find_qemu,
    measure_code,
    run_on_emulator,
)
from tinycompile.build.host import HostModel
from tinycompile.compiler import Compilation, Options
from tinycompile.errors import UsageError, VerificationError
from tinycompile.execution import Place, execute
from tinycompile.plan.rules import Edge, StageKind
from tinycompile.plan.stage_run import Arrive, stage_steps
from tinycompile.samples import random_samples
from tinycompile.sim.reference import evaluate

Array = npt.NDArray[Any]
#: Grids with and without repeated tiles, and more columns than rows.
GRIDS = ((1, 1), (2, 3), (4, 4))


@cache
def compiled(kind: str, grid: tuple[int, int], place: Edge = Edge.PATCHES) -> Compilation:
    options = Options(name="net", input=place, stages=StageKind.PATCH, patches=grid, split=5)
    return compile_kind(kind, options)


def _exact(kind: str, grid: tuple[int, int], place: Place, folder: Path, **keywords: bool) -> None:
    found = compiled(kind, grid)
    (port,), (out,) = found.program.inputs, found.program.outputs
    samples = random_samples(found.program.inputs, 3)
    result, outputs = execute(load(found.save(folder / "net")), place, samples, **keywords)
    for index, image in enumerate(samples["image"]):
        want = evaluate(found.graph, {"image": port.from_source(image[None])[0]})[out.name]
        assert outputs[out.name][index].tobytes() == out.to_source(want[None])[0].tobytes(), (place, index)
    assert 0 < (result.arena_high_water or 0) <= found.program.arena or place == "qemu"
    if place == "emulator":
        assert result.out_of_plan_accesses == 0, result.out_of_plan_examples
        assert result.uninitialised_reads == 0


@needs_host
@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_on_the_host(kind: str, grid: tuple[int, int], tmp_path: Path) -> None:
    _exact(kind, grid, "host", tmp_path)
    _exact(kind, grid, "host", tmp_path, sanitize=True)


@needs_arm
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_on_the_emulator(kind: str, tmp_path: Path) -> None:
    _exact(kind, (2, 3), "emulator", tmp_path)


@pytest.mark.qemu
@pytest.mark.skipif(find_arm_gcc() is None or find_qemu() is None, reason="needs arm gcc and QEMU")
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_on_qemu(kind: str, tmp_path: Path) -> None:
    _exact(kind, (4, 4), "qemu", tmp_path)


@pytest.mark.parametrize("grid", GRIDS)
def test_the_image_takes_no_place(grid: tuple[int, int]) -> None:
    """Each patch arrives once in its buffer; the arena needs none of the ring that rows would need."""
    program, rows = compiled("int8", grid).program, compiled("int8", grid, Edge.ROWS).program
    (stage,) = program.stages
    arrived = [step for step in stage_steps(program, stage) if isinstance(step, Arrive)]
    (op,) = stage.ops
    assert op.tiles is not None
    assert len(arrived) == op.tiles.bands.count * op.tiles.columns.count
    assert 3 * len(arrived) >= 2 * grid[0] * grid[1]
    assert program.inputs[0].patches and not rows.inputs[0].patches
    ring = rows.stages[0].rings[0]
    assert stage.rings[0].capacity == 0 < ring.capacity
    assert program.arena <= rows.arena - ring.capacity * ring.row_bytes + 16
    assert program.recomputed_macs == rows.recomputed_macs


@needs_host
def test_a_callback_that_fails_ends_the_run_and_no_other(tmp_path: Path) -> None:
    found = compiled("int8", (2, 3))
    first, second = raw_samples(found, random_samples(found.program.inputs, 2))
    model = HostModel(tree(found, tmp_path))
    model.start(0xA5)
    wanted = [model.run(first), model.run(second)]
    assert wanted[0] != wanted[1]
    for patch in (0, 1, 5):
        with pytest.raises(VerificationError, match=rf"TC955.*returned {STOPPED}"):
            model.run(first, refuse_read=patch)
        assert [model.run(first), model.run(second)] == wanted


@needs_arm
@pytest.mark.parametrize("python_hooks", [False, True])
def test_the_hooks_see_patches_come(python_hooks: bool, tmp_path: Path) -> None:
    """Where no step may touch anything, the arrival of the first patch is reported first."""
    found = compiled("int8", (2, 3))
    step = next(s for s in stage_steps(found.program, found.program.stages[0]) if isinstance(s, Arrive))
    model = replace(tree(found, tmp_path), live=tuple(() for _ in found.program.calls))
    raw = raw_samples(found, random_samples(found.program.inputs, 1))
    result = run_on_emulator(model, found.board, raw, python_hooks=python_hooks)
    operand = step.part.operand
    arrival = f"writes {operand.type.nbytes} bytes at arena offset {operand.offset}"
    assert result.out_of_plan_examples[0].endswith(arrival)


@needs_arm
def test_a_patch_that_leaves_the_image_is_refused(tmp_path: Path) -> None:
    found = compiled("int8", (2, 3))
    model = tree(found, tmp_path)
    small = replace(model.inputs[0], nbytes=model.inputs[0].nbytes - 3 * model.inputs[0].row_bytes)
    raw = [[raw_samples(found, random_samples(found.program.inputs, 1))[0][0][: small.nbytes]]]
    with pytest.raises(VerificationError, match=rf"TC955.*returned {STOPPED}"):
        run_on_emulator(replace(model, inputs=(small,)), found.board, raw)


@needs_host
def test_callbacks_that_were_never_set_are_refused(tmp_path: Path) -> None:
    found = compiled("int8", (2, 3))
    run_program(found, _NO_CALLBACK, tmp_path)


_NO_CALLBACK = """
#include "net.h"
static NET_ARENA(arena);
int main(void) {
  net_t net;
  if (net_init(&net, arena) != NET_OK) return 2;
  if (net_run(&net) != NET_NULL_POINTER) return 3;
  if (net_set_reader(&net, NULL, NULL) != NET_NULL_POINTER) return 4;
  return net_input(&net, 0) != NULL || net_output(&net, 0) == NULL;
}
"""


@needs_host_cc
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_c99_and_cxx_without_a_warning(kind: str, tmp_path: Path) -> None:
    found = compiled(kind, (4, 4))
    write(found.tree, tmp_path)
    check_c(tmp_path, found.tree.c_files)
    check_cxx(tmp_path, found.tree.c_files)
    text = found.tree.files["net.h"]
    assert f"#define NET_IN0_PIXEL_BYTES {SHAPE[1] * (4 if kind == 'float32' else 1)}u\n" in text
    assert "IN0_OFFSET" not in text and "feed_row" not in text and "MORE_ROWS" not in text


@needs_arm
def test_code_is_measured_without_the_harness(tmp_path: Path) -> None:
    found = measure_code(tree(compiled("int8", (4, 4)), tmp_path), compiled("int8", (4, 4)).board)
    names = {name for name, _ in found.per_symbol}
    assert "net_tc_patches" in names and "tc_read_patch" not in names
    assert not {"net_tc_stream", "net_tc_tiles"} & names


@pytest.mark.parametrize("stages", [StageKind.AUTO, StageKind.STREAM, StageKind.WHOLE])
def test_other_stages_ask_for_no_patches(stages: StageKind) -> None:
    with pytest.raises(UsageError, match=r"TC709.*--input patches needs a stage of patches"):
        _ = Options(name="net", input=Edge.PATCHES, stages=stages).rules


def test_results_do_not_leave_in_patches() -> None:
    with pytest.raises(UsageError, match=r"TC709.*--output patches is not possible"):
        _ = Options(name="net", output=Edge.PATCHES).rules
