"""What a model becomes: names, order, folding, functions, branches."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.frontends.models import Array, assert_agrees, codes, conv_model, make, port, refusal, run
from tinycompile.frontends import load_model
from tinycompile.ir import print_graph

_X = np.arange(6, dtype=np.float32).reshape(2, 3)


_node = helper.make_node


def test_a_model_agrees_with_onnxruntime_and_keeps_its_names() -> None:
    x = np.random.default_rng(0).standard_normal((1, 2, 6, 6)).astype(np.float32)
    graph = assert_agrees(conv_model(), {"x": x})
    assert graph.inputs == ("x",) and graph.outputs == ("y",)
    assert {origin for node in graph.nodes for origin in node.origins} == {"conv", "last"}
    assert print_graph(graph) == print_graph(load_model(conv_model()))


def test_unnamed_and_equally_named_nodes_get_names_of_their_own() -> None:
    nodes = [
        _node("Transpose", ["x"], ["a"]),
        _node("Transpose", ["a"], ["b"], perm=[0, 1], name="twin"),
        _node("Transpose", ["b"], ["y"], name="twin"),
    ]
    graph = load_model(make(nodes, [port("x", [2, 3])], ["y"]))
    assert [node.origins for node in graph.nodes] == [("Transpose_0",), ("twin",), ("twin_2",)]


def test_any_string_may_be_a_name() -> None:
    names = ["../x", "*/ int", "a b\n", "ünï", '"']
    nodes = [_node("Transpose", [a], [b], name=a) for a, b in pairwise(names)]
    graph = assert_agrees(make(nodes, [port(names[0], [2, 3])], [names[-1]]), {names[0]: _X})
    assert graph.inputs == ("../x",) and graph.outputs == ('"',)


def test_nodes_out_of_order_are_sorted() -> None:
    nodes = [_node("Transpose", ["a"], ["y"]), _node("Transpose", ["x"], ["a"])]
    graph = load_model(make(nodes, [port("x", [2, 3])], ["y"]))
    assert np.array_equal(run(graph, {"x": _X})[0], _X)


def test_what_no_output_needs_is_dropped_even_if_unknown() -> None:
    nodes = [_node("Mystery", ["x"], ["unused"]), _node("Transpose", ["x"], ["y"])]
    graph = load_model(make(nodes, [port("x", [2, 3]), port("idle", [1])], ["y"]))
    assert len(graph.nodes) == 1
    assert graph.inputs == ("x", "idle")


def test_outputs_that_are_inputs_or_constants_or_shared_are_copied() -> None:
    nodes = [
        _node("Transpose", ["x"], ["t"]),
        _node("Identity", ["t"], ["again"]),
        _node("Identity", ["x"], ["same"]),
        _node("Shape", ["x"], ["shape"]),
    ]
    outputs = ["t", "again", "same", "shape", "k"]
    graph = assert_agrees(make(nodes, [port("x", [2, 3])], outputs, {"k": np.ones(4, np.float32)}), {"x": _X})
    produced = [name for node in graph.nodes for name in node.outputs]
    assert set(graph.outputs) <= set(produced)


def test_an_input_that_is_an_output_keeps_its_name_as_input() -> None:
    graph = load_model(make([], [port("x", [2, 3])], ["x"]))
    assert graph.inputs == ("x",) and graph.outputs == ("x.1",)
    assert np.array_equal(run(graph, {"x": _X})[0], _X)


def test_output_names_win_over_names_of_nodes_and_constants() -> None:
    nodes = [
        _node("Transpose", ["x"], ["Transpose"], name="b"),
        _node("MatMul", ["Transpose", "w"], ["b"], name="Transpose"),
    ]
    model = make(nodes, [port("x", [2, 3])], ["b", "Transpose"], {"w": np.ones((2, 2), np.float32)})
    assert_agrees(model, {"x": _X})


def test_shape_chains_fold_away() -> None:
    nodes = [
        _node("Shape", ["x"], ["s"]),
        _node("Gather", ["s", "zero"], ["n"], axis=0),
        _node("Unsqueeze", ["n", "axes"], ["n1"]),
        _node("Concat", ["n1", "rest"], ["target"], axis=0),
        _node("Reshape", ["x", "target"], ["y"]),
    ]
    constants = {"zero": np.int64(0), "axes": np.array([0]), "rest": np.array([3, -1])}
    graph = assert_agrees(make(nodes, [port("x", [2, 3])], ["y"], constants), {"x": _X})
    assert [node.op.name for node in graph.nodes] == ["Reshape"]
    assert not any(value.is_const for value in graph.values.values())


@pytest.mark.parametrize(
    ("start", "limit", "delta", "kind"),
    [(3, 12, 4, "int64"), (10, -3, -3, "int32"), (5, 5, 1, "int64"), (0.5, 3.0, 0.5, "float32")],
)
def test_ranges_are_constants(start: float, limit: float, delta: float, kind: str) -> None:
    constants = {name: np.asarray(v, kind) for name, v in (("a", start), ("b", limit), ("c", delta))}
    graph = assert_agrees(make([_node("Range", ["a", "b", "c"], ["y"])], [], ["y"], constants), {})
    assert [node.op.name for node in graph.nodes] == ["Copy"]


def test_a_range_without_end_is_refused() -> None:
    constants = {"a": np.int64(0), "b": np.int64(5), "c": np.int64(0)}
    error = refusal(make([_node("Range", ["a", "b", "c"], ["y"], name="r")], [], ["y"], constants))
    assert codes(error) == ["TC203"] and "'r'" in str(error)


def test_float64_constants_become_float32_with_notes() -> None:
    constant = numpy_helper.from_array(np.array([0.1, 0.2, 0.3]), "c")
    nodes = [
        _node("Constant", [], ["c"], value=constant, name="const"),
        _node("Cast", ["x"], ["d"], to=TensorProto.DOUBLE),
        _node("Add", ["d", "c"], ["e"]),
        _node("Add", ["e", "k"], ["y"]),
    ]
    graph = load_model(make(nodes, [port("x", [2, 3])], ["y"], {"k": np.full(3, 0.5)}))
    np.testing.assert_allclose(run(graph, {"x": _X})[0], _X + np.array([0.6, 0.7, 0.8]), rtol=1e-6)
    assert "1 double constants were converted to float32" in graph.notes
    assert "2 nodes compute in float32 instead of another float type: const, Cast_1" in graph.notes


def test_sparse_constants_become_dense() -> None:
    values = numpy_helper.from_array(np.array([1.5, -2.0], np.float32), "k")
    dense = np.array([[0, 1.5], [0, 0], [-2, 0]], np.float32)
    for places in (np.array([[0, 1], [2, 0]]), np.array([1, 4])):
        sparse = helper.make_sparse_tensor(values, numpy_helper.from_array(places, "at"), [3, 2])
        model = make([_node("MatMul", ["x", "k"], ["y"])], [port("x", [2, 3])], ["y"])
        model.graph.sparse_initializer.append(sparse)
        np.testing.assert_allclose(run(load_model(model), {"x": _X})[0], _X @ dense, rtol=1e-6)
    outside = helper.make_sparse_tensor(values, numpy_helper.from_array(np.array([1, 6]), "at"), [3, 2])
    del model.graph.sparse_initializer[:]
    model.graph.sparse_initializer.append(outside)
    assert codes(refusal(model)) == ["TC111"]


def _branch(op_type: str, name: str) -> onnx.GraphProto:
    result = helper.make_empty_tensor_value_info(name)
    return helper.make_graph([_node(op_type, ["x"], [name])], name, [], [result])


def _if_model(condition: str, constants: dict[str, Array]) -> onnx.ModelProto:
    branches = {"then_branch": _branch("Neg", "p"), "else_branch": _branch("Abs", "q")}
    node = _node("If", [condition], ["y"], name="choice", **branches)
    inputs = [port("x", [2, 3])] + ([] if condition in constants else [port(condition, [], TensorProto.BOOL)])
    return make([node], inputs, [port("y", [2, 3])], constants)


@pytest.mark.parametrize("taken", [True, False])
def test_an_if_with_a_constant_condition_is_its_branch(taken: bool) -> None:
    graph = assert_agrees(_if_model("c", {"c": np.bool_(taken)}), {"x": _X})
    assert len(graph.nodes) == 1


def test_control_flow_at_run_time_is_refused() -> None:
    error = refusal(_if_model("c", {}))
    assert codes(error) == ["TC221"] and "'choice'" in str(error)
    body = helper.make_graph(
        [_node("Identity", ["k"], ["k2"]), _node("Abs", ["v"], ["v2"])],
        "body",
        [port("i", [], TensorProto.INT64), port("k", [], TensorProto.BOOL), port("v", [2, 3])],
        [port("k2", [], TensorProto.BOOL), port("v2", [2, 3])],
    )
    loop = _node("Loop", ["n", "", "x"], ["y"], body=body)
    assert codes(refusal(make([loop], [port("x", [2, 3])], ["y"], {"n": np.int64(3)}))) == ["TC221"]


def _function(
    name: str, nodes: Sequence[onnx.NodeProto], *defaults: onnx.AttributeProto
) -> onnx.FunctionProto:
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
    return helper.make_function("local", name, ["a", "b"], ["r", "spare"], nodes, opsets, [], defaults)


def test_functions_of_the_model_are_replaced_by_their_bodies() -> None:
    axis = onnx.AttributeProto(name="axis", type=onnx.AttributeProto.INT, ref_attr_name="along")
    inner = _node("Concat", ["a", "b"], ["r"])
    inner.attribute.append(axis)
    default = helper.make_attribute("along", 0)
    join = _function("Join", [inner, _node("Abs", ["a"], ["spare"])], default)
    outer = _function(
        "Twice",
        [
            _node("Join", ["a", "b"], ["j", "s"], domain="local", along=1),
            _node("Neg", ["j"], ["r"]),
            _node("Identity", ["s"], ["spare"]),
        ],
    )
    nodes = [
        _node("Join", ["x", "x"], ["y", "first_spare"], domain="local", name="first"),
        _node("Twice", ["x", "x"], ["z", "s"], domain="local", name="second"),
    ]
    model = make(nodes, [port("x", [2, 3])], ["y", "z", "s"], functions=[join, outer], domains={"local": 1})
    graph = assert_agrees(model, {"x": _X})
    assert graph.type("y").shape == (4, 3) and graph.type("z").shape == (2, 6)
    assert any(origin.startswith("second/") for node in graph.nodes for origin in node.origins)


def _calling(functions: Sequence[onnx.FunctionProto]) -> onnx.ModelProto:
    call = _node(functions[0].name, ["x", "x"], ["y"], domain="local")
    return make([call], [port("x", [2, 3])], ["y"], functions=functions, domains={"local": 1})


def test_functions_that_call_each_other_in_a_circle_are_refused() -> None:
    nodes = [_node("Circle", ["a", "b"], ["r"], domain="local"), _node("Abs", ["a"], ["spare"])]
    error = refusal(_calling([_function("Circle", nodes)]))
    assert codes(error) == ["TC108"] and "nest deeper" in str(error)


def test_functions_that_expand_to_too_many_nodes_are_refused() -> None:
    functions = []
    for level in range(24):
        called, domain = (f"F{level + 1}", "local") if level < 23 else ("Add", "")
        functions.append(
            _function(
                f"F{level}",
                [
                    _node(called, ["a", "b"], ["c"], domain=domain),
                    _node(called, ["c", "b"], ["r"], domain=domain),
                    _node("Abs", ["a"], ["spare"]),
                ],
            )
        )
    error = refusal(_calling(functions))
    assert codes(error) == ["TC108"] and "nodes once its functions are expanded" in str(error)


@pytest.mark.parametrize(
    ("op_type", "attributes"),
    [
        ("MeanVarianceNormalization", {"axes": [0, 1]}),
        ("CastLike", {}),
        ("Softsign", {}),
        ("LogSoftmax", {}),
        ("Shrink", {"bias": 0.5, "lambd": 1.0}),
        ("ThresholdedRelu", {}),
        ("Celu", {"alpha": 0.7}),
    ],
)
def test_operators_that_onnx_defines_by_others_work(op_type: str, attributes: dict[str, object]) -> None:
    operands = ["x", "x"] if op_type == "CastLike" else ["x"]
    node = _node(op_type, operands, ["y"], name="whole", **attributes)
    graph = assert_agrees(make([node], [port("x", [2, 3])], ["y"], opset=18), {"x": _X - 2})
    assert {origin.split("/")[0] for n in graph.nodes for origin in n.origins} <= {"whole", "y"}
