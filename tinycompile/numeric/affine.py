"""Affine quantisation between real numbers and integers, saturation and lookup tables.

`quantize` and `dequantize` are bit-identical to ONNX QuantizeLinear and DequantizeLinear on float32 and to
the inlines of `runtime_c/include/tc_numeric.h`; the rules are set out in `docs/numerics.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

TableFunction = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def saturate(values: ArrayLike, dtype: DTypeLike) -> NDArray[Any]:
    """Integers clamped to the range of the integer type `dtype` and cast to it."""
    limits = np.iinfo(np.dtype(dtype))
    return np.asarray(np.clip(np.asarray(values, dtype=np.int64), limits.min, limits.max), dtype=dtype)


def quantize(
    real: ArrayLike, scale: ArrayLike, zero_point: ArrayLike, dtype: DTypeLike = np.int8
) -> NDArray[Any]:
    """`saturate(rint(real / scale) + zero_point)`: a float32 division, then half to even, as in ONNX.

    `real` is taken as float32; `scale` and `zero_point` broadcast against it, so a per-channel caller
    reshapes them. `dtype` is an integer type of at most 32 bits. NaN becomes the zero point and infinities
    saturate. Raises ValueError if a scale is not positive and finite.
    """
    steps = _positive_scale(scale)
    values = np.asarray(real, dtype=np.float32)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        rounded = np.rint(values / steps)
    return _to_integers(rounded.astype(np.float64), zero_point, dtype)


def dequantize(quantized: ArrayLike, scale: ArrayLike, zero_point: ArrayLike) -> NDArray[np.float32]:
    """`(quantized - zero_point) * scale`: an exact integer difference, then one float32 product.

    A difference beyond 2**24 (int32 data only) is rounded to float32 first.
    Raises ValueError if a scale is not positive and finite.
    """
    steps = _positive_scale(scale)
    difference = np.asarray(quantized, dtype=np.int64) - np.asarray(zero_point, dtype=np.int64)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(difference.astype(np.float32) * steps, dtype=np.float32)


def int8_table(
    fn: TableFunction, in_scale: float, in_zero_point: int, out_scale: float, out_zero_point: int
) -> NDArray[np.int8]:
    """The 256 outputs of the real function `fn` between two int8 tensors, indexed by `(uint8)(x + 128)`.

    `fn` maps a float64 array to a float64 array of the same shape. The quotient
    `fn((x - in_zero_point) * in_scale) / out_scale` is evaluated in float64, rounded half to even once, moved
    by the zero point and saturated; NaN becomes the zero point. Raises ValueError if a scale is not positive
    and finite, or `fn` changes the shape.
    """
    in_step, out_step = float(_positive_scale(in_scale)), float(_positive_scale(out_scale))
    inputs = (np.arange(-128, 128, dtype=np.float64) - in_zero_point) * in_step
    with np.errstate(all="ignore"):
        outputs = np.asarray(fn(inputs), dtype=np.float64)
        if outputs.shape != inputs.shape:
            raise ValueError(f"a table function must keep the shape: {inputs.shape} became {outputs.shape}")
        rounded = np.rint(outputs / out_step)
    return _to_integers(rounded, out_zero_point, np.int8)


def table_index(x: ArrayLike) -> NDArray[np.intp]:
    """Where an int8 value stands in a table of `int8_table`: `x + 128`."""
    return np.asarray(x, dtype=np.int8).astype(np.intp) + 128


def _to_integers(rounded: NDArray[np.float64], zero_point: ArrayLike, dtype: DTypeLike) -> NDArray[Any]:
    bound = 2.0**33  # beyond the span of every int32 range, and exact in float64 and int64
    finite = np.clip(np.where(np.isnan(rounded), 0.0, rounded), -bound, bound)
    return saturate(finite.astype(np.int64) + np.asarray(zero_point, dtype=np.int64), dtype)


def _positive_scale(scale: ArrayLike) -> NDArray[np.float32]:
    with np.errstate(over="ignore", under="ignore"):
        steps = np.asarray(scale).astype(np.float32)
    if not bool(np.all(np.isfinite(steps) & (steps > 0))):
        raise ValueError("a quantisation scale must be a positive finite float32")
    return steps
