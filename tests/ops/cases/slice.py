"""Slice and Split: steps of both signs, ranges beyond the ends, parts that nothing reads."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_X = TensorSpec((5, 6, 7))
_FAR = 1 << 62


def _slice(name: str, starts: list[int], ends: list[int], axes: list[int], steps: list[int]) -> OpCase:
    operands = [np.array(values, np.int64) for values in (starts, ends, axes, steps)]
    return OpCase(name, "Slice", [_X, *operands], int8=True)


CASES = [
    _slice("first_rows", [0], [2], [0], [1]),
    _slice("last_row", [-1], [_FAR], [0], [1]),
    _slice("inner", [1, 2], [4, 6], [1, 2], [1, 1]),
    _slice("steps", [0, 1], [5, 7], [0, 2], [2, 3]),
    _slice("backwards", [-1, 6], [-_FAR, 0], [0, 2], [-1, -2]),
    _slice("everything", [-100], [100], [1], [1]),
    OpCase("one_axis", "Slice", [TensorSpec((9,), "int64", -9, 9), np.array([2]), np.array([-1])]),
    OpCase(
        "int32_operands",
        "Slice",
        [_X, np.array([1], np.int32), np.array([3], np.int32), np.array([-1], np.int32)],
    ),
    OpCase(
        "bool",
        "Slice",
        [TensorSpec((4, 6), "bool"), np.array([1]), np.array([5]), np.array([1]), np.array([2])],
    ),
    OpCase("attributes", "Slice", [_X], {"starts": [1, -3], "ends": [4, _FAR], "axes": [0, 2]}, opset=9),
    OpCase("split_equal", "Split", [TensorSpec((6, 4))], {"axis": 0}, outputs=3, int8=True),
    OpCase(
        "split_sizes",
        "Split",
        [TensorSpec((2, 6, 4)), np.array([1, 2, 3])],
        {"axis": 1},
        outputs=3,
        int8=True,
    ),
    OpCase(
        "split_channels",
        "Split",
        [TensorSpec((1, 6, 3, 3)), np.array([4, 2])],
        {"axis": 1},
        outputs=2,
        int8=True,
    ),
    OpCase(
        "split_attribute", "Split", [TensorSpec((6, 4))], {"axis": -1, "split": [3, 1]}, opset=11, outputs=2
    ),
    OpCase("split_uneven", "Split", [TensorSpec((7, 4))], {"axis": 0, "num_outputs": 3}, opset=18, outputs=3),
]
