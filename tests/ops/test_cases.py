"""Operator cases and their four oracles: onnxruntime, the arena, host C under sanitisers, emulated Cortex-M.

Cases are compared with onnxruntime one by one. For the bit-exact oracles all cases of a family (and
opset) are compiled side by side into one model, so that each family needs one build.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx.reference import ReferenceEvaluator

from tests.ops import cases as case_package
from tests.ops.case import OpCase
from tests.ops.models import ModelParts, add_float, add_qdq, float_model, qdq_model
from tinycompile.artifact import load
from tinycompile.compiler import Options, compile
from tinycompile.execution import execute
from tinycompile.frontends import load_model
from tinycompile.ir import DType, Graph
from tinycompile.passes import canonical, lower, strip_float_edges
from tinycompile.plan import schedule
from tinycompile.sim.machine import Machine
from tinycompile.sim.reference import evaluate

Array = npt.NDArray[Any]
onnxruntime.set_default_logger_severity(3)


def _families() -> dict[str, list[OpCase]]:
    found = {}
    for module in pkgutil.iter_modules(case_package.__path__):
        found[module.name] = importlib.import_module(f"{case_package.__name__}.{module.name}").CASES
    return found


FAMILIES = _families()
ALL = [pytest.param(c, id=f"{family}-{c.name}") for family, cases in FAMILIES.items() for c in cases]
INT8 = [
    pytest.param(c, id=f"{family}-{c.name}") for family, cases in FAMILIES.items() for c in cases if c.int8
]


def _onnxruntime(model: onnx.ModelProto, feeds: dict[str, Array]) -> list[Array]:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return list(session.run(None, feeds))


def _lowered(model: onnx.ModelProto) -> Graph:
    return strip_float_edges(lower(canonical(load_model(model, name="cases"))))


@pytest.mark.parametrize("case", ALL)
def test_float_agrees_with_onnxruntime(case: OpCase) -> None:
    model, feeds = float_model(case)
    expected = ReferenceEvaluator(model).run(None, feeds) if case.reference else _onnxruntime(model, feeds)
    graph = lower(canonical(load_model(model, name="case")))
    got = evaluate(graph, {n: feeds[n] for n in graph.inputs})
    for name, want in zip(graph.outputs, expected, strict=True):
        assert got[name].dtype == want.dtype
        np.testing.assert_allclose(got[name], want, rtol=case.rtol, atol=case.atol)


@pytest.mark.parametrize("case", INT8)
def test_int8_agrees_with_onnxruntime(case: OpCase) -> None:
    float_case, feeds = float_model(case)
    model, feeds = qdq_model(case, _onnxruntime(float_case, feeds))
    expected = _onnxruntime(model, feeds)
    graph = _lowered(model)
    if case.integer:
        floats = [n for n in graph.nodes for t in graph.out_types(n) if t.dtype is DType.FLOAT32]
        assert not floats, f"computed in float: {[n.op.name for n in floats]}"
    got = evaluate(graph, {n: feeds[n] for n in graph.inputs})
    for name, want in zip(graph.outputs, expected, strict=True):
        difference = np.abs(got[name].astype(np.int64) - want.astype(np.int64))
        assert difference.max(initial=0) <= case.steps


@cache
def _combined(family: str, opset: int) -> tuple[onnx.ModelProto, dict[str, Array]]:
    """All cases of a family and opset in one model: float forms, and int8 forms beside them."""
    parts = ModelParts()
    for case in FAMILIES[family]:
        if case.opset != opset:
            continue
        add_float(parts, case)
        if case.int8:
            alone, feeds = float_model(case)
            add_qdq(parts, case, _onnxruntime(alone, feeds))
    return parts.model(opset), parts.feeds


def _groups() -> list[Any]:
    groups: dict[tuple[str, int], int] = defaultdict(int)
    for family, cases in FAMILIES.items():
        for case in cases:
            groups[family, case.opset] += 1
    return [pytest.param(*key, id=f"{key[0]}-opset{key[1]}") for key in sorted(groups)]


@pytest.fixture
def brief_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dozens of independent branches are no network: an order and offsets that are valid will do for them."""
    monkeypatch.setattr(schedule, "best_order", partial(schedule.best_order, state_limit=500))
    monkeypatch.setattr(schedule, "pack", partial(schedule.pack, node_limit=500))


@pytest.mark.usefixtures("brief_searches")
@pytest.mark.parametrize(("family", "opset"), _groups())
def test_arena_host_and_emulator_are_bit_exact(family: str, opset: int, tmp_path: Path) -> None:
    model, feeds = _combined(family, opset)
    compilation = compile(model, "mps2-an386", options=Options(name="cases"))
    program = compilation.program
    inputs = {p.name: feeds[p.name] for p in program.inputs}
    expected = evaluate(compilation.lowered, inputs)
    _same(expected, dict(Machine(program).run(inputs).outputs), "the simulated arena")
    artifact = load(compilation.save(tmp_path / "cases"))
    samples = {name: array[None] for name, array in inputs.items()}
    for place, sanitize in (("host", True), ("emulator", False)):
        _, outputs = execute(artifact, place, samples, sanitize=sanitize)  # type: ignore[arg-type]
        _same(expected, {n: a[0] for n, a in outputs.items()}, place)


def _same(expected: dict[str, Array], got: dict[str, Array], where: str) -> None:
    wrong = [n for n in expected if expected[n].tobytes() != got[n].tobytes()]
    assert not wrong, f"{where} differs from the reference in {wrong}"
