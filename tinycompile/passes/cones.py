"""Cones: parts of a graph that compute one tensor from one other, element by element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import Graph, Node
from tinycompile.ops.broadcast import Elementwise
from tinycompile.ops.lookup import Lookup
from tinycompile.ops.pointwise import Pointwise
from tinycompile.ops.quantise import Dequantize, Quantize, Requantize

_MAX_NODES = 16


@dataclass(frozen=True, eq=False)
class Cone:
    """A function of `root`: `nodes` in order, the last gives the result, nobody else reads the others.

    All tensors have the shape of the root; every other operand is a constant of one element.
    """

    graph: Graph
    root: str
    nodes: tuple[Node, ...]

    def at(self, values: np.ndarray) -> np.ndarray:
        """The function of the elements of a vector of the root's element type."""
        known: dict[str, np.ndarray] = {self.root: values}
        for node in self.nodes:
            xs = [known[n] if n in known else self.graph.values[n].array.reshape(1) for n in node.inputs]
            types = self.graph.in_types(node)
            ins = tuple(t.with_shape(x.shape) for t, x in zip(types, xs, strict=True))
            outs = tuple(t.with_shape(values.shape) for t in self.graph.out_types(node))
            with np.errstate(all="ignore"):
                known[node.outputs[0]] = node.op.evaluate(xs, ins, outs)[0]
        return known[self.nodes[-1].outputs[0]]


def cones(graph: Graph, node: Node, position: Mapping[Node, int]) -> Iterator[Cone]:
    """The cones of two nodes and more that end in `node`, smallest first.

    Grown backwards from `node` by the latest value that is read, so that all its readers are inside.
    """
    members: set[Node] = set()
    frontier = {node.outputs[0]}
    while len(members) < _MAX_NODES:
        makers = {graph.producers[n]: n for n in frontier if n in graph.producers}
        latest = max(makers, key=position.__getitem__, default=None)
        if latest is None or not _joins(graph, latest, node, members):
            return
        members.add(latest)
        frontier.remove(makers[latest])
        frontier |= {n for n in latest.inputs if not graph.values[n].is_const}
        if len(frontier) == 1 and len(members) > 1:
            (root,) = frontier
            yield Cone(graph, root, tuple(sorted(members, key=position.__getitem__)))


def _joins(graph: Graph, node: Node, last: Node, members: set[Node]) -> bool:
    """True for an elementwise node whose result, unless it is the last, is read inside alone."""
    if not isinstance(node.op, Pointwise | Elementwise | Requantize | Quantize | Dequantize | Lookup):
        return False
    out = node.outputs[0]
    if node is not last and (out in graph.outputs or not members.issuperset(graph.consumers[out])):
        return False
    if isinstance(node.op, Quantize | Dequantize) and not node.op.quant.per_tensor:
        return False
    shape, operands = graph.type(out).shape, [graph.values[n] for n in node.inputs]
    return all(v.type.elements == 1 if v.is_const else v.type.shape == shape for v in operands)
