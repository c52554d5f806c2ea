"""Axes of source nodes: attribute or operand, negative or not, and how a transpose moves them."""

from __future__ import annotations

from collections.abc import Sequence

from tinycompile.ir import GraphBuilder
from tinycompile.ops.source import TC_OPERANDS, SourceNode


def normal_axis(node: SourceNode, axis: int, rank: int, *, end: bool = False) -> int:
    """`axis` counted from the front; `end` also allows `rank` itself.

    Raises:
        ModelError: it is out of range.
    """
    found = axis + rank if axis < 0 else axis
    if not 0 <= found < rank + int(end):
        raise node.error(f"axis {axis} is out of range for {rank} dimensions", code=TC_OPERANDS)
    return found


def normal_axes(node: SourceNode, axes: Sequence[int], rank: int) -> tuple[int, ...]:
    """Distinct `axes` counted from the front, in ascending order.

    Raises:
        ModelError: one is out of range or given twice.
    """
    found = sorted(normal_axis(node, axis, rank) for axis in axes)
    if len(set(found)) != len(found):
        raise node.error(f"axes {tuple(axes)} name a dimension twice", code=TC_OPERANDS)
    return tuple(found)


def axes_operand(node: SourceNode, b: GraphBuilder, *, since: int) -> tuple[int, ...] | None:
    """The axes of a node, None if absent: attribute `axes` before opset `since`, then constant input 1."""
    if node.opset < since:
        return node.attr_ints("axes") if "axes" in node.attributes else None
    return ints_operand(node, b, 1, "the axes") if node.has(1) else None


def ints_operand(node: SourceNode, b: GraphBuilder, index: int, what: str) -> tuple[int, ...]:
    """The integers of constant input `index`; `what` names its role in the error."""
    return tuple(int(value) for value in node.const(index, b, what).ravel())


def moved_axis(axis: int, perm: tuple[int, ...]) -> int:
    """Where dimension `axis` stands after a transpose by `perm`."""
    return perm.index(axis)
