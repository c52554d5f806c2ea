"""Quantize and Dequantize nodes that meet, and their ways through data movement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tinycompile.ir import DType, Graph, Node, Op, TensorType
from tinycompile.ops.layout import Transpose
from tinycompile.ops.quantise import Dequantize, Quantize, Requantize
from tinycompile.passes.quantised import is_byte, same_reals
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class CancelPairs:
    """Quantize(Dequantize(q)) -> q, or Requantize(q) where the types differ; likewise Requantize pairs.

    Requires: known quantisations (`Annotate`).
    Ensures: no per-tensor 8-bit Quantize reads a Dequantize; no Requantize keeps its operand's type
    or undoes a conversion without loss.
    """

    name: str = "cancel quantise pairs"

    def run(self, graph: Graph) -> Graph:
        """The graph without needless conversions."""
        return rewrite(graph, _cancel)


@dataclass(frozen=True)
class MoveInteger:
    """Data movement works on the smaller integers: Dequantize sinks below it, Quantize rises above it.

    Requires: nothing. Ensures: no data movement of floats that are dequantised by one per-tensor
    quantisation, or that are all quantised afterwards.
    """

    name: str = "move integers, not floats"

    def run(self, graph: Graph) -> Graph:
        """The graph with conversions next to computation."""
        return rewrite(graph, _move)


def _cancel(rw: Rewriter, node: Node) -> Sequence[str] | None:
    out = rw.type(node.outputs[0])
    if isinstance(node.op, Quantize):
        found = rw.produced_by(node.inputs[0], Dequantize)
        return None if found is None else _converted(rw, node, found[0].inputs[0], out)
    if not isinstance(node.op, Requantize):
        return None
    x = node.inputs[0]
    if rw.type(x) == out:
        return [x]
    before = rw.produced_by(x, Requantize)
    if before is None or not same_reals(rw.type(before[0].inputs[0]), rw.type(x)):
        return None
    return _converted(rw, node, before[0].inputs[0], out)


def _converted(rw: Rewriter, node: Node, x: str, out: TensorType) -> Sequence[str] | None:
    if rw.data(x) is not None or not is_byte(rw.type(x)) or not is_byte(out):
        return None
    if rw.type(x) == out:
        return [x]
    return rw.add(Requantize(), [x], origins=node.origins, out_types=(out,))


def _move(rw: Rewriter, node: Node) -> Sequence[str] | None:
    if isinstance(node.op, Quantize):
        return _raise_quantize(rw, node, node.op)
    return _sink(rw, node) if node.op.moves_data else None


def _raise_quantize(rw: Rewriter, node: Node, op: Quantize) -> Sequence[str] | None:
    mover = rw.producer(node.inputs[0])
    if mover is None or not mover.op.moves_data or len(mover.outputs) != 1 or not op.quant.per_tensor:
        return None
    if not rw.sole_use(mover.outputs[0]):
        return None
    ins = tuple(
        t.with_dtype(op.dtype, op.quant) if t.dtype is DType.FLOAT32 else t for t in rw.in_types(mover)
    )
    moved = mover.op.integer_form(ins, rw.out_types(node))
    if moved is None:
        return None
    floats = {n for n in mover.inputs if rw.type(n).dtype is DType.FLOAT32}
    names = [rw.add1(op, n, origins=node.origins) if n in floats else n for n in mover.inputs]
    return rw.add(moved, names, origins=mover.origins, out_types=rw.out_types(node))


def _sink(rw: Rewriter, node: Node) -> Sequence[str] | None:
    """The movement on what stands before equal conversions of its operands, then the conversion."""
    if not node.inputs:
        return None
    moved = rw.type(node.outputs[0]).dtype
    data = [i for i, n in enumerate(node.inputs) if rw.type(n).dtype is moved]
    before = [rw.producer(node.inputs[i]) for i in data]
    conversions: set[tuple[Op, TensorType]] = set()
    names = list(node.inputs)
    for index, conversion in zip(data, before, strict=True):
        if conversion is None or not _sinkable(rw, conversion) or _is_settled(rw, node, conversion):
            return None
        names[index] = conversion.inputs[0]
        conversions.add((conversion.op, rw.type(conversion.inputs[0]).with_shape(())))
    if len(conversions) != 1:
        return None
    op, stored = conversions.pop()
    outs = tuple(stored.with_shape(t.shape) for t in rw.out_types(node))
    moved_op = node.op.integer_form(tuple(rw.type(n) for n in names), outs)
    if moved_op is None:
        return None
    results = rw.add(moved_op, names, origins=node.origins, out_types=outs)
    return [
        rw.add1(op, result, origins=node.origins, out_type=replace(rw.type(old), shape=rw.type(result).shape))
        for result, old in zip(results, node.outputs, strict=True)
    ]


def _is_settled(rw: Rewriter, node: Node, conversion: Node) -> bool:
    """True for a transpose at the graph's edge behind bytes: `ChooseLayouts` wants it last."""
    last = isinstance(node.op, Transpose) and node.outputs[0] in rw.source.outputs
    return last and isinstance(conversion.op, Requantize)


def _sinkable(rw: Rewriter, node: Node) -> bool:
    """A per-tensor Dequantize of a computed value, or a Requantize from int8 to uint8."""
    if isinstance(node.op, Dequantize):
        return rw.data(node.inputs[0]) is None and rw.type(node.inputs[0]).quant == node.op.quant
    is_output_edge = isinstance(node.op, Requantize) and rw.type(node.outputs[0]).dtype is DType.UINT8
    return is_output_edge and same_reals(rw.type(node.inputs[0]), rw.type(node.outputs[0]))
