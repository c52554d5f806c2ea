"""Trilu, EyeLike, OneHot and NonZero."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_CLASSES = TensorSpec((2, 3), "int64", -4, 3)
_DEPTH = np.array(4, np.int64)
_VALUES = np.array([-1, 2.5], np.float32)

CASES = [
    OpCase("upper", "Trilu", [TensorSpec((2, 4, 5))], int8=True, integer=False),
    OpCase("lower", "Trilu", [TensorSpec((4, 4))], {"upper": 0}),
    OpCase("upper_shifted", "Trilu", [TensorSpec((3, 5), "int64", -9, 9), np.array(2, np.int64)]),
    OpCase("lower_shifted", "Trilu", [TensorSpec((5, 3)), np.array(-1, np.int64)], {"upper": 0}),
    OpCase("eye", "EyeLike", [TensorSpec((3, 4), "int32")], {"k": 1}),
    OpCase("eye_of_type", "EyeLike", [TensorSpec((3, 3), "int32")], {"dtype": 1}),
    OpCase("one_hot", "OneHot", [_CLASSES, _DEPTH, _VALUES]),
    OpCase("one_hot_first", "OneHot", [_CLASSES, _DEPTH, _VALUES], {"axis": 0}),
    OpCase("one_hot_beyond", "OneHot", [TensorSpec((9,), "int32", -9, 9), np.array([4], np.int32), _VALUES]),
    OpCase("non_zero", "NonZero", [np.array([[0, 1, 2], [3, 0, 0]], np.float32)]),
]
