"""What exporters write against the letter of the standard, put into its plain form."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace

import numpy as np

from tinycompile.ir import GraphBuilder
from tinycompile.ops.source import SourceNode

#: What was found -> names of the nodes, to be told to the user once.
Findings = MutableMapping[str, list[str]]


def plain_form(node: SourceNode, builder: GraphBuilder, findings: Findings) -> SourceNode:
    """The node as the standard wants it written; the same node where there is nothing to do."""
    if node.op_type not in ("QuantizeLinear", "DequantizeLinear") or not (node.has(0) and node.has(1)):
        return node
    node = _only_axis(node, builder, findings)
    return _positive_scales(node, builder, findings) if node.op_type == "DequantizeLinear" else node


def _only_axis(node: SourceNode, builder: GraphBuilder, findings: Findings) -> SourceNode:
    """A vector has one axis, whatever the attribute says; tf2onnx gives biases the axis of their weights."""
    x, scale = node.type(0, builder), node.type(1, builder)
    axis = node.attributes.get("axis", 1)
    if x.rank != 1 or scale.shape != x.shape or scale.elements == 1 or axis in (0, -1):
        return node
    findings.setdefault("name an axis that a vector does not have, read as 0", []).append(node.name)
    return replace(node, attributes={**node.attributes, "axis": 0})


def _positive_scales(node: SourceNode, builder: GraphBuilder, findings: Findings) -> SourceNode:
    """Constant channels of a negative scale: (-s) * q = s * (-q), exact unless q is the lowest integer.

    Converters that fold batch normalisation into quantised weights leave such scales behind.
    """
    data, scale = builder.data(node.input(0)), builder.data(node.input(1))
    zero = builder.data(node.input(2)) if node.has(2) else np.zeros(1, np.int8)
    if data is None or scale is None or zero is None or data.dtype.kind != "i" or scale.dtype.kind != "f":
        return node
    negative = (scale < 0) & np.isfinite(scale)
    axis = node.attr_int("axis", 1)
    if not negative.any() or zero.any() or not _fits(data, scale, axis):
        return node
    spread = [1] * data.ndim
    if scale.size > 1:
        spread[axis] = scale.size
    flip = np.broadcast_to(negative.reshape(spread), data.shape)
    if (data[flip] == np.iinfo(data.dtype).min).any():
        return node
    findings.setdefault("have negative scales, made positive with their weights", []).append(node.name)
    weights = builder.const(np.where(flip, -data, data), node.inputs[0] or node.name)
    scales = builder.const(np.abs(scale), node.inputs[1] or node.name)
    return replace(node, inputs=(weights, scales, *node.inputs[2:]))


def _fits(data: np.ndarray, scale: np.ndarray, axis: int) -> bool:
    return scale.size == 1 or (
        scale.ndim == 1 and -data.ndim <= axis < data.ndim and data.shape[axis] == scale.size
    )
