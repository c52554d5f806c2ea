"""The integer contract: hand-computed vectors, then exact rational arithmetic as the oracle."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinycompile.numeric import (
    Multiplier,
    PairMultiplier,
    add_multipliers,
    quantize_multiplier,
    quantize_multipliers,
    requantize,
    requantize_away_s8,
    requantize_pair,
    requantize_s8,
)

INT32 = st.integers(-(2**31), 2**31 - 1)


@pytest.mark.parametrize(
    ("real", "multiplier", "shift"),
    [
        (0.0, 0, 1),
        (1.0, 1073741824, 30),
        (0.5, 1073741824, 31),
        (0.75, 1610612736, 31),
        (3.0, 1610612736, 29),
        (0.1, 1717986918, 34),  # 0.1 * 2**34 = 1717986918.4
        (-0.1, -1717986918, 34),
        (1.0 / 3.0, 1431655765, 32),
        (1.0 - 2.0**-40, 1073741824, 30),  # rounds up into the next octave
        (2.0**-32, 1073741824, 62),
        (2.0**-33, 0, 1),
        (2.0**29, 1073741824, 1),
    ],
)
def test_multiplier_vectors(real: float, multiplier: int, shift: int) -> None:
    assert quantize_multiplier(real) == Multiplier(multiplier, shift)


@pytest.mark.parametrize("real", [2.0**30, -(2.0**31), math.inf, math.nan])
def test_multiplier_refuses(real: float) -> None:
    with pytest.raises(ValueError, match="requantisation factor"):
        quantize_multiplier(real)


@given(st.floats(2.0**-32, 2.0**29, exclude_max=True), st.sampled_from([1, -1]))
def test_multiplier_is_the_nearest(magnitude: float, sign: int) -> None:
    pair = quantize_multiplier(sign * magnitude)
    assert 2**30 <= abs(pair.multiplier) < 2**31
    assert 1 <= pair.shift <= 62
    error = abs(Fraction(pair.multiplier, 2**pair.shift) - Fraction(sign * magnitude))
    assert error <= Fraction(1, 2 ** (pair.shift + 1))


def test_multipliers_keep_the_shape() -> None:
    multipliers, shifts = quantize_multipliers(np.array([[0.5, 0.0], [0.75, 0.1]]))
    assert multipliers.dtype == shifts.dtype == np.int32
    assert multipliers.tolist() == [[1073741824, 0], [1610612736, 1717986918]]
    assert shifts.tolist() == [[31, 1], [31, 34]]


# multiplier 2**30 with shift 31 halves: odd accumulators are exact ties and go up.
@pytest.mark.parametrize(
    ("acc", "multiplier", "shift", "expected"),
    [
        (3, 1073741824, 31, 2),
        (1, 1073741824, 31, 1),
        (-1, 1073741824, 31, 0),
        (-3, 1073741824, 31, -1),
        (-5, 1073741824, 31, -2),
        (6, 1073741824, 32, 2),  # 1.5
        (-6, 1073741824, 32, -1),  # -1.5
        (5, 1073741824, 32, 1),  # 1.25
        (10, 1073741824, 33, 1),  # 1.25
        (12, 1073741824, 33, 2),  # 1.5
        (-12, 1073741824, 33, -1),
        (-13, 1073741824, 33, -2),  # -1.625
        (-12, -1073741824, 33, 2),
        (12345, 1717986918, 34, 1234),  # 0.1 falls short by 2.3e-11: just below the tie
        (-12345, 1717986918, 34, -1234),
        (1000, 1610612736, 31, 750),
        (2147483647, 2147483647, 31, 2147483646),
        (-2147483648, 2147483647, 31, -2147483647),
        (-2147483648, 1073741824, 30, -2147483648),
        (2147483647, 1073741824, 29, 2147483647),  # saturates
        (-2147483648, 1073741824, 29, -2147483648),  # saturates
        (2147483647, 2147483647, 62, 1),
        (-2147483648, 1073741824, 62, 0),  # -0.5
        (-2147483648, 2147483647, 62, -1),
        (2147483647, 0, 1, 0),
    ],
)
def test_requantize_vectors(acc: int, multiplier: int, shift: int, expected: int) -> None:
    assert requantize(acc, multiplier, shift).item() == expected


@given(INT32, st.integers(2**30, 2**31 - 1), st.sampled_from([1, -1]), st.integers(1, 62))
def test_requantize_rounds_the_exact_product(acc: int, magnitude: int, sign: int, shift: int) -> None:
    multiplier = sign * magnitude
    exact = math.floor(Fraction(acc * multiplier, 2**shift) + Fraction(1, 2))
    saturated = min(max(exact, -(2**31)), 2**31 - 1)
    assert requantize(np.int32(acc), np.int32(multiplier), np.int32(shift)).item() == saturated


def test_requantize_broadcasts_over_channels() -> None:
    multipliers, shifts = quantize_multipliers([0.5, 0.25])
    scaled = requantize(np.array([[4, 4], [7, 7]], dtype=np.int32), multipliers, shifts)
    assert scaled.dtype == np.int32
    assert scaled.tolist() == [[2, 1], [4, 2]]


@pytest.mark.parametrize(
    "acc", [np.int64(2**31), np.array([-(2**31) - 1]), np.uint32(2**31), np.float32(1.0)]
)
def test_requantize_refuses_what_c_cannot_hold(acc: object) -> None:
    with pytest.raises(ValueError, match="accumulator"):
        requantize(acc, 1073741824, 31)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("acc", "zero_point", "lo", "hi", "expected"),
    [(100, 3, -128, 127, 53), (1000, 3, -128, 127, 127), (-1000, 3, -128, 127, -128), (-9, 3, 3, 127, 3)],
)
def test_requantize_s8_vectors(acc: int, zero_point: int, lo: int, hi: int, expected: int) -> None:
    assert requantize_s8(acc, 1073741824, 31, zero_point, lo, hi).item() == expected


@pytest.mark.parametrize(
    ("rx", "rz", "expected"),
    [
        (0.5, 0.25, PairMultiplier(1048576, 524288, 21)),
        (0.9, -0.1, PairMultiplier(1887437, -209715, 21)),  # 1887436.8, 209715.2
        (1.0, 1.0, PairMultiplier(1048576, 1048576, 20)),
        (1e-6, 0.0, PairMultiplier(2147, 0, 31)),  # 2147.48: the largest shift
        (100.0, 1e-3, PairMultiplier(1638400, 16, 14)),  # 16.384
    ],
)
def test_pair_vectors(rx: float, rz: float, expected: PairMultiplier) -> None:
    assert add_multipliers(rx, rz) == expected


@pytest.mark.parametrize(("rx", "rz"), [(2.0**20, 0.0), (0.0, math.nan), (math.inf, 1.0)])
def test_pair_refuses(rx: float, rz: float) -> None:
    with pytest.raises(ValueError, match="factors of a sum"):
        add_multipliers(rx, rz)


@pytest.mark.parametrize(
    ("x", "z", "expected"), [(3, 0, 2), (-3, 0, -1), (1, 2, 1), (255, -255, 64), (-1, 2, 0)]
)
def test_pair_sum_vectors(x: int, z: int, expected: int) -> None:
    assert requantize_pair(x, z, PairMultiplier(1048576, 524288, 21)).item() == expected


FACTOR = st.floats(-(2.0**19), 2.0**19)


@given(FACTOR, FACTOR, st.integers(-255, 255), st.integers(-255, 255))
def test_pair_sum_fits_int32_and_is_exact(rx: float, rz: float, x: int, z: int) -> None:
    factors = add_multipliers(rx, rz)
    worst = 255 * (abs(factors.mx) + abs(factors.mz)) + (1 << (factors.shift - 1))
    assert worst < 2**31
    exact = Fraction(x * factors.mx + z * factors.mz, 2**factors.shift)
    assert requantize_pair(x, z, factors).item() == math.floor(exact + Fraction(1, 2))
    for real, used in ((rx, factors.mx), (rz, factors.mz)):
        assert abs(Fraction(used, 2**factors.shift) - Fraction(real)) <= Fraction(1, 2 ** (factors.shift + 1))


def test_pair_sum_refuses_wide_operands() -> None:
    with pytest.raises(ValueError, match=r"-255\.\.255"):
        requantize_pair(256, 0, add_multipliers(0.5, 0.5))


@pytest.mark.parametrize(
    ("acc", "zero_point", "expected"),
    [
        (1, 0, 1),
        (3, 0, 2),
        (5, 0, 3),
        (-1, 0, -1),
        (-3, 0, -2),
        (-5, 0, -3),
        (2, 0, 1),
        (7, 0, 4),
        (1, -128, -128),
        (3, -128, -127),
        (5, -128, -126),
        (255, -127, 1),
        (253, -127, -1),
    ],
)
def test_requantize_away_vectors(acc: int, zero_point: int, expected: int) -> None:
    """r = 1/2: halves go away from 0, counted with the zero point."""
    assert requantize_away_s8(acc, 1073741824, 31, zero_point).item() == expected
