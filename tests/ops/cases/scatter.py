"""ScatterND and ScatterElements: distinct places, indices of both types, element sizes."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_ROWS = np.array([[3], [-4], [1]])
_PLACES = np.array([[0, 1], [1, -1]])
_ALONG = np.array([[[1, -2]], [[3, 0]]])

CASES = [
    OpCase("nd_rows", "ScatterND", [TensorSpec((4, 5)), _ROWS, TensorSpec((3, 5))], int8=True),
    OpCase("nd_blocks", "ScatterND", [TensorSpec((2, 3, 4), "int8"), _PLACES, TensorSpec((2, 4), "int8")]),
    OpCase("nd_elements", "ScatterND", [TensorSpec((2, 3), "int64"), _PLACES, TensorSpec((2,), "int64")]),
    OpCase(
        "elements", "ScatterElements", [TensorSpec((3, 4, 5)), _ALONG, TensorSpec((2, 1, 2))], {"axis": 1}
    ),
    OpCase(
        "elements_int32",
        "ScatterElements",
        [TensorSpec((3, 4), "int8"), np.array([[2, 0, 1]], np.int32), TensorSpec((1, 3), "int8")],
    ),
    OpCase(
        "elements_computed",
        "ScatterElements",
        [TensorSpec((3, 4), "int64"), TensorSpec((1, 4), "int64", -3, 2), TensorSpec((1, 4), "int64")],
    ),
    OpCase(
        "scatter_opset10",
        "Scatter",
        [TensorSpec((3, 4)), np.array([[2, 0, 1]]), TensorSpec((1, 3))],
        opset=10,
    ),
]
