"""Samples at another resolution, as the application has to scale them too."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def resampling(size: int, target: int) -> npt.NDArray[np.float32]:
    """float32[target, size]: linear interpolation between pixel centres, wide enough to see every pixel.

    A target pixel at i stands for the place (i + 0.5) * size / target; going down, the triangle of weights
    is as wide as two target pixels.
    """
    ratio = size / target
    centres = (np.arange(target) + 0.5) * ratio - 0.5
    distance = np.abs(np.arange(size)[None] - centres[:, None]) / max(1.0, ratio)
    weights = np.maximum(0.0, 1.0 - distance)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def resampled(samples: Array, height: int, width: int) -> Array:
    """Samples [count, channels, height, width] at another size, in the element type they have."""
    if samples.shape[2:] == (height, width):
        return samples
    rows, columns = resampling(samples.shape[2], height), resampling(samples.shape[3], width)
    found = np.einsum("yh,nchw,xw->ncyx", rows, samples.astype(np.float32), columns, optimize=True)
    if samples.dtype.kind == "f":
        return np.asarray(found, samples.dtype)
    limits = np.iinfo(samples.dtype)
    return np.asarray(np.clip(np.rint(found), limits.min, limits.max), samples.dtype)
