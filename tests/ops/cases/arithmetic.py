"""Arithmetic of two tensors: types, broadcasting, rescaling."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_X = TensorSpec((2, 3, 4, 5))
_POSITIVE = TensorSpec((2, 3, 4, 5), low=0.5, high=3.0)
_RNG = np.random.default_rng(7)
_CHANNELS = _RNG.uniform(0.5, 2.0, (3, 1, 1)).astype(np.float32)

#: Second operands, by name, against an operand of shape (2, 3, 4, 5).
_SHAPES = {
    "same": (2, 3, 4, 5),
    "scalar": (),
    "one": (1,),
    "last": (5,),
    "channel": (3, 1, 1),
    "rows": (2, 1, 4, 1),
    "inner": (1, 3, 4, 1),
    "outer": (2, 1, 1, 1),
}
_INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


def _shaped(op_type: str) -> list[OpCase]:
    low = 0.5 if op_type == "Div" else -2.0
    return [
        OpCase(f"{op_type.lower()}_{name}", op_type, [_X, TensorSpec(shape, low=low)], int8=shape != ())
        for name, shape in _SHAPES.items()
    ]


def _integers(op_type: str, dtypes: tuple[str, ...]) -> list[OpCase]:
    return [
        OpCase(
            f"{op_type.lower()}_{dtype}",
            op_type,
            [TensorSpec((3, 4), dtype, 0 if dtype[0] == "u" else -9, 9), TensorSpec((4,), dtype, 1, 7)],
        )
        for dtype in dtypes
    ]


CASES = [
    *(case for op_type in ("Add", "Sub", "Mul", "Div") for case in _shaped(op_type)),
    *(case for op_type in ("Add", "Sub", "Mul", "Div") for case in _integers(op_type, _INTEGERS)),
    OpCase("add_both_stretch", "Add", [TensorSpec((4, 1, 5)), TensorSpec((1, 3, 1))], int8=True),
    OpCase("add_higher_rank", "Add", [TensorSpec((5,)), _X], int8=True),
    OpCase("add_scalars", "Add", [TensorSpec(()), TensorSpec(())]),
    OpCase(
        "add_six_dimensions",
        "Add",
        [TensorSpec((2, 3, 2, 3, 2, 3)), TensorSpec((2, 1, 2, 1, 2, 1))],
        int8=True,
    ),
    OpCase("add_unequal_scales", "Add", [_X, TensorSpec((2, 3, 4, 5), low=-200, high=100)], int8=True),
    OpCase("sub_from_constant", "Sub", [np.float32(1.5), _X], int8=True),
    OpCase("mul_channels", "Mul", [_X, _CHANNELS], int8=True),
    OpCase("div_by_constant", "Div", [_X, np.float32(6.0)], int8=True),
    OpCase("div_by_channels", "Div", [_X, _CHANNELS], int8=True),
    OpCase("div_negative", "Div", [_X, TensorSpec((2, 3, 4, 5), low=-3.0, high=-1.0)], int8=True),
    OpCase("add_self_sized_one", "Add", [TensorSpec((1, 1)), TensorSpec((1,))]),
    OpCase("sum_one", "Sum", [_X], int8=True),
    OpCase("sum_three", "Sum", [_X, TensorSpec((5,)), TensorSpec((3, 1, 1))]),
    OpCase("mean_two", "Mean", [_X, TensorSpec((5,))]),
    OpCase("mean_three", "Mean", [_X, _POSITIVE, TensorSpec((5,))]),
]
