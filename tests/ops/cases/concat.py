"""Concat: axes, element sizes, constant operands, more operands than one kernel takes."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_CONST = np.linspace(-3, 3, 24, dtype=np.float32).reshape(2, 3, 4)

CASES = [
    OpCase("inner", "Concat", [TensorSpec((2, 3, 4)), TensorSpec((2, 3, 1))], {"axis": -1}, int8=True),
    OpCase("middle", "Concat", [TensorSpec((2, 3, 4)), TensorSpec((2, 5, 4))], {"axis": 1}, int8=True),
    OpCase(
        "outer",
        "Concat",
        [TensorSpec((2, 4)), TensorSpec((1, 4)), TensorSpec((3, 4))],
        {"axis": 0},
        int8=True,
    ),
    OpCase(
        "other_scales",
        "Concat",
        [TensorSpec((1, 4)), TensorSpec((1, 4), low=0, high=7)],
        {"axis": 0},
        int8=True,
    ),
    OpCase("constant", "Concat", [TensorSpec((2, 3, 4)), _CONST], {"axis": 2}, int8=True),
    OpCase(
        "channels", "Concat", [TensorSpec((1, 3, 4, 4)), TensorSpec((1, 5, 4, 4))], {"axis": 1}, int8=True
    ),
    OpCase("alone", "Concat", [TensorSpec((2, 3))], {"axis": 1}),
    OpCase("nineteen", "Concat", [TensorSpec((2, 1 + i % 3)) for i in range(19)], {"axis": 1}, int8=True),
    OpCase("int64", "Concat", [TensorSpec((2, 3), "int64", -9, 9), TensorSpec((2, 1), "int64")], {"axis": 1}),
    OpCase("bool", "Concat", [TensorSpec((2, 3), "bool"), TensorSpec((2, 2), "bool")], {"axis": 1}),
]
