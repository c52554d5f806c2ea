"""Sums of products in NumPy: exact for integers, in the order of the float contract for float32."""

from __future__ import annotations

import numpy as np

#: Elements of a block of sums that stays in a core's cache.
_BLOCK = 1 << 15
_EXACT_FLOAT32 = 1 << 24


def add_products(acc: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """acc[i, j] += a[k, i] * b[k, j] for k = 0, 1, ...; float32, every product and sum rounded on its own.

    Shapes: acc[I, J], a[K, I], b[K, J]. Fast where the rows of `acc` and `b` are long and contiguous.
    """
    height, length = acc.shape
    width = max(1, _BLOCK // max(1, height))
    for start in range(0, length, width):
        block, right = acc[:, start:start + width], b[:, start:start + width]
        products = np.empty(block.shape, np.float32)
        for left, row in zip(a, right, strict=True):
            np.multiply(left[:, None], row, out=products)
            block += products


def ordered_product(x: np.ndarray, w: np.ndarray, start: np.ndarray) -> np.ndarray:
    """float32[M, N] of start + sum over k of x[m, k] * w[k, n], k in order; `start` broadcasts to [M, N]."""
    shape = (x.shape[0], w.shape[1])
    acc = np.array(np.broadcast_to(start, shape), np.float32)
    if shape[0] > shape[1]:
        turned = np.ascontiguousarray(acc.T)
        add_products(turned, w, np.ascontiguousarray(x.T))
        return np.ascontiguousarray(turned.T)
    add_products(acc, x.T, w)
    return acc


def exact_product(x: np.ndarray, w: np.ndarray, bound: int) -> np.ndarray:
    """int64[..., M, N] of integers x[..., M, K] @ w[..., K, N]; no term exceeds `bound` in magnitude.

    Floats hold every partial sum exactly, and their products are fast.
    """
    dtype = np.float32 if bound * x.shape[-1] < _EXACT_FLOAT32 else np.float64
    return np.asarray(np.matmul(x.astype(dtype), w.astype(dtype))).astype(np.int64)
