"""Chains of elementwise operators that compute a function of one tensor become that function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, Graph, Node, Op
from tinycompile.ops.activation import HardSigmoid, Swish
from tinycompile.ops.lookup import Lookup
from tinycompile.ops.pointwise import Pointwise
from tinycompile.ops.unary import Unary
from tinycompile.passes.cones import Cone, cones
from tinycompile.passes.quantised import is_byte
from tinycompile.passes.rewrite import Rewriter, rewrite

#: Functions that exporters write out in their own ways.
_KNOWN: tuple[Pointwise, ...] = (
    Unary("HardSwish"),
    HardSigmoid(1 / 6, 0.5),
    HardSigmoid(),
    Swish(),
    Swish(1.702),
    Unary("Gelu"),
    Unary("GeluTanh"),
    Unary("Mish"),
    Unary("Sigmoid"),
    Unary("Softsign"),
)
#: Where functions are compared, and how close they must be: far closer than any two of them are.
_POINTS = np.linspace(-12.0, 12.0, 2401, dtype=np.float32)
_TOLERANCE = 4e-6


@dataclass(frozen=True)
class RecogniseFunctions:
    """x * sigmoid(x), x * clip(x + 3, 0, 6) / 6 and the like -> Swish, HardSwish, ...

    Known by their values, however they are written. One step instead of several, one tensor less in the
    arena, and in an int8 model no rounding in between.

    Requires: nothing. Ensures: no chain on floats that has the values of a known function.
    """

    name: str = "recognise functions"

    def run(self, graph: Graph) -> Graph:
        """The graph with functions by their names."""
        return _replaced(graph, _known)


@dataclass(frozen=True)
class TabulateFunctions:
    """Several elementwise operators between one 8-bit tensor and another -> one table of 256 results.

    The results are the same bit for bit: the table is computed by the operators themselves.

    Requires: integer operators are formed. Ensures: no such chain.
    """

    name: str = "tabulate functions"

    def run(self, graph: Graph) -> Graph:
        """The graph with tables."""
        return _replaced(graph, _table)


def _replaced(graph: Graph, recognise: Callable[[Cone], Op | None]) -> Graph:
    """The graph with the largest cones that have another form, from the end on."""
    position = {node: index for index, node in enumerate(graph.nodes)}
    found: dict[tuple[str, ...], tuple[Op, Cone]] = {}
    taken: set[Node] = set()
    for node in reversed(graph.nodes):
        for cone in reversed([] if node in taken else list(cones(graph, node, position))):
            op = recognise(cone)
            if op is not None:
                found[node.outputs] = (op, cone)
                taken.update(cone.nodes)
                break
    if not found:
        return graph

    def rule(rw: Rewriter, node: Node) -> Sequence[str] | None:
        if node.outputs not in found:
            return None
        op, cone = found[node.outputs]
        origins = tuple(dict.fromkeys(o for n in cone.nodes for o in n.origins))
        return rw.add(op, [rw.current(cone.root)], origins=origins, out_types=rw.out_types(node))

    return rewrite(graph, rule)


def _known(cone: Cone) -> Op | None:
    graph = cone.graph
    names = (cone.root, *(n.outputs[0] for n in cone.nodes))
    if any(graph.type(n).dtype is not DType.FLOAT32 for n in names):
        return None
    values = cone.at(_POINTS)
    for op in _KNOWN:
        wanted = op.real(_POINTS.astype(np.float64))
        if np.allclose(values, wanted, rtol=_TOLERANCE, atol=_TOLERANCE):
            return op
    return None


def _table(cone: Cone) -> Op | None:
    root, result = cone.graph.type(cone.root), cone.graph.type(cone.nodes[-1].outputs[0])
    if not (is_byte(root) and is_byte(result)):
        return None
    low, high = root.dtype.limits
    entries = cone.at(np.arange(low, high + 1).astype(root.dtype.numpy))
    return Lookup(tuple(int(e) for e in entries))
