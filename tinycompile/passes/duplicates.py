"""Nodes and constants that stand in the graph twice, and what nothing needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.ir import Graph, Node, TensorType
from tinycompile.ops.layout import Copy
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class MergeDuplicates:
    """Nodes with equal operators, operands and types become one; so do equal constants.

    Requires: operators are pure. Ensures: no two such nodes. Copies stay: they exist to be apart.
    """

    name: str = "merge duplicates"

    def run(self, graph: Graph) -> Graph:
        """The graph with every common subexpression computed once."""
        merged = _Merger(graph)
        return rewrite(graph, merged.rule)


@dataclass(frozen=True)
class RemoveDead:
    """Drop nodes whose results nobody reads.

    Requires: nothing. Ensures: every node is needed by some graph output.
    """

    name: str = "remove dead code"

    def run(self, graph: Graph) -> Graph:
        """The graph without unneeded nodes."""
        needed, kept = set(graph.outputs), []
        for node in reversed(graph.nodes):
            if needed.intersection(node.outputs):
                needed.update(node.inputs)
                kept.append(node)
        return graph if len(kept) == len(graph.nodes) else graph.replaced(nodes=reversed(kept))


class _Merger:
    """Remembers what was computed before; constants count as equal when their bytes are."""

    def __init__(self, graph: Graph) -> None:
        self.seen: dict[tuple[object, ...], Sequence[str]] = {}
        self.constants: dict[str, str] = {}
        first: dict[tuple[TensorType, bytes], str] = {}
        for name, value in graph.values.items():
            if value.is_const:
                self.constants[name] = first.setdefault((value.type, value.array.tobytes()), name)

    def rule(self, rw: Rewriter, node: Node) -> Sequence[str] | None:
        if isinstance(node.op, Copy):
            return None
        inputs = tuple(self.constants.get(n, n) for n in node.inputs)
        key = (node.op, inputs, rw.out_types(node))
        if key in self.seen:
            return self.seen[key]
        self.seen[key] = node.outputs
        return None
