"""Reshape, Flatten, Squeeze, Unsqueeze: attribute and operand forms, inferred and copied sizes."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_X = TensorSpec((2, 3, 4))
_ONES = TensorSpec((1, 3, 1, 4))


def _ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


CASES = [
    OpCase("reshape", "Reshape", [_X, _ints(4, 6)], int8=True),
    OpCase("reshape_inferred", "Reshape", [_X, _ints(0, -1)]),
    OpCase("reshape_int64", "Reshape", [TensorSpec((2, 6), "int64"), _ints(3, 1, 4)]),
    OpCase("reshape_to_scalar", "Reshape", [TensorSpec((1, 1)), _ints()]),
    OpCase("flatten", "Flatten", [TensorSpec((2, 3, 4, 5))], int8=True),
    OpCase("flatten_first", "Flatten", [_X], {"axis": 0}),
    OpCase("flatten_negative", "Flatten", [_X], {"axis": -1}),
    OpCase("flatten_end", "Flatten", [_X], {"axis": 3}),
    OpCase("squeeze_all", "Squeeze", [_ONES]),
    OpCase("squeeze_one", "Squeeze", [_ONES, _ints(-2)], int8=True),
    OpCase("unsqueeze", "Unsqueeze", [TensorSpec((3, 4)), _ints(-1, 1)], int8=True),
    OpCase("squeeze_attribute", "Squeeze", [_ONES], {"axes": [0, 2]}, opset=11),
    OpCase("unsqueeze_attribute", "Unsqueeze", [TensorSpec((3, 4))], {"axes": [0, 3]}, opset=11),
]
