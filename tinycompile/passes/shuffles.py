"""A dimension that is split, transposed and joined again becomes a channel shuffle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.ir import Graph, Node
from tinycompile.ops.layout import Reshape, Transpose
from tinycompile.ops.quantise import Dequantize, Quantize
from tinycompile.ops.shuffle import Shuffle
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class RecogniseShuffles:
    """reshape(transpose(reshape(x))) -> shuffle(x), which works in any layout.

    Pairs of Quantize and Dequantize in between are passed where they change nothing: all of one
    quantisation, which x has come from.

    Requires: nothing. Ensures: no shuffle of one dimension in three steps, each of which only the next reads.
    """

    name: str = "recognise shuffles"

    def run(self, graph: Graph) -> Graph:
        """The graph with shuffles by their name."""
        return rewrite(graph, _recognise)


def _recognise(rw: Rewriter, node: Node) -> Sequence[str] | None:
    if not isinstance(node.op, Reshape):
        return None
    middle = _before(rw, node)
    apart = _before(rw, middle) if middle is not None and isinstance(middle.op, Transpose) else None
    if apart is None or middle is None or not isinstance(apart.op, Reshape):
        return None
    assert isinstance(middle.op, Transpose)
    x, shape = apart.inputs[0], rw.type(apart.inputs[0]).shape
    op = _shuffle(shape, apart.op.shape, middle.op.perm)
    if op is None or node.op.shape != shape:
        return None
    quants = _paired(rw, node.inputs[0]), _paired(rw, middle.inputs[0])
    source = rw.produced_by(x, Dequantize)
    if any(quant is not None and (source is None or source[1] != quant) for quant in quants):
        return None
    origins = (*apart.origins, *middle.origins, *node.origins)
    return rw.add(op, [x], origins=origins, out_types=rw.out_types(node))


def _before(rw: Rewriter, node: Node) -> Node | None:
    """What made the operand of `node`, which alone reads it; seen through a Quantize and a Dequantize."""
    name = node.inputs[0]
    for step in (Dequantize, Quantize) if _paired(rw, name) is not None else ():
        found = rw.produced_by(name, step)
        if found is None or not rw.sole_use(name):
            return None
        name = found[0].inputs[0]
    return rw.producer(name) if rw.sole_use(name) else None


def _paired(rw: Rewriter, name: str) -> Dequantize | None:
    """The Dequantize that gives `name`, where it undoes a Quantize of the same steps."""
    after = rw.produced_by(name, Dequantize)
    before = None if after is None else rw.produced_by(after[0].inputs[0], Quantize)
    if after is None or before is None or before[1].quant != after[1].quant:
        return None
    return after[1]


def _shuffle(shape: tuple[int, ...], apart: tuple[int, ...], perm: tuple[int, ...]) -> Shuffle | None:
    """The shuffle of a tensor of `shape` that is seen as `apart`, transposed by `perm` and seen as before."""
    for axis in range(len(shape)):
        swapped = (*range(axis), axis + 1, axis, *range(axis + 2, len(apart)))
        parts = apart[axis : axis + 2]
        same = apart == (*shape[:axis], *parts, *shape[axis + 1 :]) and len(parts) == 2
        if same and perm == swapped and 1 not in parts:
            return Shuffle(axis, parts[0])
    return None
