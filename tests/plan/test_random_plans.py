"""The planner's broad property: whatever it is allowed to do, the C code computes what the graph says."""

from __future__ import annotations

import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan.random_nets import draw_network
from tinycompile.artifact import load
from tinycompile.build import find_host_cc
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.errors import DoesNotFitError
from tinycompile.execution import execute
from tinycompile.plan.rules import Edge
from tinycompile.samples import random_samples
from tinycompile.sim.reference import evaluate

Array = npt.NDArray[Any]


def _within(model: onnx.ModelProto, calibration: dict[str, Array] | None, options: Options) -> Compilation:
    """The plan for a budget, or for the least one that is possible."""
    try:
        return compile(model, "host", calibration=calibration, options=options)
    except DoesNotFitError as error:
        least = int(error.diagnostics[0].hint.split()[-1])
    found = compile(model, "host", calibration=calibration, options=replace(options, ram=least))
    assert options.ram is not None and options.ram < found.summary["ram"]["total"] <= least
    return found


@pytest.mark.skipif(find_host_cc() is None, reason="no gcc or clang for this machine")
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_c_code_equals_the_unplanned_graph(data: st.DataObject) -> None:
    model = draw_network(data)
    shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    calibration = None
    if data.draw(st.booleans()):
        calibration = {"x": np.random.default_rng(1).normal(size=(4, *shape)).astype(np.float32)}
    whole = compile(model, "host", calibration=calibration, options=Options(name="net"))
    share = data.draw(st.sampled_from([None, 0.9, 0.6, 0.4, 0.0]))
    options = Options(
        name="net",
        ram=None if share is None else max(16, int(whole.program.arena * share)),
        recompute=data.draw(st.sampled_from([0.0, 0.3, math.inf])),
        input=data.draw(st.sampled_from(Edge)),
        output=data.draw(st.sampled_from(Edge)),
    )
    planned = _within(model, calibration, options)
    assert planned.program.inputs[0].rows == (options.input is Edge.ROWS)
    assert planned.program.outputs[0].rows == (options.output is Edge.ROWS)
    samples = random_samples(whole.program.inputs, 1)
    (want,) = evaluate(whole.graph, {"x": samples["x"][0]}).values()
    (simulated,) = planned.simulate({"x": samples["x"][0]}).values()
    assert simulated.tobytes() == want.tobytes()
    with tempfile.TemporaryDirectory() as folder:
        artifact = load(planned.save(Path(folder) / "net"))
        result, outputs = execute(artifact, "host", samples)
    (got,) = outputs.values()
    assert got[0].tobytes() == want.tobytes()
    assert 0 < (result.arena_high_water or 0) <= planned.program.arena
