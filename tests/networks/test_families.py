"""Families that users bring, in small budgets: the bytes of the unplanned network, and plans that hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.networks.families import FAMILIES
from tests.networks.quantised import SCHEMES, float_operators, quantised, run_onnxruntime
from tests.networks.quantised import random_samples as random_rows
from tinycompile.artifact import load
from tinycompile.build import find_host_cc
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.data import to_port_type
from tinycompile.errors import DoesNotFitError, UsageError
from tinycompile.execution import Place, execute
from tinycompile.numeric import quantize
from tinycompile.plan.rules import Edge, StageKind
from tinycompile.proof import check_folder
from tinycompile.samples import random_samples
from tinycompile.sim.reference import evaluate

#: (network, input) -> bytes of arena and context, a few percent above the smallest plan known for Cortex-M4.
BUDGETS = {
    ("squeezed_pools", Edge.ROWS): 2300,
    ("repvgg", Edge.ROWS): 2500,
    ("keras", Edge.ROWS): 1700,
    ("ghostnet", Edge.RAM): 6000,
    ("fomo", Edge.RAM): 7600,
    ("cbam", Edge.RAM): 5500,
}
#: Cortex-M0+, M4, M7 and M33.
BOARDS = ("nucleo-g071rb", "mps2-an386", "mps2-an500", "mps2-an505")
WAYS = {
    "images": Options(recompute=0.0),
    "rows": Options(input=Edge.ROWS, recompute=0.1),
    "patches": Options(input=Edge.PATCHES, stages=StageKind.PATCH, patches=(2, 3)),
}
needs_cc = pytest.mark.skipif(find_host_cc() is None, reason="no gcc or clang for this machine")


def _compiled(name: str, board: str, options: Options) -> Compilation:
    model = FAMILIES[name]()
    rows = random_rows(model, 3)
    calibration = {n: np.stack([row[n] for row in rows]) for n in rows[0]}
    named = replace(options, name=name)
    return compile(model, board, calibration=calibration, options=named, check=False)


def _agree(whole: Compilation, planned: Compilation, folder: Path, place: Place) -> None:
    """The plan passes the checker; simulator and C code give the bytes of the unplanned graph."""
    samples = random_samples(whole.program.inputs, 1)
    inputs = {name: array[0] for name, array in samples.items()}
    directory = planned.save(folder / planned.program.name)
    check_folder(directory)
    _, outputs = execute(load(directory), place, samples)
    simulated = planned.simulate(inputs)
    for name, want in evaluate(whole.graph, inputs).items():
        assert simulated[name].tobytes() == want.tobytes(), name
        assert outputs[name][0].tobytes() == want.tobytes(), name


@pytest.mark.parametrize("name", FAMILIES)
def test_quantised_families_compute_with_integers_alone(name: str) -> None:
    model = FAMILIES[name]()
    scheme = SCHEMES["int8_channels" if model.opset_import[0].version >= 13 else "int8_tensor"]
    int8 = quantised(model, scheme, 2)
    compilation = compile(int8, "mps2-an386", check=False)
    assert not float_operators(compilation.graph)
    row = random_rows(model, 1, seed=7)[0]
    ports = compilation.program.inputs
    got = compilation.simulate({p.name: to_port_type(row[p.name], p.type) for p in ports})
    want = run_onnxruntime(int8, row)
    for port in compilation.program.outputs:
        quant = port.type.quant
        assert quant is not None
        steps = quantize(want[port.name], quant.scale0, quant.zero0, np.int8)
        assert np.abs(got[port.name].astype(int) - steps.astype(int)).mean() <= 1.0


@needs_cc
@pytest.mark.parametrize(("name", "edge"), BUDGETS)
def test_small_budgets_are_met(name: str, edge: Edge, tmp_path: Path) -> None:
    budget = BUDGETS[name, edge]
    planned = _compiled(name, "mps2-an386", Options(ram=budget, recompute=0.0, input=edge))
    assert planned.summary["ram"]["total"] <= budget
    _agree(_compiled(name, "mps2-an386", Options()), planned, tmp_path, "host")


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("name", FAMILIES)
def test_the_smallest_plans_hold_on_every_core(name: str, board: str, way: str, tmp_path: Path) -> None:
    whole = _compiled(name, board, Options())
    options = WAYS[way]
    try:
        planned = _smallest(name, board, options)
    except UsageError as error:
        # Images of one row do not come in rows, and some first operators do not work on patches.
        assert {d.code for d in error.diagnostics} <= {"TC405", "TC407"}
        return
    if options.stages is not StageKind.PATCH:
        assert planned.program.arena <= whole.program.arena
    _agree(whole, planned, tmp_path, "emulator")


def _smallest(name: str, board: str, options: Options) -> Compilation:
    if options.stages is StageKind.PATCH:
        return _compiled(name, board, options)
    with pytest.raises(DoesNotFitError) as raised:
        _compiled(name, board, replace(options, ram=64))
    least = int(raised.value.diagnostics[0].hint.split()[-1])
    planned = _compiled(name, board, replace(options, ram=least))
    assert planned.summary["ram"]["total"] <= least
    return planned
