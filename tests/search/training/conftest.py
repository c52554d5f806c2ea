"""Small data to train on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest


@dataclass(frozen=True, eq=False)
class Samples:
    """As `search.training.batches.Labelled`."""

    x: np.ndarray
    y: np.ndarray


def blobs(count: int, seed: int, shape: tuple[int, int, int] = (1, 8, 8), classes: int = 4) -> Samples:
    """Noise with a bright square in one of the corners, which is the class."""
    rng = np.random.default_rng(seed)
    _, height, width = shape
    y = rng.integers(0, classes, count)
    x = rng.integers(0, 90, (count, *shape))
    for index, label in enumerate(y):
        top, left = (label // 2) * (height - height // 2), (label % 2) * (width - width // 2)
        x[index, :, top : top + height // 2, left : left + width // 2] += 80
    return Samples(x.astype(np.uint8), y.astype(np.int64))


@pytest.fixture(scope="session")
def train() -> Samples:
    return blobs(256, 0)


@pytest.fixture(scope="session")
def held_out() -> Samples:
    return blobs(128, 1)
