"""What can be computed at compile time: all-constant nodes, and data movement of quantised weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinycompile.ir import DType, Graph, Node, Op, Quant, Types
from tinycompile.ops.quantise import Dequantize
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class FoldConstants:
    """Evaluate nodes whose operands are all constants, except those that must survive (Dequantize).

    Requires: nothing. Ensures: every remaining node with only constant operands is not foldable.
    """

    name: str = "fold constants"

    def run(self, graph: Graph) -> Graph:
        """The folded graph."""
        return rewrite(graph, _fold)


@dataclass(frozen=True)
class MoveQuantisedConstants:
    """Move(Dequantize(constant)) -> Dequantize(moved constant), its axis following the channels.

    Requires: nothing. Ensures: no data movement between a constant and its only Dequantize, unless
    the movement mixes the channels of a per-channel quantisation.
    """

    name: str = "move quantised constants"

    def run(self, graph: Graph) -> Graph:
        """The graph with weights in the layout in which they are read."""
        return rewrite(graph, _move_weights)


def _fold(rw: Rewriter, node: Node) -> Sequence[str] | None:
    if not node.op.foldable or any(not rw.values[n].is_const for n in node.inputs) or not node.inputs:
        return None
    return rw.add(node.op, node.inputs, hint=node.outputs[0], out_types=rw.out_types(node))


def _move_weights(rw: Rewriter, node: Node) -> Sequence[str] | None:
    if not node.op.moves_data or len(node.outputs) != 1:
        return None
    found = rw.produced_by(node.inputs[0], Dequantize)
    others = [rw.data(n) for n in node.inputs[1:]]
    if found is None or not rw.values[found[0].inputs[0]].is_const or any(o is None for o in others):
        return None
    dequantize, op = found
    stored = rw.values[dequantize.inputs[0]]
    operands = [stored.array, *(o for o in others if o is not None)]
    ins = (replace(stored.type, quant=op.quant if op.quant.per_tensor else None), *rw.in_types(node)[1:])
    quant = moved_quant(op.quant, node.op, operands, ins)
    if quant is None:
        return None
    types = (rw.type(node.outputs[0]).with_dtype(stored.type.dtype, ins[0].quant),)
    moved = rw.const(node.op.evaluate(operands, ins, types)[0], stored.name)
    return rw.add(Dequantize(quant), [moved], origins=(*dequantize.origins, *node.origins))


def moved_quant(quant: Quant, op: Op, operands: Sequence[np.ndarray], ins: Types) -> Quant | None:
    """The quantisation of operand 0 after the movement `op`; None if channels no longer share an axis.

    Found by moving the channel numbers themselves, so it holds for every operator that moves data.
    """
    if quant.axis is None or not quant.symmetric:
        return quant if quant.axis is None else None
    shape = [1] * ins[0].rank
    shape[quant.axis] = -1
    numbers = np.arange(len(quant.scale), dtype=np.int32).reshape(shape)
    channels = np.ascontiguousarray(np.broadcast_to(numbers, ins[0].shape))
    types = (ins[0].with_dtype(DType.INT32), *ins[1:])
    moved = op.evaluate([channels, *operands[1:]], types, op.infer(types))[0]
    for axis in range(moved.ndim):
        line = moved[tuple(slice(None) if d == axis else slice(0, 1) for d in range(moved.ndim))]
        if line.size and np.array_equal(np.broadcast_to(line, moved.shape), moved):
            order = line.ravel()
            zeros = tuple(quant.zero_point[i] for i in order)
            return Quant(tuple(quant.scale[i] for i in order), zeros, axis)
    return None
