"""Functions: bodies that the model or ONNX itself gives for an operator, ready to be walked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import onnx
from onnx import AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, TypeProto

from tinycompile.frontends.onnx_tensor import elem_type_of
from tinycompile.ir import TensorType

FunctionKey = tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class Body:
    """A function body with its attribute references resolved, to be imported in place of the node."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[NodeProto, ...]
    opsets: dict[str, int]


def domain_of(name: str) -> str:
    """The domain with its two spellings of the default one made equal."""
    return "" if name == "ai.onnx" else name


def model_functions(model: ModelProto) -> dict[FunctionKey, FunctionProto]:
    """The model's own functions by (domain, name, overload)."""
    return {(domain_of(f.domain), f.name, f.overload): f for f in model.functions}


def local_body(function: FunctionProto, node: NodeProto, opsets: Mapping[str, int]) -> Body:
    """The body of a function of the model for one call."""
    attributes = {a.name: a for a in function.attribute_proto}
    attributes.update({a.name: a for a in node.attribute})
    return _body(function, attributes, opsets)


def has_standard_body(node: NodeProto, opset: int) -> bool:
    """True when ONNX defines the operator as a function of others."""
    if domain_of(node.domain) != "":
        return False
    schema = _schema(node.op_type, opset)
    return schema is not None and _versions(schema, opset) != (None, None)


def standard_body(node: NodeProto, opset: int, types: Sequence[TensorType | None]) -> Body | None:
    """The body that ONNX's definition of the operator gives for these operand types, or None."""
    schema = _schema(node.op_type, opset)
    if schema is None:
        return None
    attributes = {a.name: a for a in node.attribute}
    for name, attribute in schema.attributes.items():
        default = attribute.default_value
        if name not in attributes and default.type != AttributeProto.UNDEFINED:
            attributes[name] = default
    version, typed_version = _versions(schema, opset)
    function = FunctionProto()
    if version is not None:
        function.ParseFromString(schema.get_function_with_opset_version(version))
        return _body(function, attributes, {"": opset})
    if typed_version is None:
        return None
    data = schema.get_context_dependent_function_with_opset_version(
        typed_version, node.SerializeToString(), [_type_proto(t).SerializeToString() for t in types]
    )
    if not data:
        return None
    function.ParseFromString(data)
    return _body(function, attributes, {"": opset})


def _schema(op_type: str, opset: int) -> onnx.defs.OpSchema | None:
    """The operator's definition at `opset`, else the newest: exporters run ahead of the standard."""
    if onnx.defs.has(op_type, opset, ""):
        return onnx.defs.get_schema(op_type, opset, "")
    return onnx.defs.get_schema(op_type, "") if onnx.defs.has(op_type, "") else None


def _versions(schema: onnx.defs.OpSchema, opset: int) -> tuple[int | None, int | None]:
    """The newest usable versions of the plain body and of the one that depends on operand types."""
    newest = max(opset, schema.since_version)
    plain = max((v for v in schema.function_opset_versions if v <= newest), default=None)
    typed = max((v for v in schema.context_dependent_function_opset_versions if v <= newest), default=None)
    return plain, typed


def _type_proto(type_: TensorType | None) -> TypeProto:
    if type_ is None:
        return TypeProto()
    return onnx.helper.make_tensor_type_proto(elem_type_of(type_.dtype), type_.shape)


def _body(
    function: FunctionProto, attributes: Mapping[str, AttributeProto], opsets: Mapping[str, int]
) -> Body:
    versions = dict(opsets)
    versions.update({domain_of(entry.domain): int(entry.version) for entry in function.opset_import})
    nodes = tuple(_bound(node, attributes) for node in function.node)
    return Body(tuple(function.input), tuple(function.output), nodes, versions)


def _bound(node: NodeProto, attributes: Mapping[str, AttributeProto]) -> NodeProto:
    """A copy of the node with references to the function's attributes replaced by their values."""
    copy = NodeProto()
    copy.CopyFrom(node)
    del copy.attribute[:]
    for attribute in node.attribute:
        resolved = AttributeProto()
        if attribute.ref_attr_name:
            if attribute.ref_attr_name not in attributes:
                continue
            resolved.CopyFrom(attributes[attribute.ref_attr_name])
            resolved.name = attribute.name
        else:
            resolved.CopyFrom(attribute)
            _bind_graphs(resolved, attributes)
        copy.attribute.append(resolved)
    return copy


def _bind_graphs(attribute: AttributeProto, attributes: Mapping[str, AttributeProto]) -> None:
    graphs: list[GraphProto] = [*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])]
    for graph in graphs:
        bound = [_bound(node, attributes) for node in graph.node]
        del graph.node[:]
        graph.node.extend(bound)
