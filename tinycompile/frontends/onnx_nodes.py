"""Nodes of the source model: which are needed, in which order, and their attributes without protobuf."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence

import onnx
from onnx import AttributeProto, GraphProto, NodeProto, TensorProto

from tinycompile.errors import Diagnostic, ModelError
from tinycompile.frontends.codes import MALFORMED
from tinycompile.frontends.onnx_tensor import READ_AS_FLOAT32, array_of, sparse_array_of
from tinycompile.ops.source import AttributeValue

#: Attributes that hold an element type; the float types that are read as float32 are renamed there too.
_TYPE_ATTRIBUTES = ("to", "dtype", "output_dtype")


def malformed(message: str, origins: tuple[str, ...] = (), hint: str = "") -> ModelError:
    """A ModelError about a model that contradicts itself, to be raised by the caller."""
    return ModelError(Diagnostic(MALFORMED, message, origins, hint or "check the model with onnx.checker"))


def reads(node: NodeProto) -> Iterator[str]:
    """The names that a node reads, those that its subgraphs read from outside included."""
    yield from (name for name in node.input if name)
    for graph in subgraphs(node):
        inner = {name for n in graph.node for name in n.output}
        inner.update(tensor.name for tensor in graph.initializer)
        inner.update(value.name for value in graph.input)
        names = [name for n in graph.node for name in reads(n)] + [value.name for value in graph.output]
        yield from (name for name in names if name not in inner)


def subgraphs(node: NodeProto) -> Iterator[GraphProto]:
    """The graphs among a node's attributes."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def live_order(nodes: Sequence[NodeProto], outputs: Iterable[str]) -> list[int]:
    """Indices of the nodes that the outputs need, sorted; in the file's order where it is topological.

    Raises:
        ModelError: a name is computed twice, or the nodes form a cycle.
    """
    producers: dict[str, int] = {}
    for index, node in enumerate(nodes):
        for name in filter(None, node.output):
            if name in producers:
                first = nodes[producers[name]].name
                raise malformed(f"'{name}' is computed twice, by nodes '{first}' and '{node.name}'")
            producers[name] = index
    sources = [{producers[n] for n in reads(node) if n in producers} for node in nodes]
    needed: set[int] = set()
    stack = [producers[name] for name in outputs if name in producers]
    while stack:
        index = stack.pop()
        if index not in needed:
            needed.add(index)
            stack.extend(sources[index])
    return _sorted(needed, sources, nodes)


def _sorted(needed: set[int], sources: Sequence[set[int]], nodes: Sequence[NodeProto]) -> list[int]:
    waiting = {index: len(sources[index]) for index in needed}
    readers: dict[int, list[int]] = {index: [] for index in needed}
    for index in needed:
        for source in sources[index]:
            readers[source].append(index)
    ready = [index for index, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        index = heapq.heappop(ready)
        order.append(index)
        for reader in readers[index]:
            waiting[reader] -= 1
            if waiting[reader] == 0:
                heapq.heappush(ready, reader)
    if len(order) < len(needed):
        stuck = [nodes[i].name or nodes[i].op_type for i in sorted(needed - set(order))]
        raise malformed(f"nodes depend on their own results: {', '.join(stuck[:8])}", tuple(stuck))
    return order


def attributes_of(node: NodeProto, label: str) -> dict[str, AttributeValue]:
    """The node's attributes as plain values; graphs and types are left out.

    Raises:
        ModelError: a tensor attribute is unusable.
    """
    found: dict[str, AttributeValue] = {}
    for attribute in node.attribute:
        value = _value(attribute, f"{label}: attribute '{attribute.name}'")
        if attribute.name in _TYPE_ATTRIBUTES and value in READ_AS_FLOAT32:
            value = int(TensorProto.FLOAT)
        if value is not None:
            found[attribute.name] = value
    return found


def asks_for_other_float(node: NodeProto) -> bool:
    """True when a constant or a type among the attributes is of a float type that is read as float32."""
    return any(
        (a.type == AttributeProto.TENSOR and a.t.data_type in READ_AS_FLOAT32)
        or (a.type == AttributeProto.INT and a.name in _TYPE_ATTRIBUTES and a.i in READ_AS_FLOAT32)
        for a in node.attribute
    )


def _value(attribute: AttributeProto, what: str) -> AttributeValue | None:
    kind = attribute.type
    if kind == AttributeProto.INT:
        return int(attribute.i)
    if kind == AttributeProto.FLOAT:
        return float(attribute.f)
    if kind == AttributeProto.STRING:
        return bytes(attribute.s).decode("utf-8", "replace")
    if kind == AttributeProto.INTS:
        return tuple(int(v) for v in attribute.ints)
    if kind == AttributeProto.FLOATS:
        return tuple(float(v) for v in attribute.floats)
    if kind == AttributeProto.STRINGS:
        return tuple(bytes(s).decode("utf-8", "replace") for s in attribute.strings)
    if kind == AttributeProto.TENSOR:
        return array_of(attribute.t, what)
    if kind == AttributeProto.SPARSE_TENSOR:
        return sparse_array_of(attribute.sparse_tensor, what)
    return None


def check_definition(node: NodeProto, label: str, opset: int, ir_version: int) -> None:
    """Check operand counts and attribute types against ONNX's definition of the operator, where there is one.

    Raises:
        ModelError: the node does not follow it.
    """
    if not onnx.defs.has(node.op_type, opset, "") or any(True for _ in subgraphs(node)):
        return
    if onnx.defs.get_schema(node.op_type, opset, "").deprecated:
        return
    context = onnx.checker.C.CheckerContext()
    context.ir_version = ir_version
    context.opset_imports = {"": opset}
    try:
        onnx.checker.check_node(node, context)
    except onnx.checker.ValidationError as error:
        detail = next(iter(str(error).strip().splitlines()), "")
        raise malformed(f"{label} does not follow its definition: {detail}", (node.name,)) from error
