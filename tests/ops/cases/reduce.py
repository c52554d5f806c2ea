"""Reductions: every kind over inner, outer, scattered and all dimensions, and every element type."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_X = TensorSpec((2, 3, 4, 5))
_POSITIVE = TensorSpec((2, 3, 4, 5), low=0.1, high=3.0)
_INTEGER = ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin")
_KINDS = (
    *_INTEGER,
    "ReduceProd",
    "ReduceL1",
    "ReduceL2",
    "ReduceSumSquare",
    "ReduceLogSum",
    "ReduceLogSumExp",
)
_AXES = {"inner": (-1,), "outer": (0,), "spatial": (2, 3), "scattered": (0, 2), "all": (0, 1, 2, 3)}


def _reduce(kind: str, place: str, keepdims: int) -> OpCase:
    x = _POSITIVE if kind == "ReduceLogSum" else _X
    return OpCase(
        f"{kind[6:].lower()}_{place}",
        kind,
        [x, np.array(_AXES[place])],
        {"keepdims": keepdims},
        opset=18,
        int8=kind in _INTEGER,
        rtol=1e-3,
    )


def _typed(kind: str, dtype: str) -> OpCase:
    low = 0 if dtype == "uint8" else -9
    return OpCase(
        f"{kind[6:].lower()}_of_{dtype}",
        kind,
        [TensorSpec((2, 5, 3), dtype, low, 9), np.array([1])],
        opset=18,
    )


CASES = [
    *(_reduce(kind, place, keepdims=index % 2) for kind in _KINDS for index, place in enumerate(_AXES)),
    *(_typed(kind, dtype) for kind in ("ReduceSum", "ReduceProd") for dtype in ("int32", "int64")),
    *(
        _typed(kind, dtype)
        for kind in ("ReduceMax", "ReduceMin")
        for dtype in ("int32", "int64", "int8", "uint8")
    ),
    OpCase("sum_without_axes", "ReduceSum", [_X], opset=18, int8=True),
    OpCase("sum_noop", "ReduceSum", [_X], {"noop_with_empty_axes": 1}, opset=18),
    OpCase(
        "many_dimensions", "ReduceSum", [TensorSpec((2,) * 8), np.array([1, 3, 5, 7])], opset=18, int8=True
    ),
    OpCase("mean_attribute", "ReduceMean", [_X], {"axes": [2, 3]}, opset=13, int8=True),
    OpCase("max_attribute", "ReduceMax", [_X], {"axes": [-3], "keepdims": 0}, opset=13, int8=True),
    OpCase("sum_operand", "ReduceSum", [_X, np.array([1, 2])], opset=13, int8=True),
]
