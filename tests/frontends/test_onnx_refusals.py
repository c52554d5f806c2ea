"""Models that can be read and still must be refused, each with its code and its names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from tests.frontends.models import Array, assert_agrees, codes, conv_model, make, port, refusal
from tinycompile.frontends import load_model
from tinycompile.ops.source import TC_OPERANDS


def _one(
    op_type: str, inputs: list[str], constants: dict[str, Array] | None = None, **attributes: Any
) -> Any:
    node = helper.make_node(op_type, inputs, ["y"], name="node", **attributes)
    return make([node], [port("x", [2, 3])], ["y"], constants)


def test_all_unknown_operators_are_listed_at_once() -> None:
    nodes = [
        helper.make_node("Mystery", ["x"], ["a"], name="m1"),
        helper.make_node("Mystery", ["a"], ["b"], name="m2"),
        helper.make_node("Riddle", ["b"], ["c"], name="r"),
        helper.make_node("Gizmo", ["c"], ["y"], domain="acme"),
    ]
    error = refusal(make(nodes, [port("x", [1])], ["y"], domains={"acme": 1}))
    assert codes(error) == ["TC220"] * 3
    found = {d.message.split()[1]: d.origins for d in error.diagnostics}
    assert found == {"Mystery": ("m1", "m2"), "Riddle": ("r",), "acme.Gizmo": ("Gizmo_3",)}
    assert all(d.hint for d in error.diagnostics)


def test_findings_of_independent_nodes_come_together_and_dependants_are_silent() -> None:
    nodes = [
        helper.make_node("Transpose", ["x"], ["a"], name="bad1", perm=[0, 0]),
        helper.make_node("Transpose", ["x"], ["b"], name="bad2", perm=[2, 1]),
        helper.make_node("Concat", ["a", "b"], ["c"], name="dependent", axis=0),
        helper.make_node("Mystery", ["c"], ["y"], name="unknown"),
    ]
    error = refusal(make(nodes, [port("x", [2, 3])], ["y"]))
    assert codes(error) == ["TC220", TC_OPERANDS, TC_OPERANDS]
    assert [d.origins for d in error.diagnostics] == [("unknown",), ("bad1",), ("bad2",)]


def test_the_same_operator_of_another_domain_is_unknown_unless_it_means_the_same() -> None:
    def model(op_type: str) -> Any:
        node = helper.make_node(op_type, ["x"], ["y"], domain="com.microsoft")
        return make([node], [port("x", [2, 3])], ["y"], domains={"com.microsoft": 1})

    assert codes(refusal(model("Transpose"))) == ["TC220"]
    assert_agrees(model("Gelu"), {"x": np.linspace(-3, 3, 6, dtype=np.float32).reshape(2, 3)})


@pytest.mark.parametrize(
    ("nodes", "word"),
    [
        ([("Abs", ["nothing"], ["y"])], "'nothing'"),
        ([("Abs", ["x"], ["y"]), ("Neg", ["x"], ["y"])], "computed twice"),
        ([("Abs", ["b"], ["a"]), ("Neg", ["a"], ["b"]), ("Add", ["a", "b"], ["y"])], "their own results"),
        ([("Abs", ["x"], ["other"])], "'y'"),
        ([("Abs", ["k"], ["x"]), ("Abs", ["x"], ["y"])], "named so too"),
        ([("Abs", ["x"], ["k"]), ("Abs", ["k"], ["y"])], "named so too"),
    ],
)
def test_graphs_that_contradict_themselves(nodes: list[tuple[str, list[str], list[str]]], word: str) -> None:
    made = [helper.make_node(*parts) for parts in nodes]
    error = refusal(make(made, [port("x", [2, 3])], ["y"], {"k": np.ones(2, np.float32)}))
    assert set(codes(error)) == {"TC108"} and word in str(error)


def test_names_that_stand_twice_are_refused() -> None:
    abs_ = helper.make_node("Abs", ["x"], ["y"])
    assert codes(refusal(make([abs_], [port("x", [2]), port("x", [3])], ["y"]))) == ["TC108"]
    assert codes(refusal(make([abs_], [port("x", [2])], ["y", "y"]))) == ["TC108"]
    model = conv_model()
    model.graph.initializer.append(model.graph.initializer[0])
    assert codes(refusal(model)) == ["TC108"]


@pytest.mark.parametrize(
    ("op_type", "operands", "attributes"),
    [
        ("Transpose", ["x", "x"], {}),
        ("Transpose", ["x"], {"perm": 1.5}),
        ("Transpose", ["x"], {"new": 1}),
        ("Conv", ["x"], {}),
        ("Concat", ["x"], {}),
    ],
)
def test_nodes_that_break_their_definition(op_type: str, operands: list[str], attributes: Any) -> None:
    error = refusal(_one(op_type, operands, **attributes))
    assert codes(error) == ["TC108"] and "'node'" in str(error)


@pytest.mark.parametrize(
    ("bad", "text"),
    [([np.nan], "1 NaN"), ([np.inf, -np.inf], "2 infinite"), ([np.nan, np.inf], "1 NaN and 1 infinite")],
)
def test_weights_that_are_not_numbers_are_counted(bad: list[float], text: str) -> None:
    weights = np.ones((3, 4), np.float32)
    weights.flat[: len(bad)] = bad
    error = refusal(_one("MatMul", ["x", "w"], {"w": weights}))
    assert codes(error) == ["TC109"]
    assert "'w'" in str(error) and f"{text} of 12" in str(error)


def test_nan_in_a_constant_node_is_refused() -> None:
    value = helper.make_tensor("t", TensorProto.FLOAT, [2], [1.0, float("nan")])
    nodes = [
        helper.make_node("Constant", [], ["k"], value=value),
        helper.make_node("Concat", ["k", "x"], ["y"], axis=0),
    ]
    assert codes(refusal(make(nodes, [port("x", [2])], ["y"]))) == ["TC109"]


def test_infinities_that_folding_makes_are_found() -> None:
    nodes = [
        helper.make_node("Div", ["one", "zero"], ["w"], name="div"),
        helper.make_node("MatMul", ["x", "w"], ["y"], name="product"),
    ]
    constants = {"one": np.ones((3, 2), np.float32), "zero": np.zeros((3, 2), np.float32)}
    error = refusal(make(nodes, [port("x", [2, 3])], ["y"], constants))
    assert codes(error) == ["TC109"] and "product" in str(error)


def test_infinite_bounds_and_masks_are_fine() -> None:
    x = np.array([[-1, 0, 1], [2, 3, 4]], np.float32)
    infinity = np.float32(np.inf)
    assert_agrees(_one("Clip", ["x", "lo", "hi"], {"lo": np.float32(0), "hi": infinity}), {"x": x})
    assert_agrees(_one("Add", ["x", "mask"], {"mask": np.array([0, 0, -np.inf], np.float32)}), {"x": x})


def _dequantised(scale: Array, weights: Array, axis: int = 0) -> Any:
    nodes = [
        helper.make_node("DequantizeLinear", ["w", "s", "z"], ["wf"], name="dq", axis=axis),
        helper.make_node("Add", ["x", "wf"], ["y"]),
    ]
    constants = {"w": weights, "s": scale, "z": np.zeros(scale.shape, weights.dtype)}
    return make(nodes, [port("x", [2, 3])], ["y"], constants)


@pytest.mark.parametrize("value", [0.0, -0.5, np.nan, np.inf])
def test_scales_that_are_not_positive_numbers_are_refused(value: float) -> None:
    """A negative one for data that come at run time; of constants it can be moved into the data."""
    node = helper.make_node("QuantizeLinear", ["x", "s", "z"], ["y"], name="q")
    model = make([node], [port("x", [2, 3])], ["y"], {"s": np.float32(value), "z": np.int8(0)})
    error = refusal(model)
    assert codes(error)[0] in ("TC109", "TC301")
    assert "'q'" in str(error)
    if value != -0.5:
        of_weights = _dequantised(np.float32(value), np.ones((2, 3), np.int8))
        assert codes(refusal(of_weights))[0] in ("TC109", "TC301")


def test_negative_scales_of_constant_weights_are_turned() -> None:
    weights = np.array([[1, -2, 3], [-127, 5, 127]], np.int8)
    x = np.zeros((2, 3), np.float32)
    for scale in (np.array([0.5, -0.25], np.float32), np.float32(-2)):
        graph = assert_agrees(_dequantised(scale, weights), {"x": x})
        assert any("negative scales" in note for note in graph.notes)
    lowest = np.array([[1, 2, 3], [-128, 5, 6]], np.int8)
    assert codes(refusal(_dequantised(np.array([0.5, -0.25], np.float32), lowest))) == ["TC301"]


def test_the_axis_of_a_vector_does_not_matter() -> None:
    scales = np.array([0.5, 0.25, 2], np.float32)
    weights = np.array([1, 2, 3], np.int32)
    graph = load_model(_dequantised(scales, weights, axis=3))
    assert any("read as 0" in note for note in graph.notes)
    assert_agrees(_dequantised(scales, weights), {"x": np.zeros((2, 3), np.float32)})


_HUGE = np.array([1 << 20, 1 << 20], np.int64)


@pytest.mark.parametrize(
    "model",
    [
        _one("ConstantOfShape", ["shape"], {"shape": _HUGE}),
        _one("ConstantOfShape", ["shape"], {"shape": np.array([1 << 62, 1 << 62], np.int64)}),
        _one("Expand", ["x", "shape"], {"shape": np.array([1 << 40, 2, 3], np.int64)}),
        _one("Expand", ["k", "shape"], {"shape": _HUGE, "k": np.ones((1, 1), np.float32)}),
        _one("Tile", ["x", "repeats"], {"repeats": _HUGE}),
        _one("Pad", ["x", "pads"], {"pads": np.array([0, 0, 1 << 40, 1 << 40], np.int64)}),
        _one("Range", ["a", "b", "c"], {"a": np.int64(0), "b": np.int64(1 << 60), "c": np.int64(1)}),
        _one("Range", ["a", "b", "c"], {"a": np.float32(0), "b": np.float32(1e30), "c": np.float32(1e-3)}),
    ],
)
def test_small_files_that_ask_for_huge_tensors_are_refused(model: Any) -> None:
    error = refusal(model)
    assert codes(error)[0] in ("TC110", TC_OPERANDS)
    assert "'node'" in str(error)
