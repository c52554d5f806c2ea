"""Compress and ReverseSequence; more of `Take` is in the cases of pad, resize and gather."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec

CASES = [
    OpCase(
        "rows", "Compress", [TensorSpec((3, 4, 5)), np.array([True, False, True])], {"axis": 0}, int8=True
    ),
    OpCase(
        "columns",
        "Compress",
        [TensorSpec((3, 4, 5)), np.array([0, 1, 1, 0], np.bool_)],
        {"axis": 1},
        int8=True,
    ),
    OpCase(
        "inner", "Compress", [TensorSpec((3, 4)), np.array([1, 0, 0, 1], np.bool_)], {"axis": -1}, int8=True
    ),
    OpCase("flat", "Compress", [TensorSpec((3, 2), "int64", -9, 9), np.array([0, 1, 1, 1, 0], np.bool_)]),
    OpCase(
        "int32", "Compress", [TensorSpec((3, 2), "int32", -9, 9), np.array([0, 1], np.bool_)], {"axis": 1}
    ),
    OpCase(
        "reversed_batches",
        "ReverseSequence",
        [TensorSpec((2, 5, 3)), np.array([3, 5])],
        {"batch_axis": 0, "time_axis": 1},
        int8=True,
    ),
    OpCase(
        "reversed_times",
        "ReverseSequence",
        [TensorSpec((5, 3)), np.array([1, 2, 5])],
        {"batch_axis": 1, "time_axis": 0},
    ),
]
