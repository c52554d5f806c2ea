"""Stored Programs come back exactly as they were."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from onnx import TensorProto, helper

from tinycompile.compiler import Options, compile
from tinycompile.plan.codec import constants_to_npz, from_json, to_json
from tinycompile.plan.program import Program


def _program() -> Program:
    """Operators with enum, float (infinite), tuple and nested dataclass attributes."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("ReduceMax", ["r"], ["m"], axes=[2], keepdims=0),
        helper.make_node("Transpose", ["m"], ["y"], perm=[0, 2, 1]),
    ]
    weights = np.linspace(-1, 1, 3 * 2 * 9, dtype=np.float32).reshape(3, 2, 3, 3)
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, 5, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, 3])],
        [helper.make_tensor("w", TensorProto.FLOAT, weights.shape, weights.ravel())],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return compile(model, "host", options=Options(name="stored")).program


def test_a_program_survives_storage() -> None:
    program = _program()
    back = from_json(to_json(program), constants_to_npz(program), "here")
    for field in fields(Program):
        if field.name != "constants":
            assert repr(getattr(back, field.name)) == repr(getattr(program, field.name)), field.name
    assert back.constants.keys() == program.constants.keys()
    assert all(np.array_equal(back.constants[n], a) for n, a in program.constants.items())


def test_storage_is_deterministic() -> None:
    first, second = _program(), _program()
    assert to_json(first) == to_json(second)
    assert constants_to_npz(first) == constants_to_npz(second)
