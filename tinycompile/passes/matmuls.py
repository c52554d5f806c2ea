"""MatMul by a constant matrix becomes FullyConnected, whose weights stand in the order of the results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.ir import Graph, Node
from tinycompile.ops.layout import Transpose
from tinycompile.ops.matmul import FullyConnected, MatMul
from tinycompile.ops.quantise import Dequantize
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class UseFullyConnected:
    """MatMul(x, w[K, N]) -> FullyConnected(x, transposed w) for constant w, quantised or not.

    Requires: nothing. Ensures: no MatMul has a constant 2-D right operand.
    """

    name: str = "use fully connected"

    def run(self, graph: Graph) -> Graph:
        """The graph with constant matrices as weights."""
        return rewrite(graph, _replace)


def is_weight(rw: Rewriter, name: str) -> bool:
    """True for a constant and for a dequantised constant."""
    found = rw.produced_by(name, Dequantize)
    return rw.data(name if found is None else found[0].inputs[0]) is not None


def _replace(rw: Rewriter, node: Node) -> Sequence[str] | None:
    op = node.op
    if not isinstance(op, MatMul) or rw.type(node.inputs[1]).rank != 2 or not is_weight(rw, node.inputs[1]):
        return None
    x, w = node.inputs
    transposed = rw.add1(Transpose((1, 0)), w, origins=node.origins)
    return rw.add(FullyConnected(lo=op.lo, hi=op.hi), [x, transposed], origins=node.origins)
