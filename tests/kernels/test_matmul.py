"""Kernels of matrix products against the semantics."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from cases import float_case, int8s, quantised, weighted_int8_case
from harness import Case, check, kernel_named

from tinycompile.ir import DType, TensorType
from tinycompile.ops.matmul import FullyConnected, MatMul

_SIZES = tuple(itertools.product((1, 2, 3, 6), (1, 2, 3, 17), (1, 2, 3, 4, 5, 9)))  # rows, depth, channels
_BATCHES = (((), ()), ((3,), ()), ((2, 3), (3,)), ((2, 1, 3), (1, 2, 1)), ((), (2,)))


def test_fully_connected_int8() -> None:
    rng = np.random.default_rng(1)
    cases = [
        weighted_int8_case(FullyConnected(**clamp), rng, (m, k), (n, k), bias=bias, extreme=extreme)
        for m, k, n in _SIZES
        for bias, extreme, clamp in ((True, False, {}), (False, True, {}), (True, False, {"lo": -1, "hi": 6}))
    ]
    check(kernel_named(FullyConnected, "tc_fully_connected_s8"), cases)


def test_fully_connected_int8_with_weight_zero_points() -> None:
    rng = np.random.default_rng(6)
    cases = [weighted_int8_case(FullyConnected(), rng, (m, k), (n, k), symmetric=False) for m, k, n in _SIZES]
    check(kernel_named(FullyConnected, "tc_conv2d_asymmetric_s8"), cases)


def test_fully_connected_float() -> None:
    rng = np.random.default_rng(2)
    cases = [
        float_case(FullyConnected(**clamp), rng, [(m, k), (n, k), (n,)][:operands], (1, 2), special)
        for m, k, n in _SIZES
        for operands, special, clamp in (
            (3, 0.0, {}),
            (2, 0.0, {"lo": 0.0, "hi": 1.0}),
            (3, 0.1, {"lo": 0.0}),
        )
    ]
    check(kernel_named(FullyConnected, "tc_fully_connected_f32"), cases)


def _shapes(m: int, k: int, n: int, batch: tuple[tuple[int, ...], tuple[int, ...]]) -> list[tuple[int, ...]]:
    return [(*batch[0], m, k), (*batch[1], k, n)]


def test_matmul_float() -> None:
    rng = np.random.default_rng(3)
    cases = [
        float_case(MatMul(**clamp), rng, _shapes(m, k, n, batch), (), special)
        for (m, k, n), batch in zip(_SIZES, itertools.cycle(_BATCHES), strict=False)
        for special, clamp in ((0.0, {}), (0.1, {"lo": 0.0}))
    ]
    check(kernel_named(MatMul, "tc_matmul_f32"), cases)


def test_matmul_int8() -> None:
    rng = np.random.default_rng(4)
    cases = []
    for (m, k, n), batch, extreme in zip(
        _SIZES, itertools.cycle(_BATCHES), itertools.cycle((False, True, False)), strict=False
    ):
        a, b = (quantised(s, 0.03, int(rng.integers(-128, 128))) for s in _shapes(m, k, n, batch))
        shape = MatMul().infer((a, b))[0].shape
        y = quantised(shape, 0.0009 * 80 * k**0.5, int(rng.integers(-128, 128)))
        operands = (int8s(rng, a.shape, extreme), int8s(rng, b.shape, extreme))
        cases.append(Case(MatMul(), (a, b), (y,), operands))
    check(kernel_named(MatMul, "tc_matmul_s8"), cases)


@pytest.mark.parametrize("dtype", [DType.INT32, DType.UINT32, DType.INT64, DType.UINT64])
def test_matmul_of_raw_integers_wraps(dtype: DType) -> None:
    rng = np.random.default_rng(5)
    low, high = dtype.limits
    cases = []
    for size, batch in zip(_SIZES, itertools.cycle(_BATCHES), strict=False):
        types = tuple(TensorType(s, dtype) for s in _shapes(*size, batch))
        operands = tuple(rng.integers(low, high, t.shape, dtype.numpy, endpoint=True) for t in types)
        cases.append(Case(MatMul(), types, MatMul().infer(types), operands))
    check(kernel_named(MatMul, f"tc_matmul_{8 * dtype.itemsize}"), cases)


def test_fully_connected_of_raw_integers() -> None:
    rng = np.random.default_rng(8)
    types = (TensorType((2, 3, 7), DType.INT32), TensorType((5, 7), DType.INT32))
    operands = tuple(rng.integers(-(2**31), 2**31, t.shape, np.int32) for t in types)
    case = Case(FullyConnected(), types, FullyConnected().infer(types), operands, frozenset({1}))
    check(kernel_named(FullyConnected, "tc_matmul_32"), [case])
