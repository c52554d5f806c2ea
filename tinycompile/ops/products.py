"""Sums of products in NumPy: exact for integers, in the order of the float contract for float32."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tinycompile.ir import DType, TensorType
from tinycompile.ops.common import quant_of

_BLOCK = 1 << 15  # sums that stay in a core's cache
_EXACT_FLOAT32 = 1 << 24
_ACCUMULATOR_ROOM = 1 << 30


def blocks(height: int, length: int) -> Iterator[slice]:
    """Ranges of columns in which an array of `height` rows stays small enough for a cache."""
    width = max(1, _BLOCK // max(1, height))
    for start in range(0, length, width):
        yield slice(start, start + width)


def add_products(acc: np.ndarray, a: np.ndarray, b: np.ndarray, outside: np.ndarray | None = None) -> None:
    """acc[i, j] += a[k, i] * b[k, j] for k = 0, 1, ...; float32, every product and sum rounded on its own.

    Shapes: acc[I, J], a[K, I], b[K, J]. The columns `outside` get no addend. Fast where rows are long.
    """
    products = np.empty(acc.shape, np.float32)
    for left, row in zip(a, b, strict=True):
        np.multiply(left[:, None], row, out=products)
        if outside is not None:
            products[:, outside] = -0.0  # what changes no sum, not even one of -0
        acc += products


def weight_offsets(w: TensorType) -> np.ndarray:
    """int32 zero points of weights, shaped to broadcast against them."""
    quant = quant_of(w)
    zeros = np.asarray(quant.zero_point, np.int32)
    return zeros if quant.per_tensor else zeros.reshape(-1, *(1,) * (w.rank - 1))


def can_accumulate(x: TensorType, w: TensorType, y: TensorType) -> bool:
    """True when int8 operands have an exact product in int32, with room for a bias.

    x and y are quantised per tensor, the weights w per tensor or per channel along axis 0.
    """
    if not (x.per_tensor_int8 and y.per_tensor_int8 and w.dtype is DType.INT8 and w.quant):
        return False
    terms = math.prod(w.shape[1:])
    largest = 128 if w.quant.symmetric else 256
    return w.quant.axis in (None, 0) and 256 * largest * terms < _ACCUMULATOR_ROOM


def ordered_product(x: np.ndarray, w: np.ndarray, start: np.ndarray) -> np.ndarray:
    """float32[M, N] of start + sum over k of x[m, k] * w[k, n], k in order; `start` broadcasts to [M, N]."""
    shape = (x.shape[0], w.shape[1])
    acc = np.array(np.broadcast_to(start, shape), np.float32)
    if shape[0] > shape[1]:
        return np.ascontiguousarray(_blockwise(np.ascontiguousarray(acc.T), w, np.ascontiguousarray(x.T)).T)
    return _blockwise(acc, x.T, w)


def _blockwise(acc: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    for block in blocks(*acc.shape):
        add_products(acc[:, block], a, b[:, block])
    return acc


def exact_product(x: np.ndarray, w: np.ndarray, bound: int) -> np.ndarray:
    """int64[..., M, N] of integers x[..., M, K] @ w[..., K, N]; no term exceeds `bound` in magnitude.

    Floats hold every partial sum exactly, and their products are fast.
    """
    dtype = np.float32 if bound * x.shape[-1] < _EXACT_FLOAT32 else np.float64
    return np.asarray(np.matmul(x.astype(dtype), w.astype(dtype))).astype(np.int64)
