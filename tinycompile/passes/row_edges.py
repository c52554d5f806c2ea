"""Inputs and outputs that come and go row by row: without the transpose to or from NHWC at the edge.

A row of an image is what a camera or a display has: the pixels of one line, channels interleaved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tinycompile.ir import Graph, Node, TensorType, Value, ValueKind, verify
from tinycompile.ops.layout import Reshape, Transpose
from tinycompile.ops.quantise import Requantize
from tinycompile.passes.duplicates import RemoveDead
from tinycompile.passes.permutations import permuted
from tinycompile.passes.rewrite import Rewriter, rewrite

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
    """The same for an output that is made by a transpose from NHWC, which nothing else reads.

    Joins and elementwise operators whose operands are such transposes come ahead of theirs first: the choice
    of layouts counts bytes alone and may have left them behind.
    """
    graph = rewrite(graph, lambda rw, node: _raised(rw, node) if name in node.outputs else None)
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


def _raised(rw: Rewriter, node: Node) -> Sequence[str] | None:
    """The node on operands as NHWC, with the transpose behind it."""
    result = _on_nhwc(rw, node)
    back = Transpose(_TO_NCHW)
    return (
        None if result is None else rw.add(back, [result], origins=node.origins, out_types=rw.out_types(node))
    )


def _on_nhwc(rw: Rewriter, node: Node) -> str | None:
    """What a node makes, as NHWC; None where that would take more transposes."""
    out = rw.out_types(node)[0]
    if out.rank != 4 or len(node.outputs) != 1 or _moves(rw.source, node, _TO_NCHW):
        return None
    op = node.op.permuted(_TO_NHWC, rw.in_types(node), rw.out_types(node))
    operands = [_nhwc_operand(rw, name, node) for name in node.inputs]
    if op is None or None in operands:
        return None
    type_ = out.with_shape(permuted(out.shape, _TO_NHWC))
    return rw.add1(op, *[n for n in operands if n is not None], origins=node.origins, out_type=type_)


def _nhwc_operand(rw: Rewriter, name: str, reader: Node) -> str | None:
    node = rw.source.producers.get(name)
    if node is None:
        return None
    if _moves(rw.source, node, _TO_NCHW):
        return node.inputs[0]
    return _on_nhwc(rw, node) if set(rw.source.consumers[name]) == {reader} else None


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
