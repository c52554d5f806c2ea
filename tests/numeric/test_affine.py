"""Affine quantisation and lookup tables: hand-computed vectors, then exact arithmetic as the oracle."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinycompile.numeric import dequantize, int8_table, quantize, saturate, table_index


@pytest.mark.parametrize(
    ("real", "scale", "zero_point", "dtype", "expected"),
    [
        (1.0, 0.5, 0, np.int8, 2),
        (0.25, 0.5, 0, np.int8, 0),  # 0.5 steps: to even
        (0.75, 0.5, 0, np.int8, 2),  # 1.5 steps: to even
        (1.25, 0.5, 0, np.int8, 2),  # 2.5 steps: to even
        (-0.25, 0.5, 3, np.int8, 3),
        (-0.75, 0.5, 3, np.int8, 1),
        (63.5, 0.5, 0, np.int8, 127),
        (64.0, 0.5, 0, np.int8, 127),
        (-100.0, 0.5, 0, np.int8, -128),
        (-1.0, 0.5, 128, np.uint8, 126),
        (40000.0, 1.0, 0, np.int16, 32767),
        (3e9, 1.0, 0, np.int32, 2147483647),
        (math.inf, 0.5, -5, np.int8, 127),
        (-math.inf, 0.5, -5, np.int8, -128),
        (math.nan, 0.5, -5, np.int8, -5),
        (3e38, 1e-3, 0, np.int8, 127),  # the quotient overflows float32
        (0.35, 0.1, 0, np.int8, 4),  # exactly 3.49999989, but the float32 quotient is 3.5
    ],
)
def test_quantize_vectors(real: float, scale: float, zero_point: int, dtype: type, expected: int) -> None:
    assert quantize(real, scale, zero_point, dtype).item() == expected


@given(st.floats(-1e4, 1e4, width=32), st.sampled_from([0.0625, 0.5, 2.0]), st.integers(-128, 127))
def test_quantize_is_the_nearest_step(real: float, scale: float, zero_point: int) -> None:
    exact = round(Fraction(real) / Fraction(scale)) + zero_point  # Fraction rounds half to even too
    assert quantize(real, scale, zero_point).item() == min(max(exact, -128), 127)


def test_quantize_per_channel() -> None:
    scales, zero_points = np.array([[0.5], [0.25]], np.float32), np.array([[0], [1]])
    assert quantize([[1.0, 2.0], [1.0, 2.0]], scales, zero_points).tolist() == [[2, 4], [5, 9]]


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf, 1e-60, 1e60])
def test_scales_are_positive_and_finite(scale: float) -> None:
    with pytest.raises(ValueError, match="scale"):
        quantize(1.0, scale, 0)
    with pytest.raises(ValueError, match="scale"):
        dequantize(1, scale, 0)


def test_dequantize_vectors() -> None:
    assert dequantize(np.array([-128, 0, 127], np.int8), 0.5, -128).tolist() == [0.0, 64.0, 127.5]
    assert dequantize(np.array([255], np.uint8), 0.25, 255).tolist() == [0.0]
    assert dequantize(np.array([16777217], np.int32), 1.0, 0).tolist() == [16777216.0]
    assert dequantize(1, 0.1, 0).dtype == np.float32


def test_saturate() -> None:
    assert saturate([-1000, -128, 5, 127, 1000], np.int8).tolist() == [-128, -128, 5, 127, 127]
    assert saturate([-1, 256], np.uint8).tolist() == [0, 255]


def test_table_of_a_doubling() -> None:
    table = int8_table(lambda x: 2.0 * x, 0.5, 0, 0.5, 0)
    assert table.dtype == np.int8
    assert table.shape == (256,)
    assert table[table_index([-128, -65, -64, -1, 0, 1, 63, 64, 127])].tolist() == [
        *(-128, -128, -128, -2, 0, 2, 126, 127, 127)
    ]


def test_table_rounds_half_to_even_and_marks_nan() -> None:
    table = int8_table(lambda x: np.where(x == 9.0, np.nan, x), 1.0, 0, 2.0, 7)
    assert table[table_index([-3, -1, 1, 3, 5, 9])].tolist() == [5, 7, 7, 9, 9, 7]


def test_table_of_infinities() -> None:
    table = int8_table(np.log, 1.0, 0, 0.1, 0)
    assert table[table_index([-1, 0, 1, 2])].tolist() == [0, -128, 0, 7]


def test_table_function_keeps_the_shape() -> None:
    with pytest.raises(ValueError, match="shape"):
        int8_table(lambda x: x[:3], 1.0, 0, 1.0, 0)
