"""Expand and Tile: broadcasting on both sides, every dimension repeated, element sizes."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec


def _ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


CASES = [
    OpCase("expand", "Expand", [TensorSpec((3, 1)), _ints(2, 1, 6)], int8=True),
    OpCase("expand_own_size_wins", "Expand", [TensorSpec((2, 3, 4)), _ints(1, 3, 1)], int8=True),
    OpCase("expand_scalar", "Expand", [TensorSpec(()), _ints(2, 3)]),
    OpCase("expand_int64", "Expand", [TensorSpec((1, 3, 1, 2), "int64"), _ints(4, 3, 5, 2)]),
    OpCase("expand_bool", "Expand", [TensorSpec((1, 3), "bool"), _ints(4, 3)]),
    OpCase("tile", "Tile", [TensorSpec((2, 3)), _ints(2, 3)], int8=True),
    OpCase("tile_inner", "Tile", [TensorSpec((2, 3), "int8", -9, 9), _ints(1, 4)]),
    OpCase("tile_4d", "Tile", [TensorSpec((2, 3, 2, 2)), _ints(2, 3, 2, 2)], int8=True),
]
