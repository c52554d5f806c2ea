"""A streamed Program remembers the whole-tensor plan that it was chosen over."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from tinycompile.compiler import Options, compile
from tinycompile.plan.codec import constants_to_npz, from_json, to_json
from tinycompile.plan.program import Program
from tinycompile.plan.rules import Edge


def _model() -> onnx.ModelProto:
    rng = np.random.default_rng(0)
    weights = {
        "w": rng.normal(0, 0.4, (16, 2, 3, 3)).astype(np.float32),
        "v": rng.normal(0, 0.4, (2, 16, 3, 3)).astype(np.float32),
    }
    graph = helper.make_graph(
        [
            helper.make_node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]),
            helper.make_node("Conv", ["t", "w"], ["a"], name="first", pads=[1] * 4),
            helper.make_node("Conv", ["a", "v"], ["y"], name="second", pads=[1] * 4, strides=[2, 2]),
        ],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 16, 16, 2])],
        [helper.make_empty_tensor_value_info("y")],
        [helper.make_tensor(n, TensorProto.FLOAT, w.shape, w.ravel()) for n, w in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _program(ram: int | None = None) -> Program:
    return compile(_model(), "nucleo-f446re", options=Options(name="net", ram=ram)).program


def test_the_baseline_is_the_plan_without_a_budget() -> None:
    whole = _program()
    streamed = _program(whole.arena // 2)
    found = streamed.baseline
    assert streamed.stages
    assert found is not None
    assert (found.arena, found.blocks, found.loads) == (whole.arena, whole.blocks, whole.loads)
    assert found.labels == tuple(call.label for call in whole.calls)
    assert streamed.arena < found.arena


def test_rows_that_arrive_are_held_against_the_whole_input() -> None:
    options = Options(name="net", input=Edge.ROWS)
    found = compile(_model(), "nucleo-f446re", options=options).program
    assert found.baseline is not None
    assert (
        found.baseline.arena == compile(_model(), "nucleo-f446re", options=Options(name="net")).program.arena
    )


def test_whole_tensor_plans_have_none() -> None:
    whole = _program()
    assert whole.baseline is None
    assert _program(whole.arena + 4).baseline is None


def test_the_baseline_survives_storage() -> None:
    streamed = _program(_program().arena // 2)
    back = from_json(to_json(streamed), constants_to_npz(streamed), "here")
    assert back.baseline == streamed.baseline
