"""Quantisations of integer values, found from the nodes that read or write them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tinycompile.ir import Graph, Node, Quant, Value
from tinycompile.ops.quantise import Dequantize


@dataclass(frozen=True)
class Annotate:
    """Give 8-bit values the quantisation by which they are dequantised, also through data movement.

    Requires: nothing. Ensures: a value read by a per-tensor Dequantize, and every value that is the
    same data moved, carries a quantisation in its type.
    """

    name: str = "annotate quantisations"

    def run(self, graph: Graph) -> Graph:
        """The graph with more quantisations in its types."""
        values = dict(graph.values)
        for node in reversed(graph.nodes):
            if isinstance(node.op, Dequantize) and node.op.quant.per_tensor:
                _annotate(values, node.inputs[0], node.op.quant)
            elif node.op.moves_data:
                _backward(values, node)
        for node in graph.nodes:
            if node.op.moves_data:
                _forward(values, node)
        changed = any(values[name] is not value for name, value in graph.values.items())
        return graph.replaced(values=values) if changed else graph


def _annotate(values: dict[str, Value], name: str, quant: Quant) -> None:
    value = values[name]
    if value.type.quant is None and value.type.dtype.itemsize == 1 and not value.is_const:
        values[name] = replace(value, type=replace(value.type, quant=quant))


def _backward(values: dict[str, Value], node: Node) -> None:
    out = values[node.outputs[0]].type
    if out.quant is not None and out.quant.per_tensor:
        for name in node.inputs:
            if values[name].type.dtype is out.dtype:
                _annotate(values, name, out.quant)


def _forward(values: dict[str, Value], node: Node) -> None:
    dtype = values[node.outputs[0]].type.dtype
    known = {values[n].type.quant for n in node.inputs if values[n].type.dtype is dtype}
    quant = known.pop() if len(known) == 1 else None
    if quant is not None and quant.per_tensor:
        for name in node.outputs:
            _annotate(values, name, quant)
