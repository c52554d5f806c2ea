"""Sums of products in NumPy: exact for integers, in the order of the float contract for float32."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_BLOCK = 1 << 15  # sums that stay in a core's cache
_EXACT_FLOAT32 = 1 << 24


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
