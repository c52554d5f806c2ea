"""Whether a quantised graph takes and gives integers or floats."""

from __future__ import annotations

from dataclasses import replace

from tinycompile.ir import DType, Graph, Node, TensorType, Value, ValueKind, verify
from tinycompile.ops.layout import Copy
from tinycompile.ops.quantise import Dequantize, Quantize
from tinycompile.passes.duplicates import RemoveDead
from tinycompile.passes.quantised import is_byte


def strip_float_edges(graph: Graph) -> Graph:
    """Inputs that are only quantised, and outputs that are dequantised, become the integers themselves.

    Names stay; the types then carry the quantisation. The same graph when there are none.
    """
    changed = graph
    for name in graph.inputs:
        changed = _strip_input(changed, name)
    for index in range(len(graph.outputs)):
        changed = _strip_output(changed, index)
    return changed if changed is graph else verify(RemoveDead().run(changed), "strip float edges")


def float_edges(graph: Graph) -> Graph:
    """Quantised inputs and outputs become float32, with a Quantize or Dequantize behind or before them."""
    changed = graph
    for name in graph.inputs:
        if is_byte(graph.type(name)):
            changed = _float_input(changed, name)
    for index, name in enumerate(graph.outputs):
        if is_byte(graph.type(name)):
            changed = _float_output(changed, index)
    return changed if changed is graph else verify(changed, "float edges")


def _strip_input(graph: Graph, name: str) -> Graph:
    readers = graph.consumers[name]
    types = {graph.type(node.outputs[0]) for node in readers if isinstance(node.op, Quantize)}
    quantised = types.pop() if len(types) == 1 else None
    if name in graph.outputs or not all(isinstance(n.op, Quantize) for n in readers):
        return graph
    if quantised is None or not is_byte(quantised):
        return graph
    gone = {out for node in readers for out in node.outputs}
    if gone.intersection(graph.outputs):
        return graph
    nodes = [_reading(n, dict.fromkeys(gone, name)) for n in graph.nodes if n not in readers]
    values = {**graph.values, name: Value(name, quantised, ValueKind.INPUT)}
    return graph.replaced(nodes=nodes, values=values)


def _strip_output(graph: Graph, index: int) -> Graph:
    name = graph.outputs[index]
    node = graph.producers.get(name)
    if node is None or not isinstance(node.op, Dequantize) or graph.consumers[name]:
        return graph
    stored = node.inputs[0]
    if not is_byte(graph.type(stored)):
        return graph
    values = {**graph.values, name: Value(name, graph.type(stored))}
    if stored in graph.outputs or graph.values[stored].kind is not ValueKind.TEMP:
        copy = replace(node, op=Copy())
        return graph.replaced(nodes=[copy if n is node else n for n in graph.nodes], values=values)
    nodes = [_writing(_reading(n, {stored: name}), {stored: name}) for n in graph.nodes if n is not node]
    return graph.replaced(nodes=nodes, values=values)


def _float_input(graph: Graph, name: str) -> Graph:
    type_ = graph.type(name)
    inner = _fresh(graph, f"{name}.quantised")
    values = {
        **graph.values,
        inner: Value(inner, type_),
        name: Value(name, _float(type_), ValueKind.INPUT),
    }
    assert type_.quant is not None
    quantize = Node(Quantize(type_.dtype, type_.quant), (name,), (inner,))
    nodes = (quantize, *(_reading(n, {name: inner}) for n in graph.nodes))
    outputs = tuple(inner if n == name else n for n in graph.outputs)
    return graph.replaced(nodes=nodes, values=values, outputs=outputs)


def _float_output(graph: Graph, index: int) -> Graph:
    name, type_ = graph.outputs[index], graph.type(graph.outputs[index])
    if graph.values[name].kind is not ValueKind.TEMP:
        return graph
    inner = _fresh(graph, f"{name}.quantised")
    values = {**graph.values, inner: Value(inner, type_), name: Value(name, _float(type_))}
    assert type_.quant is not None
    nodes = [_writing(_reading(n, {name: inner}), {name: inner}) for n in graph.nodes]
    return graph.replaced(nodes=(*nodes, Node(Dequantize(type_.quant), (inner,), (name,))), values=values)


def _float(type_: TensorType) -> TensorType:
    return type_.with_dtype(DType.FLOAT32)


def _fresh(graph: Graph, hint: str) -> str:
    name, count = hint, 0
    while name in graph.values:
        count += 1
        name = f"{hint}.{count}"
    return name


def _reading(node: Node, names: dict[str, str]) -> Node:
    if not any(n in names for n in node.inputs):
        return node
    return replace(node, inputs=tuple(names.get(n, n) for n in node.inputs))


def _writing(node: Node, names: dict[str, str]) -> Node:
    if not any(n in names for n in node.outputs):
        return node
    return replace(node, outputs=tuple(names.get(n, n) for n in node.outputs))
