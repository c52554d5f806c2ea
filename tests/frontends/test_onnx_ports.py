"""Inputs and outputs: free dimensions, given shapes, element types."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from tests.frontends.models import Dims, assert_agrees, codes, make, port, refusal
from tinycompile.errors import ModelError, UsageError
from tinycompile.frontends import Port, load_model, onnx_io


def _model(*shapes: Dims | None, elem_type: int = TensorProto.FLOAT) -> Any:
    """One Transpose per input x0, x1, ... to y0, y1, ..."""
    nodes = [helper.make_node("Transpose", [f"x{i}"], [f"y{i}"]) for i in range(len(shapes))]
    inputs = [port(f"x{i}", shape, elem_type) for i, shape in enumerate(shapes)]
    return make(nodes, inputs, [f"y{i}" for i in range(len(shapes))])


def _shapes(model: Any, **given: tuple[int, ...]) -> list[tuple[int, ...]]:
    graph = load_model(model, input_shapes=given)
    return [graph.type(name).shape for name in graph.inputs]


@pytest.mark.parametrize("batch", ["N", None, 0, -1])
def test_a_free_batch_becomes_one_with_a_note(batch: int | str | None) -> None:
    model = _model([batch, 3, 4])
    assert _shapes(model) == [(1, 3, 4)]
    assert load_model(model).notes == ("the free first dimension of input 'x0' was set to 1",)


def test_fixed_shapes_and_scalars_stay_without_notes() -> None:
    graph = load_model(_model([2, 3], []))
    assert [graph.type(n).shape for n in graph.inputs] == [(2, 3), ()]
    assert [graph.type(n).shape for n in graph.outputs] == [(3, 2), ()]
    assert graph.notes == ()


def test_other_free_dimensions_are_asked_for_with_the_text_to_type() -> None:
    error = refusal(_model(["N", 3, "height", None], [5], None))
    assert isinstance(error, ModelError)
    assert codes(error) == ["TC105", "TC105"]
    first, second = error.diagnostics
    assert first.origins == ("x0",) and "2 (height), 3 (D3)" in first.message
    assert "--input-shape x0=1,3,HEIGHT,D3" in first.hint
    assert second.origins == ("x2",) and "--input-shape x2=D0,D1,..." in second.hint


def test_given_shapes_fill_free_dimensions() -> None:
    model = _model(["N", 3, "height", None], None)
    assert _shapes(model, x0=(2, 3, 8, 9), x1=(4, 5)) == [(2, 3, 8, 9), (4, 5)]
    assert load_model(model, input_shapes={"x0": (2, 3, 8, 9), "x1": (4, 5)}).notes == ()


def test_dimensions_of_one_name_follow_from_one_given_shape() -> None:
    assert _shapes(_model(["N", "T"], ["N", 2, "T"]), x0=(3, 7)) == [(3, 7), (3, 2, 7)]


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"x9": (1, 2)}, "x0, x1"),
        ({"x0": (1, 4)}, "contradicts"),
        ({"x0": (1, 3, 1)}, "contradicts"),
        ({"x0": (0, 3)}, "below 1"),
        ({"x0": (2, 3), "x1": (4, 5)}, "'N' is given both 2 and 4"),
    ],
)
def test_given_shapes_that_do_not_fit_are_usage_errors(given: dict[str, tuple[int, ...]], word: str) -> None:
    error = refusal(_model(["N", 3], ["N", 5]), input_shapes=given)
    assert isinstance(error, UsageError)
    assert codes(error) == ["TC106"] and word in str(error)


@pytest.mark.parametrize("elem_type", [TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16])
def test_other_floats_are_read_as_float32_with_a_note(elem_type: int) -> None:
    graph = load_model(_model([2, 3], elem_type=elem_type))
    assert graph.type("x0").dtype == "float32"
    assert any("float32 here" in note for note in graph.notes)


@pytest.mark.parametrize(
    "kind", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool"]
)
def test_integers_keep_their_type(kind: str) -> None:
    elem_type = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    feed = np.arange(6).reshape(2, 3).astype(kind)
    assert_agrees(_model([2, 3], elem_type=elem_type), {"x0": feed})


def test_inputs_without_a_tensor_type_are_refused() -> None:
    tensor = helper.make_tensor_type_proto(TensorProto.FLOAT, [1])
    for type_ in (helper.make_sequence_type_proto(tensor), helper.make_optional_type_proto(tensor)):
        node = helper.make_node("Identity", ["x"], ["y"])
        error = refusal(make([node], [helper.make_value_info("x", type_)], ["y"]))
        assert codes(error) == ["TC107"] and "'x'" in str(error)
    assert codes(refusal(_model([2], elem_type=TensorProto.STRING))) == ["TC107"]
    assert codes(refusal(_model([2], elem_type=0))) == ["TC107"]


def test_a_huge_input_is_refused() -> None:
    assert codes(refusal(_model([1, 1 << 20, 1 << 20]))) == ["TC110"]


def test_ports_are_listed_as_declared() -> None:
    model = make(
        [helper.make_node("Transpose", ["x"], ["y"])],
        [port("x", ["N", 3, None], TensorProto.INT8), port("w", [2], TensorProto.FLOAT)],
        [port("y", None, TensorProto.INT8)],
        {"w": np.zeros(2, np.float32)},
    )
    ports = onnx_io(model)
    assert ports.inputs == (Port("x", ("N", 3, ""), "int8"),)
    assert ports.outputs == (Port("y", None, "int8"),)
