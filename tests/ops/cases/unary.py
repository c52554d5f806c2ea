"""Functions of one tensor without parameters."""

from __future__ import annotations

from tests.ops.case import OpCase, TensorSpec

_SHAPE = (3, 5, 7)
_ANY = TensorSpec(_SHAPE, low=-4.0, high=4.0)
_POSITIVE = TensorSpec(_SHAPE, low=0.05, high=6.0)
_UNIT = TensorSpec(_SHAPE, low=-0.95, high=0.95)

_DOMAINS = {
    "Abs": _ANY,
    "Acos": _UNIT,
    "Acosh": TensorSpec(_SHAPE, low=1.0, high=9.0),
    "Asin": _UNIT,
    "Asinh": _ANY,
    "Atan": _ANY,
    "Atanh": _UNIT,
    "Ceil": _ANY,
    "Cos": TensorSpec(_SHAPE, low=-50.0, high=50.0),
    "Cosh": _ANY,
    "Erf": _ANY,
    "Exp": _ANY,
    "Floor": _ANY,
    "HardSwish": _ANY,
    "Log": _POSITIVE,
    "Mish": _ANY,
    "Neg": _ANY,
    "Reciprocal": TensorSpec(_SHAPE, low=0.5, high=4.0),
    "Round": _ANY,
    "Sigmoid": _ANY,
    "Sign": _ANY,
    "Sin": TensorSpec(_SHAPE, low=-50.0, high=50.0),
    "Sinh": _ANY,
    "Softplus": _ANY,
    "Softsign": _ANY,
    "Sqrt": _POSITIVE,
    "Tan": _UNIT,
    "Tanh": _ANY,
}
#: Where a step of the operand may jump over the result: onnxruntime rounds such ties in float32.
_JUMPS = ("Ceil", "Floor", "Round", "Sign")
#: Outside their domain int8 operands have values that give NaN or infinity.
_PARTIAL = ("Acos", "Acosh", "Asin", "Atanh", "Log", "Reciprocal", "Sqrt")
_SINCE = {"HardSwish": 17, "Mish": 18}

CASES = [
    *(
        OpCase(name.lower(), name, [spec], opset=_SINCE.get(name, 17), int8=name not in _JUMPS + _PARTIAL)
        for name, spec in _DOMAINS.items()
    ),
    OpCase("sqrt_int8", "Sqrt", [TensorSpec(_SHAPE, low=0.0, high=9.0)], int8=True),
    OpCase("log_int8", "Log", [TensorSpec(_SHAPE, low=1.0, high=9.0)], int8=True),
    OpCase("reciprocal_int8", "Reciprocal", [TensorSpec(_SHAPE, low=1.0, high=4.0)], int8=True),
    OpCase("gelu", "Gelu", [_ANY], opset=20, int8=True),
    OpCase("gelu_tanh", "Gelu", [_ANY], {"approximate": "tanh"}, opset=20, int8=True),
    OpCase("exp_wide", "Exp", [TensorSpec(_SHAPE, low=-100.0, high=80.0)]),
    OpCase("tanh_wide", "Tanh", [TensorSpec(_SHAPE, low=-30.0, high=30.0)], int8=True),
    OpCase("abs_int32", "Abs", [TensorSpec(_SHAPE, "int32", -9, 9)]),
    OpCase("abs_uint8", "Abs", [TensorSpec(_SHAPE, "uint8", 0, 9)]),
    OpCase("neg_int64", "Neg", [TensorSpec(_SHAPE, "int64", -9, 9)]),
    OpCase("neg_int8", "Neg", [TensorSpec(_SHAPE, "int8", -9, 9)]),
    OpCase("sigmoid_scalar", "Sigmoid", [TensorSpec(())]),
]
