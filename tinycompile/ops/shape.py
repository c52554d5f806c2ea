"""Shapes and constants: source operators that vanish at import, because every shape is known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tinycompile.ir import DType, GraphBuilder
from tinycompile.ops.registry import imports
from tinycompile.ops.source import TC_OPERANDS, SourceNode

#: Largest constant that a node may ask for, in bytes.
_LIMIT_BYTES = 256 << 20


@imports("Shape")
def _import_shape(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    shape = node.type(0, b).shape
    first, last = node.attr_int("start", 0), node.attr_int("end", len(shape))
    return [b.const(np.asarray(shape[first:last], np.int64), node.name)]


@imports("Size")
def _import_size(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    return [b.const(np.asarray(node.type(0, b).elements, np.int64), node.name)]


@imports("Constant")
def _import_constant(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    if len(node.attributes) != 1:
        raise node.error("a constant has exactly one value", "check the model with onnx.checker", TC_OPERANDS)
    ((key, value),) = node.attributes.items()
    if key in ("value", "sparse_value") and isinstance(value, np.ndarray):
        return [b.const(value, node.name)]
    if key in ("value_int", "value_ints"):
        return [b.const(np.asarray(value, np.int64), node.name)]
    if key in ("value_float", "value_floats"):
        return [b.const(np.asarray(value, np.float32), node.name)]
    raise node.error(f"constants given by '{key}' are not supported", "use numbers")


@imports("ConstantOfShape")
def _import_constant_of_shape(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    shape = tuple(int(d) for d in node.const(0, b, "the shape").reshape(-1))
    value = node.attributes.get("value", np.zeros(1, np.float32))
    if not isinstance(value, np.ndarray) or value.size != 1:
        raise node.error("attribute 'value' is not a tensor of one element", code=TC_OPERANDS)
    if any(d < 0 for d in shape):
        raise node.error(f"the shape {shape} has negative dimensions", code=TC_OPERANDS)
    _check_size(node, math.prod(shape) * value.itemsize)
    return [b.const(np.full(shape, value.reshape(-1)[0], value.dtype), node.name)]


@imports("Range")
def _import_range(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    start, limit, step = (node.const(i, b, what) for i, what in enumerate(("start", "limit", "delta")))
    if not (start.size == limit.size == step.size == 1 and start.dtype == limit.dtype == step.dtype):
        raise node.error("start, limit and delta are not scalars of one type", code=TC_OPERANDS)
    first, last, by = (x.reshape(-1)[0].item() for x in (start, limit, step))
    if by == 0 or not all(map(math.isfinite, (first, last, by))):
        raise node.error(f"a range from {first} to {last} by {by} has no end", code=TC_OPERANDS)
    count = max(0, -((first - last) // by) if isinstance(by, int) else math.ceil((last - first) / by))
    _check_size(node, count * start.itemsize)
    if DType.of(start.dtype) is DType.FLOAT32:
        steps = np.arange(count, dtype=np.float32)
        return [b.const(np.float32(first) + steps * np.float32(by), node.name)]
    return [b.const(first + by * np.arange(count, dtype=start.dtype), node.name)]


def _check_size(node: SourceNode, size: int) -> None:
    if size > _LIMIT_BYTES:
        raise node.error(
            f"the constant would take {size:,} bytes; the limit is {_LIMIT_BYTES:,}",
            "check the sizes in the model",
            TC_OPERANDS,
        )
