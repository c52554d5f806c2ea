"""Cross-layer equalisation: balance the weight ranges of neighbouring layers.

Nagel, van Baalen, Blankevoort, Welling: Data-Free Quantization Through Weight Equalization and Bias
Correction, ICCV 2019. A positive factor per channel passes through an activation that is linear on
each side of 0, so channel c of the first layer may be divided by s_c and the second layer's weights
for it multiplied by s_c without changing the function.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tinycompile.ir import Graph, Node, Value
from tinycompile.ops.conv import Conv2D

_ROUNDS = 10
_CONVERGED = 1e-3


def equalize(graph: Graph) -> Graph:
    """The same function with balanced weights in every chain of convolutions."""
    values = dict(graph.values)
    pairs = [pair for node in graph.nodes if (pair := _pair(graph, node))]
    for _ in range(_ROUNDS):
        change = max((_balance(graph, values, a, b) for a, b in pairs), default=0.0)
        if change < _CONVERGED:
            break
    return graph.replaced(values=values) if pairs else graph


def _pair(graph: Graph, node: Node) -> tuple[Node, Node] | None:
    """A convolution and the one convolution that reads it, through a scale-invariant activation."""
    op = node.op
    if not isinstance(op, Conv2D) or op.lo not in (0.0, -math.inf) or op.hi < math.inf:
        return None
    out = node.outputs[0]
    readers = graph.consumers[out]
    if len(readers) != 1 or out in graph.outputs or not isinstance(readers[0].op, Conv2D):
        return None
    second = readers[0]
    second_op = second.op
    assert isinstance(second_op, Conv2D)
    if second.inputs[0] != out or not _sole(graph, node) or not _sole(graph, second):
        return None
    return (node, second) if second_op.groups == 1 or second_op.groups == graph.type(out).shape[3] else None


def _sole(graph: Graph, node: Node) -> bool:
    """True when the weights (and bias) are constants that no other node uses."""
    return all(graph.values[n].is_const and len(graph.consumers[n]) == 1 for n in node.inputs[1:])


def _balance(graph: Graph, values: dict[str, Value], first: Node, second: Node) -> float:
    """Equalise one pair in place of `values`; returns the largest change of a factor."""
    w1, w2 = values[first.inputs[1]].array, values[second.inputs[1]].array
    channels = w1.shape[0]
    r1 = np.abs(w1).reshape(channels, -1).max(axis=1).astype(np.float64)
    depthwise = w2.shape[3] == 1 and channels > 1
    by_channel = w2.reshape(channels, -1) if depthwise else np.moveaxis(w2, 3, 0).reshape(channels, -1)
    r2 = np.abs(by_channel).max(axis=1).astype(np.float64)
    usable = (r1 > 0) & (r2 > 0)
    factor = np.where(usable, np.sqrt(np.where(usable, r1, 1.0) / np.where(usable, r2, 1.0)), 1.0)
    _store(values, first.inputs[1], w1 / factor.reshape(-1, 1, 1, 1))
    if len(first.inputs) > 2:
        _store(values, first.inputs[2], values[first.inputs[2]].array / factor)
    scaled = w2.reshape(channels, -1) * factor[:, None] if depthwise else w2 * factor
    _store(values, second.inputs[1], scaled.reshape(w2.shape))
    return float(np.abs(factor - 1.0).max())


def _store(values: dict[str, Value], name: str, array: np.ndarray) -> None:
    data = np.ascontiguousarray(array, dtype=np.float32)
    data.setflags(write=False)
    values[name] = replace(values[name], data=data)
