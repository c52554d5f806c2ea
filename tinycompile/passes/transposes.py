"""Transposes move through operators that do not care about layout, and meet their inverses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.ir import Graph, Node
from tinycompile.ops.layout import Reshape, Transpose
from tinycompile.passes.identities import inverse
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class SinkTransposes:
    """op(transpose(a), transpose(b), ...) -> transpose(op'(a, b, ...)) when all operands agree.

    Constants are transposed at compile time.

    Requires: nothing. Ensures: fewer or later transposes, never more bytes transposed per node.
    """

    name: str = "sink transposes"

    def run(self, graph: Graph) -> Graph:
        """The graph with transposes further down."""
        return rewrite(graph, _sink)


def _sink(rw: Rewriter, node: Node) -> Sequence[str] | None:
    if isinstance(node.op, Transpose | Reshape):
        return None
    before = [rw.produced_by(n, Transpose) for n in node.inputs if rw.data(n) is None]
    perms = {found[1].perm if found is not None else None for found in before}
    perm = perms.pop() if len(perms) == 1 else None
    if perm is None:
        return None
    back = inverse(perm)
    op = node.op.permuted(back, rw.in_types(node), rw.out_types(node))
    names = [_without(rw, n, back) for n in node.inputs]
    if op is None or any(n is None for n in names):
        return None
    permuted = tuple(t.with_shape(tuple(t.shape[p] for p in back)) for t in rw.out_types(node))
    results = rw.add(op, [n for n in names if n], origins=node.origins, out_types=permuted)
    return [
        rw.add1(Transpose(perm), result, out_type=type_)
        for result, type_ in zip(results, rw.out_types(node), strict=True)
    ]


def _without(rw: Rewriter, name: str, back: tuple[int, ...]) -> str | None:
    found = rw.produced_by(name, Transpose)
    if found is not None:
        return found[0].inputs[0]
    shape = rw.type(name).shape
    if len(shape) > len(back):
        return None
    full = rw.add1(Reshape((*(1,) * (len(back) - len(shape)), *shape)), name)
    return rw.add1(Transpose(back), full)
