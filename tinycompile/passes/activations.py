"""Clamps (Relu, Relu6, Clip) join the operator before them, or go where they change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.ir import Graph, Node, Quant, TensorType
from tinycompile.ops.quantise import Dequantize, Quantize
from tinycompile.passes.quantised import is_byte
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class FuseActivations:
    """clamp(op(x)) -> op.clamped_to(lo, hi)(x) when the clamp is the only reader of op's result.

    On floats, and on integers whose quantisation the clamp leaves as it is: rounding is monotonic,
    so clamping before or after it is the same. A clamp wider than its operand's range disappears, and
    so does one before a Quantize that saturates at the same reals. Views in between are passed.

    Requires: nothing. Ensures: no clamp reads the sole result of an operator that can clamp by itself.
    """

    name: str = "fuse activations"

    def run(self, graph: Graph) -> Graph:
        """The graph with fewer clamps."""
        return rewrite(graph, _fuse)


def _fuse(rw: Rewriter, node: Node) -> Sequence[str] | None:
    if isinstance(node.op, Quantize):
        return _saturated(rw, node, node.op)
    bounds = node.op.clamp
    if bounds is None or len(node.inputs) != 1:
        return None
    x = node.inputs[0]
    if rw.type(x) != rw.type(node.outputs[0]):
        return None
    if _within(rw, x, bounds):
        return [x]
    before, view = rw.behind_view(x)
    if before is None or len(before.outputs) != 1 or not rw.sole_use(x):
        return None
    op = before.op.clamped_to(*bounds)
    if op is None:
        return None
    origins = (*before.origins, *node.origins)
    result = rw.add1(op, *before.inputs, origins=origins, out_type=rw.type(before.outputs[0]))
    return [result] if view is None else rw.add(view.op, [result], out_types=rw.out_types(node))


def _saturated(rw: Rewriter, node: Node, op: Quantize) -> Sequence[str] | None:
    """Quantize(clamp(x)) -> Quantize(x) where the integer type's limits do what the clamp does."""
    before = rw.producer(node.inputs[0])
    bounds = None if before is None else before.op.clamp
    if before is None or bounds is None or not op.quant.per_tensor:
        return None
    low, high = _real_range(rw.type(node.outputs[0]))
    half = 0.49 * op.quant.scale0  # less than half a step, whichever way ties and the division round
    if bounds[0] >= low + half or bounds[1] <= high - half:
        return None
    return rw.add(op, before.inputs, origins=(*before.origins, *node.origins))


def _within(rw: Rewriter, x: str, bounds: tuple[float, float]) -> bool:
    """True when every value that x can have lies within the bounds."""
    found = rw.produced_by(x, Dequantize)
    stored = (
        rw.type(x)
        if found is None
        else rw.type(found[0].inputs[0]).with_dtype(rw.type(found[0].inputs[0]).dtype, found[1].quant)
    )
    if not is_byte(stored):
        return False
    low, high = _real_range(stored)
    return bounds[0] <= low and high <= bounds[1]


def _real_range(type_: TensorType) -> tuple[float, float]:
    quant: Quant | None = type_.quant
    assert quant is not None
    low, high = type_.dtype.limits
    return quant.scale0 * (low - quant.zero0), quant.scale0 * (high - quant.zero0)
