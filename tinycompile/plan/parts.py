"""An operator applied to a part of its result: which operator, on which parts of the operands."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.ir import Graph, Node, Op, Region, Types


@dataclass(frozen=True)
class PartCall:
    """`op` on operands of types `ins` gives a region of the result, of types `outs`.

    Attributes:
        needs: per operand of the original operator the region that is read, None for one read as it is.
        carries: the row before the region is one more operand, the last.
    """

    op: Op
    ins: Types
    outs: Types
    needs: tuple[Region | None, ...]
    carries: bool


def part_call(op: Op, region: Region, ins: Types, outs: Types) -> PartCall | None:
    """The call that computes `region` of the result alone; None when there is none."""
    form = op.region_form(region, ins, outs)
    if form is None:
        return None
    parts = tuple(t if need is None else need.part(t) for t, need in zip(ins, form.needs, strict=True))
    return PartCall(form.op, parts, (region.part(outs[0]),), form.needs, form.carries)


class Parts:
    """The calls for parts of the nodes of a graph, each worked out once: chains of nodes overlap."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._known: dict[tuple[Node, Region], PartCall | None] = {}

    def call(self, node: Node, region: Region) -> PartCall | None:
        """`part_call` of a node."""
        key = (node, region)
        if key not in self._known:
            ins, outs = self.graph.in_types(node), self.graph.out_types(node)
            self._known[key] = part_call(node.op, region, ins, outs)
        return self._known[key]
