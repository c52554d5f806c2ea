"""Min and Max, Pow and Mod."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_X = TensorSpec((2, 3, 4))
_BASE = TensorSpec((2, 3, 4), low=0.1, high=3.0)
#: The integer types for which onnxruntime has these operators.
_INTEGERS = ("int8", "uint8", "int32", "uint32", "int64", "uint64")
_MOD_TYPES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


def _mod(dtype: str, fmod: int) -> OpCase:
    low = 0 if dtype[0] == "u" else -20
    divisors = np.array([1, 3, 4, 7] if dtype[0] == "u" else [-7, -3, 3, 7], dtype)
    operands = [TensorSpec((6, 4), dtype, low, 20), divisors]
    return OpCase(f"mod_{dtype}_{fmod}", "Mod", operands, {"fmod": fmod})


CASES = [
    *(
        OpCase(f"{op_type.lower()}_{name}", op_type, [_X, TensorSpec(shape)], int8=shape != ())
        for op_type in ("Max", "Min")
        for name, shape in {"same": (2, 3, 4), "scalar": (), "middle": (3, 1)}.items()
    ),
    *(
        OpCase(
            f"{op_type.lower()}_{dtype}",
            op_type,
            [TensorSpec((3, 4), dtype, 0, 9), TensorSpec((4,), dtype, 1, 7)],
        )
        for op_type in ("Max", "Min")
        for dtype in _INTEGERS
    ),
    OpCase("max_one", "Max", [_X], int8=True),
    OpCase("max_three", "Max", [_X, TensorSpec((4,)), TensorSpec(())]),
    OpCase("max_constant", "Max", [_X, np.float32(0.25)], int8=True),
    OpCase("min_wide", "Min", [_X, TensorSpec((2, 3, 4), low=-8, high=8)], int8=True),
    OpCase("pow_square", "Pow", [_X, np.float32(2.0)]),
    OpCase("pow_cube", "Pow", [_X, np.float32(3.0)]),
    OpCase("pow_root", "Pow", [_BASE, np.float32(0.5)]),
    OpCase("pow_inverse", "Pow", [_BASE, np.array([[-1.0]], np.float32)]),
    OpCase("pow_quantised_exponent", "Pow", [_BASE, np.float32(2.0)], int8=True, integer=False),
    OpCase("pow_integer_exponent", "Pow", [_X, np.int64(3)]),
    OpCase("pow_tensors", "Pow", [_BASE, TensorSpec((4,))]),
    OpCase("pow_int32", "Pow", [TensorSpec((2, 4), "int32", -3, 3), TensorSpec((4,), "int32", 0, 5)]),
    OpCase("pow_int64", "Pow", [TensorSpec((2, 4), "int64", -3, 3), TensorSpec((4,), "int64", 0, 5)]),
    OpCase("pow_float_int", "Pow", [_BASE, TensorSpec((4,), "int32", -2, 3)]),
    OpCase("pow_int_float", "Pow", [TensorSpec((2, 4), "int32", 0, 3), np.array([0, 1, 2, 3], np.float32)]),
    *(_mod(dtype, 0) for dtype in _MOD_TYPES),
    *(_mod(dtype, 1) for dtype in ("int8", "int16", "int32", "int64")),
    OpCase(
        "fmod_float",
        "Mod",
        [TensorSpec((6, 4), low=-20, high=20), np.array([-7.5, -3, 0.3, 7], np.float32)],
        {"fmod": 1},
    ),
]
