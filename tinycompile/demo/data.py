"""scikit-learn's handwritten digits, split once and for all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinycompile.errors import Diagnostic, ToolchainError, declare

TC_DEMO = declare(
    "TC608",
    "The demo's data are not installed",
    "`tinycompile demo` takes its images from scikit-learn, which comes with the extra `demo`.",
)

TEST_IMAGES = 360
_SEED = 0
_WHITE = 16.0


@dataclass(frozen=True, eq=False)
class Digits:
    """float32[n, 1, 8, 8] images in 0 to 1, and int64[n] labels."""

    train_images: npt.NDArray[np.float32]
    train_labels: npt.NDArray[np.int64]
    test_images: npt.NDArray[np.float32]
    test_labels: npt.NDArray[np.int64]


def digits() -> Digits:
    """1437 images to train on and 360 to test on, both with the same share of each digit.

    Raises:
        ToolchainError: scikit-learn is not installed (TC608).
    """
    try:
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split
    except ImportError as error:
        message = "the demo's images come with scikit-learn, which is not installed"
        raise ToolchainError(
            Diagnostic(TC_DEMO, message, ("scikit-learn",), 'pip install "tinycompile[demo]"')
        ) from error
    found = load_digits()
    images = (found.images[:, None] / _WHITE).astype(np.float32)
    train_x, test_x, train_y, test_y = train_test_split(
        images,
        found.target.astype(np.int64),
        test_size=TEST_IMAGES,
        random_state=_SEED,
        stratify=found.target,
    )
    return Digits(train_x, train_y, test_x, test_y)
