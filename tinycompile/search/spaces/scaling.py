"""What the spaces have in common: how inputs are scaled, and where networks halve their resolution."""

from __future__ import annotations

import math

from tinycompile.search.layers import Shape
from tinycompile.search.space import Task, Value


def scaled_input(task: Task, resolution: float) -> Shape:
    """The task's sample with height and width scaled; a dimension of 1 stays."""
    channels, height, width = task.shape
    return channels, _scaled(height, resolution), _scaled(width, resolution)


def _scaled(size: int, factor: float) -> int:
    return max(1, round(size * factor))


def halvings(shape: Shape, *, most: int = 5) -> int:
    """How often to halve the longer side until about eight are left."""
    longer = max(shape[1:])
    return max(0, min(most, round(math.log2(longer / 8))))


def strides(count: int, places: int) -> tuple[int, ...]:
    """`count` strides of 2 over as many places, none at the first unless there is no other."""
    first = max(0, min(1, places - count))
    last = min(first + count, places)
    return tuple(2 if first <= place < last else 1 for place in range(places))


def number(value: Value) -> float:
    """The value of a numeric choice."""
    return float(value)


def whole(value: Value) -> int:
    """The value of a choice of whole numbers."""
    return int(value)
