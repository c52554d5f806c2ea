"""Images that come and go row by row: run with callbacks and pushed, on the host, emulated cores and QEMU."""

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
    RunResult,
    find_arm_gcc,
    find_qemu,
    measure_code,
    run_on_emulator,
    run_on_host,
)
from tinycompile.build.host import HostModel, Push
from tinycompile.compiler import Compilation, Options
from tinycompile.errors import DoesNotFitError, VerificationError
from tinycompile.execution import Place, execute
from tinycompile.plan.rules import Edge
from tinycompile.samples import random_samples
from tinycompile.sim.reference import evaluate

Array = npt.NDArray[Any]
EDGES = {
    "in": (Edge.ROWS, Edge.RAM),
    "out": (Edge.RAM, Edge.ROWS),
    "both": (Edge.ROWS, Edge.ROWS),
}


@cache
def compiled(kind: str, edges: str, ram: int | None = None) -> Compilation:
    given, taken = EDGES[edges]
    return compile_kind(kind, Options(name="net", ram=ram, input=given, output=taken))


@cache
def whole(kind: str) -> Compilation:
    return compile_kind(kind, Options(name="net"))


def _samples(kind: str, count: int) -> dict[str, Array]:
    return random_samples(whole(kind).program.inputs, count)


def _expected(kind: str, samples: dict[str, Array]) -> list[Array]:
    """By the graph that no planner has seen."""
    (name,) = (port.name for port in whole(kind).program.outputs)
    return [evaluate(whole(kind).graph, {"image": image})[name] for image in samples["image"]]


def _exact(kind: str, compilation: Compilation, place: Place, folder: Path, **keywords: bool) -> RunResult:
    samples = _samples(kind, 3)
    artifact = load(compilation.save(folder / "net"))
    result, outputs = execute(artifact, place, samples, **keywords)
    (found,) = outputs.values()
    for index, want in enumerate(_expected(kind, samples)):
        assert found[index].tobytes() == want.tobytes(), (place, index)
    assert 0 < (result.arena_high_water or 0) <= compilation.program.arena
    return result


@needs_host
@pytest.mark.parametrize("edges", EDGES)
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_on_the_host(kind: str, edges: str, tmp_path: Path) -> None:
    """Inputs in rows are also pushed, in every way: by `run_on_host`, and by the sanitised program."""
    found = compiled(kind, edges)
    assert found.program.inputs[0].rows == (edges != "out")
    assert found.program.outputs[0].rows == (edges != "in")
    _exact(kind, found, "host", tmp_path)
    _exact(kind, found, "host", tmp_path, sanitize=True)


@needs_host
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_within_the_least_budget(kind: str, tmp_path: Path) -> None:
    """Rings through all of the network, so that rows arrive and leave in turn."""
    with pytest.raises(DoesNotFitError) as caught:
        compiled(kind, "both", 16)
    found = compiled(kind, "both", int(caught.value.diagnostics[0].hint.split()[-1]))
    assert len(found.program.stages) == 1
    assert found.program.arena < min(p.type.nbytes for p in found.program.inputs)
    _exact(kind, found, "host", tmp_path, sanitize=True)
    result = _exact(kind, found, "emulator", tmp_path)
    assert result.out_of_plan_accesses == 0, result.out_of_plan_examples
    assert result.uninitialised_reads == 0


@needs_arm
@pytest.mark.parametrize("edges", EDGES)
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_on_the_emulator(kind: str, edges: str, tmp_path: Path) -> None:
    result = _exact(kind, compiled(kind, edges), "emulator", tmp_path)
    assert result.out_of_plan_accesses == 0, result.out_of_plan_examples
    assert result.uninitialised_reads == 0
    program = compiled(kind, edges).program
    assert len(result.per_step_instructions) == len(program.calls) + len(program.stages)
    assert sum(result.per_step_instructions) == result.instructions
    assert all(result.per_step_instructions)


@pytest.mark.qemu
@pytest.mark.skipif(find_arm_gcc() is None or find_qemu() is None, reason="needs arm gcc and QEMU")
@pytest.mark.parametrize("edges", EDGES)
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_on_qemu(kind: str, edges: str, tmp_path: Path) -> None:
    assert _exact(kind, compiled(kind, edges), "qemu", tmp_path).instructions


@needs_arm
@pytest.mark.parametrize("python_hooks", [False, True])
def test_the_hooks_see_rows_come_and_go(python_hooks: bool, tmp_path: Path) -> None:
    """The place of the first row is not planned: the arrival is the first thing that is reported."""
    found = compiled("int8", "both")
    model, (slot, *_) = tree(found, tmp_path), found.program.inputs
    elsewhere = ((0, slot.offset), (slot.offset + slot.row_bytes, found.program.arena))
    model = replace(model, live=tuple(elsewhere for _ in found.program.calls))
    raw = raw_samples(found, _samples("int8", 1))
    result = run_on_emulator(model, found.board, raw, python_hooks=python_hooks)
    arrival = f"writes {slot.row_bytes} bytes at arena offset {slot.offset}"
    assert result.out_of_plan_examples[0].endswith(arrival)
    assert result.uninitialised_reads == 0


@needs_arm
def test_a_row_that_never_arrived_is_noticed(tmp_path: Path) -> None:
    """A ring whose last byte was not given is read all the same."""
    found = compiled("int8", "in")
    model = tree(found, tmp_path)
    short = replace(model.inputs[0], row_bytes=model.inputs[0].row_bytes - 1)
    result = run_on_emulator(
        replace(model, inputs=(short,)), found.board, raw_samples(found, _samples("int8", 1))
    )
    assert result.uninitialised_reads


@needs_host
@pytest.mark.parametrize("edges", ["in", "both"])
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_a_callback_that_fails_ends_the_run_and_no_other(kind: str, edges: str, tmp_path: Path) -> None:
    found = compiled(kind, edges)
    samples = _samples(kind, 2)
    (first, second), (port,) = raw_samples(found, samples), found.program.outputs
    model = HostModel(tree(found, tmp_path))
    model.start(0xA5)
    wanted = [port.from_source(want[None])[0].tobytes() for want in _expected(kind, samples)]
    stops: list[dict[str, int]] = [{"refuse_read": row} for row in (0, 1, 7)]
    if edges == "both":
        stops += [{"refuse_taken": row} for row in (0, 2)]
    for ways in ((None, None), (Push.GIVEN, None), (None, Push.IN_PLACE), (Push.IN_PLACE, Push.GIVEN)):
        for stop in stops:
            if "refuse_read" in stop and ways[0] is not None:
                continue  # pushed rows are not asked for
            with pytest.raises(VerificationError, match=rf"TC955.*returned {STOPPED}"):
                model.run(first, ways[0], **stop)
            assert model.run(second, ways[1]) == [wanted[1]]
            assert model.run(first, ways[1]) == [wanted[0]]


@needs_host
def test_rows_that_are_not_needed_are_not_looked_at(tmp_path: Path) -> None:
    """The last row reaches no result but is counted: MORE_ROWS is returned for all rows but that one."""
    found = compiled("int8", "in")
    samples = _samples("int8", 1)
    other = {"image": samples["image"].copy()}
    other["image"][..., -1, :] ^= 0x55
    model = HostModel(tree(found, tmp_path))
    model.start(0xA5)
    for push in (None, *Push):  # a status other than MORE_ROWS before the last row is an error of the harness
        assert model.run(raw_samples(found, samples)[0], push) == model.run(
            raw_samples(found, other)[0], push
        )


@needs_host
def test_pushed_rows_that_give_another_result_are_noticed(tmp_path: Path) -> None:
    found = compiled("int8", "in")
    model = tree(found, tmp_path)
    main = model.directory / "net.c"
    text = main.read_text(encoding="utf-8")
    assert text.count("TC_MEMCPY(slot, row, NET_IN0_ROW_BYTES)") == 1
    main.write_text(text.replace("(slot, row, NET", "(slot, row, NET_IN0_ROW_BYTES - NET"), encoding="utf-8")
    raw = raw_samples(found, _samples("int8", 1))
    with pytest.raises(VerificationError, match=r"TC956.*pushed \(given\)"):
        run_on_host(model, raw)
    with pytest.raises(VerificationError, match=r"(?s)TC954.*pushed give another result"):
        run_on_host(model, raw, sanitize=True)


@needs_host
def test_callbacks_that_were_never_set_are_refused(tmp_path: Path) -> None:
    found = compiled("int8", "both")
    run_program(found, _NO_CALLBACKS, tmp_path)


_NO_CALLBACKS = """
#include "net.h"
static NET_ARENA(arena);
static int read_row(void *context, int32_t row, void *data) {
  (void)context, (void)row, (void)data;
  return 0;
}
int main(void) {
  net_t net;
  int status, rows = 0;
  if (net_next_row(NULL) != NULL || net_feed_row(NULL, arena) != NET_NULL_POINTER) return 1;
  if (net_init(&net, arena) != NET_OK) return 2;
  if (net_run(&net) != NET_NULL_POINTER) return 3;
  if (net_set_reader(&net, NULL, NULL) != NET_NULL_POINTER) return 4;
  if (net_set_taker(&net, NULL, NULL) != NET_NULL_POINTER) return 5;
  if (net_set_reader(&net, read_row, NULL) != NET_OK) return 6;
  if (net_run(&net) != NET_NULL_POINTER) return 7;
  do {
    status = net_feed_row(&net, NULL);
  } while (status == NET_MORE_ROWS && ++rows < NET_IN0_ROWS);
  if (status != NET_NULL_POINTER) return 8;
  return net_input(&net, 0) != NULL || net_output(&net, 0) != NULL;
}
"""


@needs_host_cc
@pytest.mark.parametrize("edges", EDGES)
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_c99_and_cxx_without_a_warning(kind: str, edges: str, tmp_path: Path) -> None:
    found = compiled(kind, edges)
    write(found.tree, tmp_path)
    check_c(tmp_path, found.tree.c_files)
    check_cxx(tmp_path, found.tree.c_files)


@needs_host_cc
def test_rows_have_no_place_in_the_header(tmp_path: Path) -> None:
    text = compiled("int8", "both").tree.files["net.h"]
    assert f"#define NET_IN0_ROWS {SHAPE[2]}\n" in text
    assert f"#define NET_IN0_ROW_BYTES {SHAPE[3] * SHAPE[1]}u\n" in text
    assert "_OFFSET " not in text and "net_in0(" not in text and "net_in0_quantize(" in text


@needs_arm
def test_code_is_measured_without_the_harness(tmp_path: Path) -> None:
    found = measure_code(tree(compiled("int8", "both"), tmp_path), compiled("int8", "both").board)
    names = {name for name, _ in found.per_symbol}
    assert {"net_run", "net_tc_stream_advance"} <= names
    assert not {"tc_read_row", "tc_take_row", "tc_size_entry"} & names
