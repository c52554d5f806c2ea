"""CIFAR-10 for `tinycompile search --data benchmarks.cifar:cifar10`.

Images come from `cifar10_train_jpeg.npz` and `cifar10_test_jpeg.npz` (arrays `jpeg` of all bytes, `offsets`,
`y`) in the folder that TINYCOMPILE_DATA names. Decoding needs Pillow. Where the file of the test is missing,
only the images to train on are given: the test can be made on another machine.
"""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, eq=False)
class Images:
    """Pairs of uint8[3, 32, 32] and a class number, as a Dataset."""

    x: npt.NDArray[np.uint8]
    y: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.uint8], int]:
        return self.x[index], int(self.y[index])


def cifar10() -> Images | tuple[Images, Images]:
    """The images to train on, and those of the test if they are there."""
    folder = Path(os.environ.get("TINYCOMPILE_DATA", _ROOT.parent / "shared" / "data"))
    train = decoded(folder / "cifar10_train_jpeg.npz")
    test = folder / "cifar10_test_jpeg.npz"
    return (train, decoded(test)) if test.exists() else train


def decoded(path: Path) -> Images:
    """All images of a file."""
    with np.load(path, allow_pickle=False) as stored:
        data, offsets, y = (stored[name] for name in ("jpeg", "offsets", "y"))
    parts = [data[a:b].tobytes() for a, b in pairwise(offsets)]
    with ThreadPoolExecutor() as pool:
        pixels = np.stack(list(pool.map(_pixels, parts, chunksize=512)))
    return Images(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)), y.astype(np.int64))


def _pixels(jpeg: bytes) -> npt.NDArray[np.uint8]:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))
