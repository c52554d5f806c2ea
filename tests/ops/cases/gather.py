"""Gather, GatherElements, GatherND: constant and computed indices, negative ones, element sizes."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_X = TensorSpec((3, 4, 5))
_TABLE = np.linspace(-2, 2, 50, dtype=np.float32).reshape(10, 5)


def _indices(shape: tuple[int, ...], size: int, dtype: str = "int64") -> TensorSpec:
    """Random indices into `size` entries, negative ones among them."""
    return TensorSpec(shape, dtype, -size, size - 1)


CASES = [
    OpCase("constant", "Gather", [_X, np.array([2, 0, -1])], {"axis": 1}, int8=True),
    OpCase("constant_range", "Gather", [_X, np.array([1, 2, 3])], {"axis": 1}, int8=True),
    OpCase("constant_scalar", "Gather", [_X, np.array(-2)], {"axis": 2}, int8=True),
    OpCase("constant_matrix", "Gather", [_X, np.array([[3, 1], [0, 2]])], {"axis": 1}, int8=True),
    OpCase("computed", "Gather", [_X, _indices((2, 3), 4)], {"axis": 1}, int8=True),
    OpCase("embedding", "Gather", [_TABLE, _indices((2, 3), 10, "int32")]),
    OpCase("computed_last", "Gather", [TensorSpec((3, 6), "int8", -9, 9), _indices((4,), 6)], {"axis": -1}),
    OpCase("computed_scalar", "Gather", [TensorSpec((6, 2), "int64"), _indices((), 6)]),
    OpCase("elements", "GatherElements", [_X, _indices((3, 6, 2), 4)], {"axis": 1}, int8=True),
    OpCase("elements_int32", "GatherElements", [TensorSpec((3, 4), "int8"), _indices((2, 4), 3, "int32")]),
    OpCase(
        "elements_int64", "GatherElements", [TensorSpec((3, 4), "int64"), _indices((3, 2), 4)], {"axis": -1}
    ),
    OpCase("nd_elements", "GatherND", [TensorSpec((3, 3), "int32"), _indices((4, 2), 3)]),
    OpCase("nd_rows", "GatherND", [TensorSpec((3, 3, 4)), _indices((2, 5, 2), 3)], int8=True),
    OpCase("nd_batch", "GatherND", [TensorSpec((2, 3, 4)), _indices((2, 5, 1), 3)], {"batch_dims": 1}),
]
