"""Damaged files end in coded errors, never in a traceback."""

from __future__ import annotations

import numpy as np
import onnx
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper

from tests.frontends.models import conv_model, make, port
from tinycompile.errors import TinyCompileError
from tinycompile.frontends import load_model


def _identity(name: str) -> onnx.GraphProto:
    node = helper.make_node("Identity", [name], ["branch"])
    return helper.make_graph([node], "g", [], [helper.make_empty_tensor_value_info("branch")])


def _qdq_bytes() -> bytes:
    nodes = [
        helper.make_node("DequantizeLinear", ["x", "s", "z"], ["a"]),
        helper.make_node("Shape", ["a"], ["n"]),
        helper.make_node("Reshape", ["a", "n"], ["r"]),
        helper.make_node("If", ["c"], ["i"], then_branch=_identity("r"), else_branch=_identity("a")),
        helper.make_node("QuantizeLinear", ["i", "s", "z"], ["y"]),
    ]
    constants = {"s": np.float32(0.5), "z": np.int8(3), "c": np.bool_(True)}
    return bytes(make(nodes, [port("x", ["N", 3], 3)], ["y"], constants).SerializeToString())


_MODELS = (conv_model().SerializeToString(), _qdq_bytes())

#: (position, new byte) pairs.
_CHANGES = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6)


def _load(data: bytes) -> None:
    try:
        load_model(data)
    except TinyCompileError as error:
        assert all(d.code.startswith("TC") and d.message for d in error.diagnostics)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(_MODELS), st.data())
def test_truncated_models(model: bytes, data: st.DataObject) -> None:
    _load(model[: data.draw(st.integers(0, len(model)))])


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(_MODELS), _CHANGES)
def test_models_with_other_bytes(model: bytes, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(model)
    for position, value in changes:
        damaged[position % len(damaged)] = value
    _load(bytes(damaged))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes(data: bytes) -> None:
    _load(data)
