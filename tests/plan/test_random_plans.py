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
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from tests.plan.random_nets import draw_network
from tinycompile.artifact import load
from tinycompile.build import find_host_cc
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.errors import DoesNotFitError, UsageError
from tinycompile.execution import execute
from tinycompile.plan.rules import Edge, StageKind
from tinycompile.samples import random_samples
from tinycompile.sim.reference import evaluate

Array = npt.NDArray[Any]
_EDGES = (Edge.RAM, Edge.ROWS)


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
        input=data.draw(st.sampled_from(_EDGES)),
        output=data.draw(st.sampled_from(_EDGES)),
    )
    planned = _within(model, calibration, options)
    assert planned.program.inputs[0].rows == (options.input is Edge.ROWS)
    assert planned.program.outputs[0].rows == (options.output is Edge.ROWS)
    _agree(whole, planned)


@pytest.mark.slow
@pytest.mark.skipif(find_host_cc() is None, reason="no gcc or clang for this machine")
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_patches_that_are_asked_for_make_the_same(data: st.DataObject) -> None:
    model = draw_network(data)
    shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    calibration = None
    if data.draw(st.booleans()):
        calibration = {"x": np.random.default_rng(1).normal(size=(4, *shape)).astype(np.float32)}
    options = Options(
        name="net",
        stages=StageKind.PATCH,
        patches=data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4))),
        input=Edge.PATCHES,
    )
    try:
        planned = compile(model, "host", calibration=calibration, options=options)
    except UsageError:
        reject()  # the first operators are none that work on patches
    assert planned.program.inputs[0].patches
    assert planned.program.stages[0].links.remote
    _agree(compile(model, "host", calibration=calibration, options=Options(name="net")), planned)


def _agree(whole: Compilation, planned: Compilation) -> None:
    """Simulator and C code give the bytes of the unplanned graph."""
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


def _chain(*nodes: onnx.NodeProto, shape: tuple[int, ...], **weights: tuple[int, ...]) -> onnx.ModelProto:
    rng = np.random.default_rng(0)
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_empty_tensor_value_info(nodes[-1].output[0])],
        [numpy_helper.from_array(rng.normal(size=s).astype(np.float32), n) for n, s in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_networks_without_multiplies_can_be_streamed() -> None:
    pool = {"kernel_shape": [3, 3], "strides": [3, 2], "pads": [0, 0, 0, 2]}
    model = _chain(helper.make_node("AveragePool", ["x"], ["y"], **pool), shape=(1, 3, 15, 5))
    options = Options(name="net", ram=280, input=Edge.ROWS, output=Edge.ROWS)
    assert compile(model, "host", options=options).program.macs == 0


def test_a_stream_does_not_read_a_view_of_what_it_makes() -> None:
    """In int8, an activation ahead of a one-channel convolution is seen through a reshape."""
    model = _chain(
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Conv", ["a", "w"], ["y"], pads=[2, 0, 0, 2], strides=[1, 2]),
        shape=(1, 1, 9, 15),
        w=(2, 1, 3, 3),
    )
    calibration = {"x": np.random.default_rng(1).normal(size=(4, 1, 1, 9, 15)).astype(np.float32)}
    for edge in _EDGES:
        options = Options(name="net", ram=16, input=edge, output=Edge.ROWS)
        try:
            compile(model, "host", calibration=calibration, options=options)
        except DoesNotFitError as error:
            least = int(error.diagnostics[0].hint.split()[-1])
        found = compile(model, "host", calibration=calibration, options=replace(options, ram=least))
        inputs = {"x": np.arange(-67, 68, dtype=np.int8).reshape(1, 1, 9, 15)}
        whole = compile(model, "host", calibration=calibration, options=Options(name="net"))
        (want,) = evaluate(whole.graph, inputs).values()
        (got,) = found.simulate(inputs).values()
        assert got.tobytes() == want.tobytes()


def test_what_is_least_is_found_again() -> None:
    """Estimates of this stream are far above its true peak; a limit below them has a path all the same."""
    model = _chain(
        helper.make_node("Conv", ["x", "a"], ["v0"]),
        helper.make_node("Conv", ["v0", "b"], ["v1"], pads=[1] * 4),
        helper.make_node("Conv", ["v1", "c"], ["v2"]),
        helper.make_node("Conv", ["v2", "d"], ["v3"], pads=[2, 4, 0, 3], group=5),
        helper.make_node("Conv", ["v3", "e"], ["v4"]),
        shape=(1, 4, 20, 12),
        a=(24, 4, 1, 1),
        b=(24, 24, 3, 3),
        c=(5, 24, 1, 1),
        d=(5, 1, 3, 5),
        e=(24, 5, 1, 1),
    )
    options = Options(name="net", ram=64, recompute=0.0, input=Edge.ROWS, output=Edge.ROWS)
    with pytest.raises(DoesNotFitError):
        compile(model, "host", options=options)
