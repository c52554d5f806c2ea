"""Transposes, reshapes and slices that do nothing, or do in two steps what one does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.ir import Graph, Node, TensorType
from tinycompile.ops.layout import Reshape, Transpose, keeps_order
from tinycompile.ops.quantise import Requantize
from tinycompile.ops.slice import Slice
from tinycompile.passes.permutations import composed
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class SimplifyMovement:
    """Compose chains of transposes and of reshapes; a transpose of unit dimensions becomes a reshape.

    Requires: nothing. Ensures: no transpose reads a transpose, no reshape reads a reshape, not even through
    a conversion that it alone reads, every transpose moves bytes, every reshape changes the shape and every
    slice leaves something out or in another order.
    """

    name: str = "simplify movement"

    def run(self, graph: Graph) -> Graph:
        """The simplified graph."""
        return rewrite(graph, _simplify)


def _simplify(rw: Rewriter, node: Node) -> Sequence[str] | None:
    if isinstance(node.op, Transpose):
        return _transpose(rw, node, node.op.perm)
    if isinstance(node.op, Reshape):
        return _reshape(rw, node)
    if isinstance(node.op, Slice):
        return _slice(rw, node, node.op)
    return None


def _transpose(rw: Rewriter, node: Node, perm: tuple[int, ...]) -> Sequence[str] | None:
    x, origins = node.inputs[0], node.origins
    first = rw.produced_by(x, Transpose)
    if first is not None:
        before, op = first
        x, perm, origins = before.inputs[0], composed(op.perm, perm), (*before.origins, *origins)
    if keeps_order(rw.type(x).shape, perm):
        return _seen_as(rw, node, x, origins)
    if first is None:
        return None
    return rw.add(Transpose(perm), [x], origins=origins, out_types=rw.out_types(node))


def _reshape(rw: Rewriter, node: Node) -> Sequence[str] | None:
    x = node.inputs[0]
    first = rw.produced_by(x, Reshape)
    if first is not None:
        return _seen_as(rw, node, first[0].inputs[0], (*first[0].origins, *node.origins))
    if rw.type(x).shape == rw.type(node.outputs[0]).shape:
        return [x]
    return _through_conversion(rw, node)


def _slice(rw: Rewriter, node: Node, op: Slice) -> Sequence[str] | None:
    """Constant and unread channels may be gone, and only those that are chosen left."""
    x = node.inputs[0]
    return [x] if rw.type(x).shape == op.sizes and all(step == 1 for step in op.steps) else None


def _through_conversion(rw: Rewriter, node: Node) -> Sequence[str] | None:
    """reshape(convert(reshape(x))) -> convert(reshape(x)), or convert(x) where the reshapes cancel."""
    found = rw.produced_by(node.inputs[0], Requantize)
    if found is None or not rw.sole_use(node.inputs[0]):
        return None
    conversion, op = found
    first = rw.produced_by(conversion.inputs[0], Reshape)
    if first is None:
        return None
    (y,) = _seen_as(
        rw, node, first[0].inputs[0], (*first[0].origins, *node.origins), rw.type(conversion.inputs[0])
    )
    return rw.add(op, [y], origins=conversion.origins, out_types=rw.out_types(node))


def _seen_as(
    rw: Rewriter, node: Node, x: str, origins: Sequence[str], as_type: TensorType | None = None
) -> Sequence[str]:
    """x under the shape of the node's result, of its type or of that of `as_type`."""
    (out,) = rw.out_types(node)
    if rw.type(x).shape == out.shape:
        return [x]
    type_ = out if as_type is None else as_type.with_shape(out.shape)
    return rw.add(Reshape(out.shape), [x], origins=origins, out_types=(type_,))
