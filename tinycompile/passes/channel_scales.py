"""Scales per channel that no operator with weights has absorbed become depthwise 1x1 convolutions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, Graph, Node, Quant
from tinycompile.ops.arithmetic import Mul
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.layout import Reshape
from tinycompile.ops.quantise import Dequantize
from tinycompile.ops.spatial import Window
from tinycompile.passes.rewrite import Rewriter, rewrite

_LARGEST = 127


@dataclass(frozen=True)
class ConvolveChannelScales:
    """x * scale[channels] -> a convolution of every channel with one weight.

    `FoldAffine` and `FuseActivations` then add the shift and the activation that follow: a batch
    normalisation before its convolution takes one step instead of three, and as an integer operator
    multiplies by scales that are exact per channel. On a dequantised operand the weights are int8.

    Requires: `FoldAffine` has run to its end. Ensures: no unclamped product with a constant that varies
    along the last dimension alone.
    """

    name: str = "convolve channel scales"

    def run(self, graph: Graph) -> Graph:
        """The graph with scales as weights."""
        return rewrite(graph, _convolve)


def _convolve(rw: Rewriter, node: Node) -> Sequence[str] | None:
    if not isinstance(node.op, Mul):
        return None
    form = node.op.affine([rw.data(n) for n in node.inputs])
    x = next((n for n in node.inputs if rw.data(n) is None), None)
    if form is None or x is None or rw.type(x) != rw.type(node.outputs[0]):
        return None
    scale, shape = form[0], rw.type(x).shape
    if not shape or scale.size != shape[-1] or scale.size == 1 or scale.shape[-1:] != shape[-1:]:
        return None
    if rw.type(x).dtype is not DType.FLOAT32:
        return None
    image = shape if len(shape) == 4 else (1, math.prod(shape[:-1]), 1, shape[-1])
    view, _ = rw.behind_view(x)
    quantised = view is not None and isinstance(view.op, Dequantize)
    w = _int8_weights(rw, scale.ravel()) if quantised else _float_weights(rw, scale.ravel())
    seen = x if image == shape else rw.add1(Reshape(image), x, origins=node.origins)
    y = rw.add1(Conv2D(Window((1, 1)), scale.size), seen, w, origins=node.origins)
    return [y] if image == shape else rw.add(Reshape(shape), [y], origins=node.origins)


def _float_weights(rw: Rewriter, scale: np.ndarray) -> str:
    return rw.const(scale.astype(np.float32).reshape(-1, 1, 1, 1), "scale")


def _int8_weights(rw: Rewriter, scale: np.ndarray) -> str:
    """127 or -127 a channel, with the rest in the quantisation: exact, with a fine grain for biases."""
    sizes = np.maximum(np.abs(scale) / _LARGEST, np.finfo(np.float32).tiny).astype(np.float32)
    data = (np.sign(scale) * _LARGEST).astype(np.int8).reshape(-1, 1, 1, 1)
    quant = Quant(tuple(float(s) for s in sizes), (0,) * scale.size, 0)
    return rw.add1(Dequantize(quant), rw.const(data, "scale.int8"))
