"""Element types that onnxruntime lacks: the same kernels in other widths, held against ONNX's reference."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_NARROW = ("int16", "uint16")


def _case(name: str, op_type: str, inputs: list[Any], **attributes: Any) -> OpCase:
    return OpCase(name, op_type, inputs, attributes, reference=True)


def _tensor(dtype: str, *shape: int) -> TensorSpec:
    return TensorSpec(shape, dtype, 0 if dtype[0] == "u" else -9, 9)


CASES = [
    *(
        _case(f"{op_type.lower()}_{dtype}", op_type, [_tensor(dtype, 3, 4), _tensor(dtype, 4)])
        for op_type in ("Max", "Min", "Equal")
        for dtype in _NARROW
    ),
    *(
        _case(f"{op_type.lower()}_{dtype}", op_type, [_tensor(dtype, 3, 4), _tensor(dtype, 4)])
        for op_type in ("Less", "LessOrEqual", "Greater", "GreaterOrEqual")
        for dtype in ("int8", "uint8", "uint32", "uint64", *_NARROW)
    ),
    *(
        _case(
            f"shift_{direction.lower()}_{dtype}",
            "BitShift",
            [_tensor(dtype, 3, 4), TensorSpec((4,), dtype, 0, 7)],
            direction=direction,
        )
        for direction in ("LEFT", "RIGHT")
        for dtype in ("int8", "int16", "uint16", "int32", "int64")
    ),
    _case("transpose_int16", "Transpose", [_tensor("int16", 2, 3, 4)], perm=[2, 0, 1]),
    _case("transpose_int64", "Transpose", [_tensor("int64", 2, 3, 4)], perm=[1, 0, 2]),
    _case("expand_int16", "Expand", [_tensor("int16", 3, 1), np.array([2, 3, 4])]),
    _case(
        "slice_int16",
        "Slice",
        [_tensor("int16", 5, 6), np.array([4, 1]), np.array([0, 6]), np.array([0, 1]), np.array([-2, 2])],
    ),
    _case("take_int16", "Gather", [_tensor("int16", 5, 3), np.array([[4, 0], [2, -1]])], axis=0),
    _case(
        "gather_elements_int16",
        "GatherElements",
        [_tensor("int16", 3, 3), np.array([[1, 2, 0], [2, 0, 0]])],
        axis=0,
    ),
    _case(
        "scatter_elements_int16",
        "ScatterElements",
        [_tensor("int16", 3, 3), np.array([[1, 0, 2]]), _tensor("int16", 1, 3)],
        axis=0,
    ),
    _case("pad_int16", "Pad", [_tensor("int16", 2, 3), np.array([1, 0, 0, 2]), np.array(-5, np.int16)]),
    _case("where_int16", "Where", [TensorSpec((3, 4), "bool"), _tensor("int16", 3, 4), _tensor("int16", 4)]),
    _case("mod_float", "Mod", [TensorSpec((3, 4), low=-9, high=9), np.array([3, -2, 2.5, -0.7], np.float32)]),
    OpCase("swish", "Swish", [TensorSpec((3, 4), low=-6, high=6)], {"alpha": 1.25}, opset=24, reference=True),
]
