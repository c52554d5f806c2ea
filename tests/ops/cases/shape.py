"""Shapes and constants: everything here is known at import."""

from __future__ import annotations

import numpy as np
from onnx import numpy_helper

from tests.ops.case import OpCase, TensorSpec

_X = TensorSpec((2, 3, 5, 7))


CASES = [
    OpCase("shape", "Shape", [_X]),
    OpCase("shape_opset13", "Shape", [_X], opset=13),
    OpCase("shape_slice", "Shape", [_X], {"start": 1, "end": -1}),
    OpCase("shape_empty_slice", "Shape", [_X], {"start": 3, "end": 1}),
    OpCase("shape_beyond", "Shape", [_X], {"start": -9, "end": 9}),
    OpCase("size", "Size", [_X]),
    OpCase("constant_int", "Constant", [], {"value_int": -3}),
    OpCase("constant_ints", "Constant", [], {"value_ints": [1, -2, 1 << 40]}),
    OpCase("constant_float", "Constant", [], {"value_float": 0.1}),
    OpCase("constant_floats", "Constant", [], {"value_floats": [0.1, -2.5]}),
    OpCase(
        "constant_tensor",
        "Constant",
        [],
        {"value": numpy_helper.from_array(np.arange(6, dtype=np.uint8).reshape(2, 3))},
    ),
    OpCase("filled_default", "ConstantOfShape", [np.array([2, 3], np.int64)]),
    OpCase("filled_scalar", "ConstantOfShape", [np.zeros(0, np.int64)]),
    OpCase(
        "filled_int64",
        "ConstantOfShape",
        [np.array([4], np.int64)],
        {"value": numpy_helper.from_array(np.array([7], np.int64))},
    ),
    OpCase("range_ints", "Range", [np.int64(9), np.int64(-2), np.int64(-3)]),
    OpCase("range_floats", "Range", [np.float32(0.5), np.float32(2.0), np.float32(0.25)]),
]
