"""Transposes against reshapes: sunk below them, raised above them, or absorbed by the weights behind them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.ir import Graph, Node
from tinycompile.ops.layout import Reshape, Transpose
from tinycompile.ops.matmul import FullyConnected
from tinycompile.passes.matmuls import is_weight
from tinycompile.passes.permutations import Perm, composed, inverse, permuted, through_reshape
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class SinkBelowReshapes:
    """reshape(transpose(x)) -> transpose(reshape(x)), where the reshape joins nothing new.

    Requires: nothing. Ensures: a transpose that feeds only a reshape brings together what that joins.
    """

    name: str = "sink transposes below reshapes"

    def run(self, graph: Graph) -> Graph:
        """The graph with transposes further down."""
        return rewrite(graph, _sink)


@dataclass(frozen=True)
class RaiseAboveReshapes:
    """transpose(reshape(transpose(x))) -> reshape(transpose(x)), where the later transpose splits no block.

    What remains of a channel shuffle between operators that work on channels last.

    Requires: nothing. Ensures: no reshape between two transposes that one could do the work of.
    """

    name: str = "raise transposes above reshapes"

    def run(self, graph: Graph) -> Graph:
        """The graph with two transposes in one."""
        return rewrite(graph, _raise)


@dataclass(frozen=True)
class PermuteWeights:
    """fc(flatten(transpose(x)), w) -> fc(flatten(x), w with its columns in the order of x).

    Requires: `UseFullyConnected`. Ensures: no fully connected operator with constant weights reads a
    flattened transpose that keeps dimension 0.
    """

    name: str = "permute weights"

    def run(self, graph: Graph) -> Graph:
        """The graph with transposes absorbed by weights."""
        return rewrite(graph, _permute)


def _sink(rw: Rewriter, node: Node) -> Sequence[str] | None:
    if not isinstance(node.op, Reshape):
        return None
    found = rw.produced_by(node.inputs[0], Transpose)
    if found is None or not rw.sole_use(node.inputs[0]):
        return None
    before, op = found
    x = before.inputs[0]
    moved = through_reshape(rw.type(x).shape, op.perm, node.op.shape)
    if moved is None:
        return None
    shape, perm = moved
    reshaped = rw.add1(Reshape(shape), x, origins=node.origins, out_type=rw.type(x).with_shape(shape))
    return rw.add(Transpose(perm), [reshaped], origins=before.origins, out_types=rw.out_types(node))


def _raise(rw: Rewriter, node: Node) -> Sequence[str] | None:
    found = rw.produced_by(node.inputs[0], Reshape) if isinstance(node.op, Transpose) else None
    if found is None or not rw.sole_use(node.inputs[0]):
        return None
    reshape, x = found[0], found[0].inputs[0]
    first = rw.produced_by(x, Transpose)
    if first is None or not rw.sole_use(x):
        return None
    assert isinstance(node.op, Transpose)
    # The reshape undone, seen from the result: x is the result transposed back and reshaped.
    result = rw.type(node.outputs[0]).shape
    moved = through_reshape(result, inverse(node.op.perm), rw.type(x).shape)
    if moved is None:
        return None
    perm = composed(first[1].perm, inverse(moved[1]))
    source = first[0].inputs[0]
    turned = rw.type(source).with_shape(permuted(rw.type(source).shape, perm))
    y = rw.add1(Transpose(perm), source, origins=(*first[0].origins, *node.origins), out_type=turned)
    return rw.add(Reshape(result), [y], origins=reshape.origins, out_types=rw.out_types(node))


def _permute(rw: Rewriter, node: Node) -> Sequence[str] | None:
    if not isinstance(node.op, FullyConnected) or not is_weight(rw, node.inputs[1]):
        return None
    flatten = rw.produced_by(node.inputs[0], Reshape)
    found = None if flatten is None else rw.produced_by(flatten[0].inputs[0], Transpose)
    if flatten is None or found is None:
        return None
    before, op = found
    x = before.inputs[0]
    shape, flat = rw.type(x).shape, rw.type(node.inputs[0])
    if op.perm[0] != 0 or flat.rank != 2 or flat.shape[1] != math.prod(shape[1:]):
        return None
    flattened = rw.add1(Reshape(flat.shape), x, origins=flatten[0].origins, out_type=flat)
    weights = _reordered(rw, node.inputs[1], permuted(shape, op.perm)[1:], op.perm)
    return rw.add(
        node.op, [flattened, weights, *node.inputs[2:]], origins=node.origins, out_types=rw.out_types(node)
    )


def _reordered(rw: Rewriter, w: str, columns: tuple[int, ...], perm: Perm) -> str:
    """w[N, K] with its K columns, seen as `columns`, transposed back by `perm` of [batch, ...]."""
    rows = rw.type(w).shape[0]
    spread = rw.add1(Reshape((rows, *columns)), w)
    turned = rw.add1(Transpose(inverse(perm)), spread)
    return rw.add1(Reshape(rw.type(w).shape), turned)
