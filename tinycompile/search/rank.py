"""How well one order of candidates foretells another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's rank correlation with mean ranks for ties; None for fewer than three or constant values."""
    if len(one) != len(other):
        raise ValueError(f"{len(one)} values beside {len(other)}")
    if len(one) < 3:
        return None
    a, b = _ranks(one), _ranks(other)
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale else None


def _ranks(values: Sequence[float]) -> npt.NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    _, where, counts = np.unique(array, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    means = last - (counts - 1) / 2
    return np.asarray(means[where.reshape(-1)], dtype=np.float64)
