"""Import rules of everything that only changes a shape: Reshape, Flatten, Squeeze, Unsqueeze.

All of them become `Reshape` nodes with the result's shape, which the planner turns into views.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinycompile.ir import GraphBuilder
from tinycompile.ops.axes import axes_operand, normal_axes, normal_axis
from tinycompile.ops.layout import Reshape
from tinycompile.ops.registry import imports
from tinycompile.ops.source import TC_OPERANDS, SourceNode


def _reshape(node: SourceNode, b: GraphBuilder, shape: tuple[int, ...]) -> Sequence[str]:
    return b.add(Reshape(shape), [node.input(0)], origins=node.origins, hint=node.name)


def resolved_shape(source: tuple[int, ...], wanted: tuple[int, ...], allow_zero: bool) -> tuple[int, ...]:
    """The shape that `wanted` asks for: 0 copies the operand's dimension unless `allow_zero`, -1 is inferred.

    Raises:
        ValueError: the request cannot be met.
    """
    shape = list(wanted)
    if not allow_zero:
        for index, size in enumerate(shape):
            if size != 0:
                continue
            if index >= len(source):
                raise ValueError(f"dimension {index} of {wanted} copies one that {source} does not have")
            shape[index] = source[index]
    if shape.count(-1) > 1 or min(shape, default=0) < -1:
        raise ValueError(f"{wanted} is not a shape: one dimension may be -1, the others are sizes")
    elements = math.prod(source)
    if -1 in shape:
        known = math.prod(size for size in shape if size != -1)
        if known == 0 or elements % known:
            raise ValueError(f"{elements} elements cannot be split into {wanted}")
        shape[shape.index(-1)] = elements // known
    if math.prod(shape) != elements:
        raise ValueError(f"{elements} elements of {source} do not fill {tuple(shape)}")
    return tuple(shape)


@imports("Reshape")
def _import_reshape(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    if node.opset < 5:
        wanted = node.attr_ints("shape")
    else:
        wanted = tuple(int(size) for size in node.const(1, b, "the shape").ravel())
    try:
        shape = resolved_shape(node.type(0, b).shape, wanted, bool(node.attr_int("allowzero", 0)))
    except ValueError as error:
        raise node.error(str(error), code=TC_OPERANDS) from error
    return _reshape(node, b, shape)


@imports("Flatten")
def _import_flatten(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    shape = node.type(0, b).shape
    axis = normal_axis(node, node.attr_int("axis", 1), len(shape), end=True)
    return _reshape(node, b, (math.prod(shape[:axis]), math.prod(shape[axis:])))


@imports("Squeeze")
def _import_squeeze(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    shape = node.type(0, b).shape
    given = axes_operand(node, b, since=13)
    if given is None:
        return _reshape(node, b, tuple(size for size in shape if size != 1))
    axes = normal_axes(node, given, len(shape))
    kept = [axis for axis in axes if shape[axis] != 1]
    if kept:
        raise node.error(f"dimension {kept[0]} of {shape} is not 1", "squeeze only ones", TC_OPERANDS)
    return _reshape(node, b, tuple(size for axis, size in enumerate(shape) if axis not in axes))


@imports("Unsqueeze")
def _import_unsqueeze(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    shape = list(node.type(0, b).shape)
    given = axes_operand(node, b, since=13)
    if given is None:
        raise node.error("the axes are missing", "check the model with onnx.checker", TC_OPERANDS)
    for axis in normal_axes(node, given, len(shape) + len(given)):
        shape.insert(axis, 1)
    return _reshape(node, b, tuple(shape))
