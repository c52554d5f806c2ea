"""Global averages as running sums, so that their operand may come row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.ir import Graph, Node
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class SplitFolds:
    """A reduction over all rows becomes an accumulation and what is left to do at the end (`Op.fold`).

    Not for graphs whose reductions are computed on whole tensors: the sums have a row for every row.
    Results are the same bit for bit.
    """

    name: str = "accumulate over rows"

    def run(self, graph: Graph) -> Graph:
        """The graph with every such reduction split."""
        return rewrite(graph, _split)


def _split(rw: Rewriter, node: Node) -> Sequence[str] | None:
    fold = node.op.fold(rw.in_types(node), rw.out_types(node))
    if fold is None or rw.in_types(node)[0].shape[1] < 2:
        return None
    sums = rw.add(fold.accumulate, node.inputs, origins=node.origins, out_types=(fold.sums,))
    return rw.add(fold.finish, sums, origins=node.origins, out_types=rw.out_types(node))
