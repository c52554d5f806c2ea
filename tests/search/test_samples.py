"""Samples on their way to int8, at the resolution of the network."""

from __future__ import annotations

import numpy as np
import pytest

from tinycompile.ir import DType, Quant
from tinycompile.search.encoding import encoding_of
from tinycompile.search.resample import resampled, resampling


def test_pixels_go_in_as_they_are() -> None:
    pixels = np.zeros((10, 1, 4, 4), np.uint8)
    pixels[:, :, 1:3, 1:3] = 200  # on a background of 0
    encoding = encoding_of(pixels)
    assert encoding.dtype is DType.UINT8
    assert encoding.quant == Quant.tensor(1 / 100, -128)  # the root of the mean square is 200 * sqrt(1/4)
    assert encoding.gain == 1.0
    assert np.array_equal(encoding.integers(pixels), pixels.astype(int) - 128)


def test_signed_samples_keep_their_median_as_zero() -> None:
    samples = np.full((3, 2, 5, 1), 7, np.int8)
    samples[:, :, 2] = 9
    assert encoding_of(samples).quant.zero0 == 7
    assert np.array_equal(encoding_of(samples).integers(samples), samples)


def test_floats_keep_their_unit() -> None:
    samples = np.linspace(-40, 215, 256, dtype=np.float32).reshape(1, 1, 16, 16)
    encoding = encoding_of(samples)
    assert encoding.quant.scale0 == pytest.approx(1, rel=1e-3)
    assert encoding.quant.zero0 == -88
    assert encoding.step * samples.std() == pytest.approx(1, rel=1e-3)
    reals = (encoding.integers(samples).astype(int) - encoding.quant.zero0) * encoding.quant.scale0
    assert np.abs(reals - samples).max() <= 0.51


def test_floats_of_one_value_are_encoded() -> None:
    assert np.isfinite(encoding_of(np.zeros((4, 1, 3, 3), np.float32)).step)


def test_half_the_size_is_seen_through_a_triangle_of_four_pixels() -> None:
    assert resampling(8, 4)[1].tolist() == [0, 0.125, 0.375, 0.375, 0.125, 0, 0, 0]
    assert np.array_equal(resampling(5, 5), np.eye(5, dtype=np.float32))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.float32])
def test_even_areas_stay_even_at_every_size(dtype: type) -> None:
    samples = np.full((2, 3, 9, 12), 101, dtype)
    for size in ((9, 12), (4, 6), (9, 5), (16, 30)):
        found = resampled(samples, *size)
        assert found.shape == (2, 3, *size)
        assert found.dtype == dtype
        assert np.allclose(found, 101)
