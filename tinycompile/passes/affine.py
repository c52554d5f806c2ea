"""Scales and shifts per channel, batch normalisation among them, fold into weights and biases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, Graph, Node
from tinycompile.ops.layout import Reshape
from tinycompile.ops.quantise import Dequantize
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class FoldAffine:
    """scale * linear(x, w, bias) + shift -> linear(x, scale * w, scale * bias + shift), channel by channel.

    The products are taken in float64 and rounded once to float32. A shift alone also goes into the
    bias of a quantised operator; one that is stored as Dequantize(int32) is taken as it is.

    Requires: weights are constants or dequantised constants.
    Ensures: no unclamped operator with weights feeds only a per-channel scale or shift, unless its
    weights are quantised and a scale would change them.
    """

    name: str = "fold affine"

    def run(self, graph: Graph) -> Graph:
        """The graph with scales and shifts folded."""
        return rewrite(graph, _fold)


def _fold(rw: Rewriter, node: Node) -> Sequence[str] | None:
    constants = [_constant(rw, n) for n in node.inputs]
    variable = [i for i, c in enumerate(constants) if c is None]
    if len(variable) != 1 or len(node.inputs) < 2:
        return None
    form = node.op.affine(constants)
    x = node.inputs[variable[0]]
    before, view = rw.behind_view(x)
    if form is None or before is None or rw.type(x) != rw.type(node.outputs[0]) or not rw.sole_use(x):
        return None
    if before.op.weight_axis is None or before.op.clamped:
        return None
    linear = rw.type(before.outputs[0])
    scale, shift = (_per_channel(a, rw.type(x).shape) for a in form)
    if scale is None or shift is None or scale.size != linear.shape[-1]:
        return None
    stored = [n for n in node.inputs if n != x and rw.produced_by(n, Dequantize) is not None]
    shifted = bool(np.all(scale == 1.0))
    operands = _with_shift(rw, before, shift, stored) if shifted else _scaled(rw, before, scale, shift)
    if operands is None:
        return None
    result = rw.add1(before.op, *operands, origins=(*before.origins, *node.origins))
    return [result] if view is None else rw.add(view.op, [result], out_types=rw.out_types(node))


def _constant(rw: Rewriter, name: str) -> np.ndarray | None:
    """Data of a float constant, dequantised where it is stored as integers."""
    if rw.type(name).dtype is not DType.FLOAT32:
        return None
    found = rw.produced_by(name, Dequantize)
    if found is None:
        return rw.data(name)
    node, op = found
    stored = rw.data(node.inputs[0])
    if stored is None:
        return None
    return op.evaluate([stored], rw.in_types(node), rw.out_types(node))[0]


def _per_channel(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """float64[channels] when `array` varies along the last dimension alone."""
    if array.ndim > len(shape) or any(size != 1 for size in array.shape[:-1]):
        return None
    return np.broadcast_to(array.reshape(-1), shape[-1:]).astype(np.float64)


def _with_shift(rw: Rewriter, before: Node, shift: np.ndarray, stored: Sequence[str]) -> list[str] | None:
    x, w, *bias = before.inputs
    if not bias and len(stored) == 1 and rw.type(stored[0]).elements == shift.size:
        return [x, w, rw.add1(Reshape((shift.size,)), stored[0], origins=before.origins)]
    old = _constant(rw, bias[0]) if bias else np.zeros(shift.size)
    if old is None:
        return None
    return [x, w, rw.const((old.astype(np.float64) + shift).astype(np.float32), f"{w}.bias")]


def _scaled(rw: Rewriter, before: Node, scale: np.ndarray, shift: np.ndarray) -> list[str] | None:
    x, w, *bias = before.inputs
    weights, axis = rw.data(w), before.op.weight_axis
    old = rw.data(bias[0]) if bias else np.zeros(scale.size)
    if weights is None or old is None or axis is None:
        return None
    along = [1] * weights.ndim
    along[axis] = -1
    scaled = (weights.astype(np.float64) * scale.reshape(along)).astype(np.float32)
    moved = (old.astype(np.float64) * scale + shift).astype(np.float32)
    return [x, rw.const(scaled, w), rw.const(moved, f"{w}.bias")]
