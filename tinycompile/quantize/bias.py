"""Bias correction: remove the mean error that rounded weights add to each output channel.

Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, ICCV 2019, with
the means measured on calibration data.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tinycompile.ir import Graph, Node
from tinycompile.quantize.ranges import activations

#: Means settle quickly; more samples only cost time.
_SAMPLES = 32


def mean_errors(
    graph: Graph, rounded: Mapping[Node, np.ndarray], samples: Mapping[str, np.ndarray]
) -> dict[Node, np.ndarray]:
    """Per node of `rounded` (node -> weights after rounding, as float32): float64[channels] of
    mean(output with rounded weights - output), over samples and positions, before any clamp."""
    sums: dict[Node, np.ndarray] = {}
    few = {name: array[:_SAMPLES] for name, array in samples.items()}
    count = len(next(iter(few.values())))
    for values in activations(graph, few):
        for node, weights in rounded.items():
            error = _error(graph, node, weights, values[node.inputs[0]])
            mean = error.reshape(-1, error.shape[-1]).mean(axis=0)
            sums[node] = sums[node] + mean if node in sums else mean
    return {node: total / count for node, total in sums.items()}


def _error(graph: Graph, node: Node, weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The linear operator applied to the weight error alone: its output is the output error."""
    operand = node.op.weight_operand
    assert operand is not None
    difference = weights - graph.values[node.inputs[operand[0]]].array
    ins = graph.in_types(node)[:2]
    unclamped = type(node.op)(**{**vars(node.op), "lo": -np.inf, "hi": np.inf})
    return unclamped.evaluate([x, difference.astype(np.float32)], ins, graph.out_types(node))[0].astype(
        np.float64
    )
