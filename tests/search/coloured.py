"""Small colour images whose classes are easy to tell apart, as an entry point for `--data`."""

from __future__ import annotations

import numpy as np

from benchmarks.cifar import Images

CLASSES, SIZE = 4, 32


def coloured() -> tuple[Images, Images]:
    """Images to train on, and others to test with."""
    return _images(160, 1), _images(40, 2)


def _images(count: int, seed: int) -> Images:
    """Each class has a colour, brighter towards one side."""
    rng = np.random.default_rng(seed)
    y = np.arange(count) % CLASSES
    hues = np.random.default_rng(0).uniform(40, 200, (CLASSES, 3))
    slope = np.linspace(0.7, 1.3, SIZE)
    x = hues[y][:, :, None, None] * slope + rng.normal(0, 20, (count, 3, SIZE, SIZE))
    return Images(np.clip(x, 0, 255).astype(np.uint8), y.astype(np.int64))
