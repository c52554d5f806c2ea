"""Comparisons, logic, selection, classes of floats (special values: `tests/ops/test_pointwise.py`)."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_RELATIONS = ("Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual")
_BITWISE = ("BitwiseAnd", "BitwiseOr", "BitwiseXor")
_BOOL = TensorSpec((2, 3, 4), "bool")

CASES = [
    *(
        OpCase(
            f"{op_type.lower()}_{dtype}",
            op_type,
            [TensorSpec((3, 4), dtype, 0, 3), TensorSpec((4,), dtype, 0, 3)],
        )
        for op_type in _RELATIONS
        for dtype in ("float32", "int32", "int64")
    ),
    OpCase("equal_bool", "Equal", [_BOOL, TensorSpec((3, 1), "bool")]),
    OpCase("less_scalar", "Less", [TensorSpec((2, 3, 4)), np.float32(0.1)]),
    *(
        OpCase(f"{op_type.lower()}_{name}", op_type, [_BOOL, TensorSpec(shape, "bool")])
        for op_type in ("And", "Or", "Xor")
        for name, shape in {"same": (2, 3, 4), "middle": (3, 1), "scalar": ()}.items()
    ),
    OpCase("not", "Not", [_BOOL]),
    *(
        OpCase(
            f"{op_type.lower()}_{dtype}",
            op_type,
            [TensorSpec((3, 4), dtype, 0, 100), TensorSpec((4,), dtype, 0, 100)],
            opset=18,
        )
        for op_type in _BITWISE
        for dtype in ("uint8", "int16", "int32", "int64")
    ),
    *(
        OpCase(
            f"shift_{direction.lower()}_{dtype}",
            "BitShift",
            [TensorSpec((3, 4), dtype, 0, 100), TensorSpec((4,), dtype, 0, 7)],
            {"direction": direction},
        )
        for direction in ("LEFT", "RIGHT")
        for dtype in ("uint8", "uint32", "uint64")
    ),
    OpCase("bitwise_not", "BitwiseNot", [TensorSpec((3, 4), "int32", -100, 100)], opset=18),
    OpCase("where", "Where", [_BOOL, TensorSpec((2, 3, 4)), TensorSpec((2, 3, 4))]),
    OpCase("where_broadcast", "Where", [TensorSpec((3, 1), "bool"), TensorSpec((2, 1, 4)), TensorSpec(())]),
    OpCase(
        "where_uint8", "Where", [_BOOL, TensorSpec((4,), "uint8", 0, 9), TensorSpec((3, 1), "uint8", 0, 9)]
    ),
    OpCase(
        "where_int64", "Where", [_BOOL, TensorSpec((4,), "int64", 0, 9), TensorSpec((2, 3, 4), "int64", 0, 9)]
    ),
    OpCase(
        "where_constant_mask",
        "Where",
        [np.array([True, False, True, False]), TensorSpec((2, 4)), TensorSpec((2, 4))],
        int8=True,
    ),
    OpCase("isnan", "IsNaN", [TensorSpec((3, 4))]),
    OpCase("isinf", "IsInf", [TensorSpec((3, 4))]),
    OpCase("isinf_negative", "IsInf", [TensorSpec((3, 4))], {"detect_positive": 0}),
]
