"""Models older than the import rules: lifted by onnx's version converter."""

from __future__ import annotations

import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper

from tinycompile.errors import Diagnostic, ModelError
from tinycompile.frontends.codes import OPSET

#: Import rules cover operator sets from here on.
OLDEST_OPSET = 7

#: Operators that aligned their second operand with an axis of the first before operator set 7.
_ALIGNED = frozenset({"Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Greater", "Less"})


def upgraded(model: ModelProto, label: str, version: int) -> ModelProto:
    """A copy of `model`, of operator set `version`, lifted to OLDEST_OPSET.

    Raises:
        ModelError: the model is not valid, or the converter does not know how.
    """
    proto = ModelProto()
    proto.CopyFrom(model)
    _complete_header(proto, version)
    try:
        onnx.checker.check_model(proto)
        _spell_out_alignment(proto)
        return onnx.version_converter.convert_version(proto, OLDEST_OPSET)
    # The converter reports by whatever its C++ parts throw.
    except Exception as error:
        detail = (str(error).strip() or repr(error)).splitlines()[0]
        raise ModelError(
            Diagnostic(
                OPSET,
                f"{label}: operator set {version} cannot be converted to {OLDEST_OPSET}: {detail}",
                hint=f"export the model with opset {OLDEST_OPSET} or later",
            )
        ) from error


def _complete_header(proto: ModelProto, version: int) -> None:
    """Declare the version, and list initialisers among the inputs, as IR versions below 4 want it."""
    if not proto.opset_import:
        proto.ir_version = max(proto.ir_version, 3)
        proto.opset_import.append(helper.make_opsetid("", version))
    named = {value.name for value in proto.graph.input}
    for tensor in proto.graph.initializer:
        if proto.ir_version < 4 and tensor.name not in named:
            value = helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
            proto.graph.input.append(value)


def _spell_out_alignment(proto: ModelProto) -> None:
    """Replace `axis` of broadcasting operators by dimensions of size 1 behind the second operand.

    The converter appends one dimension too many (onnx 1.23 turns [C] along axis 1 of a 4-D tensor
    into [C, 1, 1, 1]), so this is done before.
    """
    ranks = _ranks(onnx.shape_inference.infer_shapes(proto).graph)
    nodes: list[NodeProto] = []
    for index, node in enumerate(proto.graph.node):
        axis = next((a.i for a in node.attribute if a.name == "axis"), None)
        if node.op_type in _ALIGNED and axis is not None and set(node.input) <= ranks.keys():
            rank = ranks[node.input[0]]
            missing = rank - axis % max(rank, 1) - ranks[node.input[1]]
            if missing > 0:
                aligned = f"{node.input[1]}/aligned_{index}"
                axes = [ranks[node.input[1]] + i for i in range(missing)]
                nodes.append(helper.make_node("Unsqueeze", [node.input[1]], [aligned], axes=axes))
                node.input[1] = aligned
            kept = [a for a in node.attribute if a.name != "axis"]
            del node.attribute[:]
            node.attribute.extend(kept)
        nodes.append(node)
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)


def _ranks(graph: GraphProto) -> dict[str, int]:
    """The number of dimensions of every tensor for which it is known."""
    found = {
        value.name: len(value.type.tensor_type.shape.dim)
        for value in (*graph.input, *graph.value_info, *graph.output)
        if value.type.tensor_type.HasField("shape")
    }
    constants: list[TensorProto] = list(graph.initializer)
    found.update({tensor.name: len(tensor.dims) for tensor in constants})
    found.update(
        {
            node.output[0]: len(a.t.dims)
            for node in graph.node
            if node.op_type == "Constant"
            for a in node.attribute
            if a.name == "value"
        }
    )
    return found
