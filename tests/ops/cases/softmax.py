"""Softmax and its relatives."""

from __future__ import annotations

from tests.ops.case import OpCase, TensorSpec

_X = TensorSpec((2, 3, 4), low=-5.0, high=5.0)

CASES = [
    *(
        OpCase(f"{op_type.lower()}_axis{axis + 3}", op_type, [_X], {"axis": axis}, int8=op_type == "Softmax")
        for op_type in ("Softmax", "LogSoftmax", "Hardmax")
        for axis in (-3, -2, -1)
    ),
    OpCase("softmax_default", "Softmax", [_X], int8=True),
    OpCase("softmax_default_opset11", "Softmax", [_X], opset=11),
    OpCase("softmax_flat_opset11", "Softmax", [_X], {"axis": 0}, opset=11),
    OpCase("softmax_last_opset11", "Softmax", [_X], {"axis": 2}, opset=11),
    OpCase("log_softmax_default_opset11", "LogSoftmax", [_X], opset=11),
    OpCase("hardmax_default_opset11", "Hardmax", [_X], opset=11),
    OpCase("softmax_classes", "Softmax", [TensorSpec((4, 12), low=-20.0, high=20.0)], int8=True),
    OpCase("softmax_thousand", "Softmax", [TensorSpec((2, 1000), low=-8.0, high=8.0)], int8=True),
    OpCase("softmax_one", "Softmax", [TensorSpec((4, 1))], int8=True),
    OpCase("log_softmax_island", "LogSoftmax", [TensorSpec((4, 12))], int8=True, integer=False),
]
