"""MatMul and Gemm: constant and run-time operands, batches that broadcast, vectors, transposes, factors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_RNG = np.random.default_rng(13)


def _weights(*shape: int) -> np.ndarray:
    return _RNG.uniform(-1, 1, shape).astype(np.float32)


def _product(name: str, a: tuple[int, ...], b: tuple[int, ...], **more: Any) -> OpCase:
    return OpCase(name, "MatMul", [TensorSpec(a), TensorSpec(b)], int8=True, **more)


CASES = [
    _product("square", (5, 5), (5, 5)),
    _product("plain", (3, 17), (17, 6)),
    _product("batched", (2, 3, 4, 5), (2, 3, 5, 7)),
    _product("left_repeats", (4, 5), (3, 5, 2)),
    _product("right_repeats", (2, 3, 4, 5), (5, 4)),
    _product("both_repeat", (2, 1, 4, 5), (1, 3, 5, 4)),
    _product("vector_left", (5,), (2, 5, 3)),
    _product("vector_right", (2, 3, 5), (5,)),
    _product("two_vectors", (9,), (9,)),
    OpCase("weights", "MatMul", [TensorSpec((4, 12)), _weights(12, 5)], int8=True, weight_axis=1),
    OpCase("weights_in_batches", "MatMul", [TensorSpec((2, 3, 12)), _weights(12, 5)], int8=True),
    OpCase("weights_left", "MatMul", [_weights(3, 4), TensorSpec((4, 5))], int8=True),
    OpCase("of_int32", "MatMul", [TensorSpec((3, 4), "int32", -9, 9), TensorSpec((4, 2), "int32", -9, 9)]),
    OpCase("of_uint64", "MatMul", [TensorSpec((3, 4), "uint64", 0, 99), TensorSpec((4, 2), "uint64", 0, 99)]),
    OpCase(
        "gemm",
        "Gemm",
        [TensorSpec((3, 12)), _weights(12, 5), _weights(5)],
        int8=True,
        weight_axis=1,
        bias=(2,),
    ),
    OpCase(
        "gemm_transposed",
        "Gemm",
        [TensorSpec((3, 12)), _weights(5, 12), _weights(5)],
        {"transB": 1},
        int8=True,
        weight_axis=0,
        bias=(2,),
    ),
    OpCase("gemm_no_bias", "Gemm", [TensorSpec((1, 12)), _weights(5, 12)], {"transB": 1}, int8=True),
    OpCase(
        "gemm_factors",
        "Gemm",
        [TensorSpec((12, 3)), TensorSpec((5, 12)), TensorSpec((3, 5))],
        {"transA": 1, "transB": 1, "alpha": 0.5, "beta": 2.0},
    ),
    OpCase("gemm_column", "Gemm", [TensorSpec((3, 4)), TensorSpec((4, 5)), TensorSpec((3, 1))]),
]
