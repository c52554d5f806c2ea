"""Zero padding before a sliding window becomes padding of the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.ir import Graph, Node
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class MergePads:
    """window(pad(x)) -> window with larger pads (x), when the padding is zero and has no other reader.

    Requires: nothing; on integers the padding's operand and result have one quantisation.
    Ensures: no operator that can pad by itself reads the sole result of zero padding.
    """

    name: str = "merge pads"

    def run(self, graph: Graph) -> Graph:
        """The graph with fewer padding nodes."""
        return rewrite(graph, _merge)


def _merge(rw: Rewriter, node: Node) -> Sequence[str] | None:
    pad = rw.producer(node.inputs[0]) if node.inputs else None
    if pad is None or not rw.sole_use(node.inputs[0]):
        return None
    pads = pad.op.zero_pads(rw.in_types(pad), rw.out_types(pad))
    if pads is None or rw.type(pad.inputs[0]).quant != rw.type(node.inputs[0]).quant:
        return None
    op = node.op.padded(pads)
    if op is None:
        return None
    operands = [pad.inputs[0], *node.inputs[1:]]
    origins = (*pad.origins, *node.origins)
    return rw.add(op, operands, origins=origins, hint=node.outputs[0], out_types=rw.out_types(node))
