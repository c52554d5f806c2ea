"""Operators that are a constant pattern, or a selection by one: Trilu, EyeLike, OneHot, NonZero."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinycompile.ir import DType, GraphBuilder
from tinycompile.ops.axes import normal_axis
from tinycompile.ops.cast import Cast
from tinycompile.ops.compose import apply
from tinycompile.ops.element_types import element_type
from tinycompile.ops.layout import Reshape
from tinycompile.ops.registry import imports
from tinycompile.ops.slice import slice_of
from tinycompile.ops.source import TC_OPERANDS, SourceNode


@imports("Trilu")
def _import_trilu(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    x = node.type(0, b)
    if x.rank < 2:
        raise node.error(f"{x} is not a matrix", code=TC_OPERANDS)
    diagonal = int(node.const(1, b, "the diagonal").item()) if node.has(1) else 0
    rows, columns = np.indices(x.shape[-2:])
    kept = columns - rows >= diagonal if node.attr_int("upper", 1) else columns - rows <= diagonal
    mask = b.const(kept, f"{node.name}.mask")
    zero = b.const(np.zeros((), x.dtype.numpy), f"{node.name}.zero")
    return [apply(node, b, "Where", mask, node.input(0), zero)]


@imports("EyeLike")
def _import_eye_like(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    x = node.type(0, b)
    if x.rank != 2:
        raise node.error(f"{x} is not a matrix", code=TC_OPERANDS)
    dtype = element_type(node, node.attr_int("dtype")) if "dtype" in node.attributes else x.dtype
    return [b.const(np.eye(x.shape[0], x.shape[1], k=node.attr_int("k", 0), dtype=dtype.numpy), node.name)]


@imports("OneHot")
def _import_one_hot(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """Where(indices == 0..depth-1, on, off); negative indices count from the end."""
    indices = node.type(0, b)
    depth = int(node.const(1, b, "the depth").item())
    axis = normal_axis(node, node.attr_int("axis", -1), indices.rank + 1)
    if depth < 1 or node.type(2, b).shape != (2,):
        raise node.error(f"depth {depth} or values {node.type(2, b)} are not supported", code=TC_OPERANDS)
    at = node.input(0)
    if indices.dtype not in (DType.FLOAT32, DType.INT32, DType.INT64):
        at = b.add1(Cast(DType.INT32), at, origins=node.origins)
    at = b.add1(Reshape((*indices.shape[:axis], 1, *indices.shape[axis:])), at, origins=node.origins)
    classes = np.arange(depth, dtype=b.type(at).dtype.numpy).reshape((depth,) + (1,) * (indices.rank - axis))
    from_start = apply(node, b, "Equal", at, b.const(classes, f"{node.name}.classes"))
    from_end = apply(node, b, "Equal", at, b.const(classes - depth, f"{node.name}.from_end"))
    off, on = (slice_of(b, node.input(2), 0, index, 1, origins=node.origins) for index in (0, 1))
    return [apply(node, b, "Where", apply(node, b, "Or", from_start, from_end), on, off)]


@imports("NonZero")
def _import_non_zero(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    data = node.const(0, b, "the operand, which decides the shape of the result,")
    return [b.const(np.stack(np.nonzero(np.atleast_1d(data))).astype(np.int64), node.name)]
