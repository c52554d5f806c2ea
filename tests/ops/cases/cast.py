"""Conversions between element types. Values stay where onnxruntime's C++ casts are defined."""

from __future__ import annotations

from onnx import TensorProto

from tests.ops.case import OpCase, TensorSpec

_TARGETS = {
    "float32": TensorProto.FLOAT,
    "bool": TensorProto.BOOL,
    "int8": TensorProto.INT8,
    "uint8": TensorProto.UINT8,
    "int16": TensorProto.INT16,
    "uint16": TensorProto.UINT16,
    "int32": TensorProto.INT32,
    "uint32": TensorProto.UINT32,
    "int64": TensorProto.INT64,
    "uint64": TensorProto.UINT64,
}


def _spec(source: str, target: str) -> TensorSpec:
    unsigned = "u" in (source[0], target[0])
    return TensorSpec((3, 5), source, 0 if unsigned else -100, 100)


CASES = [
    *(
        OpCase(f"{source}_to_{target}", "Cast", [_spec(source, target)], {"to": int(number)})
        for source in _TARGETS
        for target, number in _TARGETS.items()
    ),
    OpCase("wraps", "Cast", [TensorSpec((40,), "int32", -70000, 70000)], {"to": int(TensorProto.INT8)}),
    OpCase("like", "CastLike", [TensorSpec((3, 5)), TensorSpec((1,), "int32", 0, 1)]),
]
