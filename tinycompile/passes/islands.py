"""What of a quantised graph still computes with floats, and its notes for the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.ir import DType, Graph, Node
from tinycompile.ops.quantise import Dequantize, Quantize
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class DequantiseConstants:
    """Dequantize(constant) that a float operator reads -> a float constant.

    Flash holds the floats, because dequantising at run time would need them in the arena.

    Requires: integer operators are formed. Ensures: no Dequantize of a constant.
    """

    name: str = "dequantise constants"

    def run(self, graph: Graph) -> Graph:
        """The graph with float weights in its float islands."""
        return rewrite(graph, _dequantise)


@dataclass(frozen=True)
class NoteFloatIslands:
    """Add a note for every operator of a quantised graph that computes with floats.

    Requires: integer operators are formed. Ensures: such operators are named in `notes`.
    """

    name: str = "note float islands"

    def run(self, graph: Graph) -> Graph:
        """The graph with its notes."""
        if not any(t.type.quant is not None and not t.is_const for t in graph.values.values()):
            return graph
        notes = [_note(node) for node in graph.nodes if _computes_floats(graph, node)]
        new = [note for note in dict.fromkeys(notes) if note not in graph.notes]
        return graph.replaced(notes=new) if new else graph


def quantises_activations(graph: Graph) -> bool:
    """True when a computed value is quantised or dequantised."""
    return any(
        isinstance(node.op, Quantize | Dequantize) and not graph.values[node.inputs[0]].is_const
        for node in graph.nodes
    )


def _dequantise(rw: Rewriter, node: Node) -> Sequence[str] | None:
    data = rw.data(node.inputs[0]) if isinstance(node.op, Dequantize) else None
    if data is None:
        return None
    return [rw.const(node.op.evaluate([data], rw.in_types(node), rw.out_types(node))[0], node.outputs[0])]


def _computes_floats(graph: Graph, node: Node) -> bool:
    if isinstance(node.op, Quantize | Dequantize) or node.op.moves_data:
        return False
    return any(t.dtype is DType.FLOAT32 for t in (*graph.in_types(node), *graph.out_types(node)))


def _note(node: Node) -> str:
    names = ", ".join(f"'{origin}'" for origin in dict.fromkeys(node.origins)) or f"'{node.outputs[0]}'"
    return f"float island: {names} ({node.op.name}) runs in float32, because it has no integer form here"
