"""Tables that are neither weights nor quantisation parameters are told apart, and counted with the code."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.codegen.compilers import needs_arm_gcc
from tests.networks.net import Net
from tinycompile.build import measure_code
from tinycompile.compiler import Compilation, Optimize, Options, compile
from tinycompile.execution import build_input
from tinycompile.measure import final_summary, measure
from tinycompile.ops import Purpose
from tinycompile.plan.assemble import ConstantPool
from tinycompile.plan.codec import constants_to_npz, from_json, to_json
from tinycompile.plan.weight_use import weight_use
from tinycompile.report.compiled import compile_summary


@cache
def _compiled(optimize: Optimize = "ram", in_ram: bool = False) -> Compilation:
    """Convolution, sigmoid, a classifier and softmax, int8 by calibration."""
    net = Net("tabled")
    x = net.conv(net.input(1, 3, 8, 8), 4, 3)
    x = net.op("Softmax", net.classifier(net.op("Sigmoid", x)), axis=1)
    samples = {"x": np.random.default_rng(2).normal(size=(8, 1, 3, 8, 8)).astype(np.float32)}
    options = Options(name="tabled", optimize=optimize, weights_in_ram="auto" if in_ram else "off")
    return compile(net.model(x), "nucleo-f446re", calibration=samples, options=options)


@pytest.mark.parametrize(("optimize", "exponentials"), [("ram", 32), ("balanced", 32), ("speed", 256)])
def test_tables_are_functions_and_exponentials(optimize: Optimize, exponentials: int) -> None:
    program = _compiled(optimize).program
    tables = [program.constants[name] for name in program.tables]
    assert sorted(t.nbytes for t in tables if t.dtype != np.uint32) == [256]
    assert {t.size for t in tables if t.dtype == np.uint32} == {exponentials}
    use = weight_use(program)
    assert use.tables == sum(t.nbytes for t in tables)
    assert use.internal == use.weights + use.tables == program.constant_bytes


def test_the_rest_are_weights_biases_and_factors() -> None:
    program = _compiled().program
    assert set(program.purposes) == set(program.constants)
    found = {name: purpose for name, purpose in program.purposes.items() if name in program.emitted}
    assert set(found.values()) >= {Purpose.WEIGHTS, Purpose.TABLE}
    back = from_json(to_json(program), constants_to_npz(program), "here")
    assert back.purposes == program.purposes and back.tables == program.tables
    assert all(isinstance(purpose, Purpose) for purpose in back.purposes.values())


def test_a_tensor_that_a_kernel_looks_up_too_counts_as_a_table() -> None:
    pool, array = ConstantPool(), np.arange(4, dtype=np.int32)
    names = [pool.add(array.copy(), "data", p) for p in (Purpose.WEIGHTS, Purpose.TABLE, Purpose.BIASES)]
    assert len(set(names)) == 1 and pool.purposes[names[0]] is Purpose.TABLE


def test_figures_agree() -> None:
    compilation = _compiled()
    flash, use = compilation.summary["flash"], weight_use(compilation.program)
    assert (flash["weights"], flash["tables"], flash["total"]) == (use.weights, use.tables, use.internal)
    text = compile_summary(compilation.summary, compilation.program, compilation.board, "out")
    assert f"weights {use.weights:,} + tables {use.tables:,} + " in " ".join(text.split())


@needs_arm_gcc
@pytest.mark.parametrize("in_ram", [False, True])
def test_measured_code_is_beside_weights_and_tables(in_ram: bool, tmp_path: Path) -> None:
    """Tables that start-up code copies into RAM lie in flash too, as initialised data."""
    compilation = _compiled(in_ram=in_ram)
    program, use = compilation.program, weight_use(compilation.program)
    found = final_summary(compilation, measure(compilation))["flash"]
    assert found["total"] == found["weights"] + found["tables"] + found["code"]
    for name, text in compilation.tree.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    tree = build_input(tmp_path, program, compilation.tree.c_files, "ram")
    size, without = (measure_code(t, compilation.board) for t in (tree, replace(tree, tables=0)))
    copied = {place.name for place in program.placed}
    assert size.tables == sum(program.constants[n].nbytes for n in program.tables if n not in copied)
    assert (size.tables == 0) == in_ram and bool(copied) == in_ram and use.tables > 0
    assert size.beside_weights == without.beside_weights + size.tables
    assert size.weights >= (0 if in_ram else use.weights)
