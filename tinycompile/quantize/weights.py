"""Weights to int8: symmetric, one scale per output channel."""

from __future__ import annotations

import numpy as np

from tinycompile.ir import Quant

#: Symmetric weights leave -128 out, so that the negation of every weight exists.
_LIMIT = 127


def quantise_weights(weights: np.ndarray, axis: int) -> tuple[np.ndarray, Quant]:
    """int8 weights of the same shape and their per-channel quantisation along `axis`.

    A channel of zeros gets scale 1.
    """
    others = tuple(i for i in range(weights.ndim) if i != axis)
    largest = np.abs(weights.astype(np.float64)).max(axis=others)
    scales = np.where(largest > 0, largest / _LIMIT, 1.0).astype(np.float32)
    scales = np.maximum(scales, np.finfo(np.float32).tiny)
    shape = [1] * weights.ndim
    shape[axis] = -1
    quantised = np.clip(np.rint(weights / scales.reshape(shape)), -_LIMIT, _LIMIT).astype(np.int8)
    return quantised, Quant(tuple(float(s) for s in scales), (0,) * len(scales), axis)
