"""Inputs and outputs that come and go row by row: without the transpose to or from NHWC at the edge.

A row of an image is what a camera or a display has: the pixels of one line, channels interleaved.
"""

from __future__ import annotations

from dataclasses import replace

from tinycompile.ir import Graph, Node, TensorType, Value, ValueKind, verify
from tinycompile.ops.layout import Reshape, Transpose
from tinycompile.ops.quantise import Requantize
from tinycompile.passes.duplicates import RemoveDead

Perm = tuple[int, ...]
_TO_NHWC, _TO_NCHW = (0, 2, 3, 1), (0, 3, 1, 2)


def nhwc_input(graph: Graph, name: str) -> tuple[Graph, Perm | None]:
    """The graph with input `name` as NHWC, and the permutation that its data need; None if unchanged.

    Done where the input is read through a transpose to NHWC, or a reshape that amounts to one, be its
    bytes converted before that or not.
    """
    read = _converted(graph, name)
    readers = graph.consumers[read]
    moved = readers and all(_moves(graph, n, _TO_NHWC) for n in readers)
    gone = {node.outputs[0] for node in readers}
    if not moved or gone.union({name, read}).intersection(graph.outputs):
        return graph, None
    shape = graph.type(readers[0].outputs[0]).shape
    values = {
        **graph.values,
        read: replace(graph.values[read], type=graph.type(read).with_shape(shape)),
        name: Value(name, graph.type(name).with_shape(shape), ValueKind.INPUT),
    }
    nodes = [
        replace(n, inputs=tuple(read if i in gone else i for i in n.inputs))
        for n in graph.nodes
        if n not in readers
    ]
    changed = graph.replaced(nodes=nodes, values=values)
    return verify(RemoveDead().run(changed), "take rows at the input"), _TO_NHWC


def nhwc_output(graph: Graph, name: str) -> tuple[Graph, Perm | None]:
    """The same for an output that is made by a transpose from NHWC, which nothing else reads."""
    node = graph.producers.get(name)
    if node is None or graph.consumers[name] or not _moves(graph, node, _TO_NCHW):
        return graph, None
    inner = node.inputs[0]
    if graph.values[inner].kind is not ValueKind.TEMP or set(graph.consumers[inner]) != {node}:
        return graph, None
    values = {**graph.values, name: replace(graph.values[inner], name=name)}
    nodes = [
        replace(n, outputs=tuple(name if o == inner else o for o in n.outputs))
        for n in graph.nodes
        if n is not node
    ]
    changed = graph.replaced(nodes=nodes, values=values)
    return verify(RemoveDead().run(changed), "give rows at the output"), _TO_NHWC


def _converted(graph: Graph, name: str) -> str:
    """What a conversion makes of an input that nothing else reads; else the input itself."""
    readers = graph.consumers[name]
    return readers[0].outputs[0] if len(readers) == 1 and isinstance(readers[0].op, Requantize) else name


def _moves(graph: Graph, node: Node, perm: Perm) -> bool:
    """Whether a node does what a transpose by `perm` does."""
    if isinstance(node.op, Transpose):
        return node.op.perm == perm
    x, y = graph.type(node.inputs[0]), graph.type(node.outputs[0])
    return isinstance(node.op, Reshape) and x.rank == y.rank == 4 and _same_bytes(x, y, perm)


def _same_bytes(x: TensorType, y: TensorType, perm: Perm) -> bool:
    """A transpose that leaves all dimensions larger than 1 in their order."""
    large = [p for p in perm if x.shape[p] > 1]
    return y.shape == tuple(x.shape[p] for p in perm) and large == sorted(large)
