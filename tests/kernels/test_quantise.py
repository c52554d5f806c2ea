"""Kernels between reals and integers against the semantics: every type, per tensor and per channel."""

from __future__ import annotations

import numpy as np
import pytest
from harness import Case, check, kernel_named

from tinycompile.ir import DType, Quant, TensorType
from tinycompile.ops.quantise import Dequantize, Quantize

_TYPES = {"s8": DType.INT8, "u8": DType.UINT8, "s16": DType.INT16, "u16": DType.UINT16}
_SHAPE = (2, 3, 7)


def _quants(dtype: DType) -> list[Quant]:
    low, high = dtype.limits
    zeros = (low, (low + high + 1) // 2 + 3, high) if dtype is not DType.INT32 else (0, 0, 0)
    return [*(Quant.tensor(0.037, zero) for zero in set(zeros)), Quant((0.5, 0.037, 1e-30), zeros, 1)]


def _reals(rng: np.random.Generator) -> np.ndarray:
    values = (rng.standard_normal(_SHAPE) * 4).astype(np.float32)
    specials = [np.nan, np.inf, -np.inf, 0.0, -0.0, 0.0185, -0.0185, 3e38, -3e38, 1e-45]
    values.reshape(-1)[: len(specials)] = specials
    return values


@pytest.mark.parametrize("suffix", _TYPES)
def test_quantize(suffix: str) -> None:
    dtype, rng = _TYPES[suffix], np.random.default_rng(7)
    x = TensorType(_SHAPE, DType.FLOAT32)
    cases = [
        Case(Quantize(dtype, quant), (x,), (x.with_dtype(dtype, quant),), (_reals(rng),))
        for quant in _quants(dtype)
    ]
    check(kernel_named(Quantize, f"tc_quantize_{suffix}"), cases)


@pytest.mark.parametrize("suffix", [*_TYPES, "s32"])
def test_dequantize(suffix: str) -> None:
    dtype, rng = {**_TYPES, "s32": DType.INT32}[suffix], np.random.default_rng(8)
    low, high = dtype.limits
    y = TensorType(_SHAPE, DType.FLOAT32)
    cases = []
    for quant in _quants(dtype):
        x = rng.integers(low, high, _SHAPE, endpoint=True).astype(dtype.numpy)
        x.reshape(-1)[:2] = low, high
        cases.append(Case(Dequantize(quant), (TensorType(_SHAPE, dtype),), (y,), (x,)))
    check(kernel_named(Dequantize, f"tc_dequantize_{suffix}"), cases)
