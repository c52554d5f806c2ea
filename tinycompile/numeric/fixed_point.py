"""Fixed-point multipliers, requantisation and rescaled sums: the integer half of the arithmetic contract.

Bit-identical twins of `runtime_c/include/tc_numeric.h`; the rules are set out in `docs/numerics.md`.
Layouts are free: every function broadcasts as NumPy does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

INT32_MIN = -(2**31)
INT32_MAX = 2**31 - 1

_MULTIPLIER_BITS = 31
_SHIFT_MAX = 62  # acc * multiplier + 2**(shift - 1) then stays inside int64 for every int32 acc
_PAIR_MULTIPLIER_LIMIT = 2**21  # 2 * 255 * 2**21 + 2**30 stays inside int32
_PAIR_SHIFT_MAX = 31


@dataclass(frozen=True)
class Multiplier:
    """The real factor `multiplier * 2**-shift`.

    `multiplier` is an int32 whose magnitude lies in [2**30, 2**31), or 0; `shift` lies in 1..62.
    """

    multiplier: int
    shift: int


def quantize_multiplier(real: float) -> Multiplier:
    """The nearest `Multiplier` to `real`, half to even in its last place.

    A factor below 2**-32 in magnitude moves no int32 by half a step and becomes zero, `Multiplier(0, 1)`.
    Raises ValueError if `real` is not finite or 2**30 or larger in magnitude.
    """
    if not math.isfinite(real):
        raise ValueError(f"a requantisation factor must be finite, not {real}")
    if real == 0.0:
        return Multiplier(0, 1)
    fraction, exponent = math.frexp(real)
    multiplier = round(fraction * 2.0**_MULTIPLIER_BITS)
    if abs(multiplier) == 2**_MULTIPLIER_BITS:
        multiplier //= 2
        exponent += 1
    shift = _MULTIPLIER_BITS - exponent
    if shift < 1:
        raise ValueError(f"a requantisation factor must be smaller than 2**30, not {real}")
    return Multiplier(multiplier, shift) if shift <= _SHIFT_MAX else Multiplier(0, 1)


def quantize_multipliers(real: ArrayLike) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """`quantize_multiplier` of every element, one per channel.

    Returns (multipliers, shifts), both int32 and shaped as `real`. Raises as `quantize_multiplier` does.
    """
    values = np.asarray(real, dtype=np.float64)
    fraction, exponent = np.frexp(values)
    rounded = np.rint(fraction * 2.0**_MULTIPLIER_BITS)
    carried = np.abs(rounded) == 2.0**_MULTIPLIER_BITS
    rounded, exponent = np.where(carried, rounded / 2, rounded), exponent + carried
    shifts = np.where(values == 0.0, 1, _MULTIPLIER_BITS - exponent)
    if not np.isfinite(values).all() or (shifts < 1).any():
        for value in values.ravel():
            quantize_multiplier(float(value))  # raises for the first that is wrong
    tiny = shifts > _SHIFT_MAX
    multipliers = np.where(tiny, 0, rounded).astype(np.int32)
    return multipliers, np.where(tiny, 1, shifts).astype(np.int32)


def requantize(acc: ArrayLike, multiplier: ArrayLike, shift: ArrayLike) -> NDArray[np.int32]:
    """`(acc * multiplier + 2**(shift - 1)) >> shift`, saturated to int32.

    This rounds the exact product once, to nearest, ties towards plus infinity. `acc` is any integer array
    whose values fit int32; `multiplier` and `shift` (from `quantize_multiplier`) broadcast against it.
    Raises ValueError if a value of `acc` does not fit int32.
    """
    wide = _int32_values(acc)
    amount = np.asarray(shift, dtype=np.int64)
    rounding = np.left_shift(np.int64(1), amount - 1)
    scaled = np.right_shift(wide * np.asarray(multiplier, dtype=np.int64) + rounding, amount)
    return np.asarray(np.clip(scaled, INT32_MIN, INT32_MAX), dtype=np.int32)


def requantize_s8(
    acc: ArrayLike, multiplier: ArrayLike, shift: ArrayLike, zero_point: int, lo: int = -128, hi: int = 127
) -> NDArray[np.int8]:
    """`requantize`, plus `zero_point`, clamped to [lo, hi] (itself within int8)."""
    shifted = requantize(acc, multiplier, shift).astype(np.int64) + zero_point
    return np.asarray(np.clip(shifted, lo, hi), dtype=np.int8)


def requantize_away_s8(
    acc: ArrayLike, multiplier: ArrayLike, shift: ArrayLike, zero_point: int, lo: int = -128, hi: int = 127
) -> NDArray[np.int8]:
    """`requantize_s8` with ties away from 0 in the int8 result, for means, as LiteRT and CMSIS-NN round."""
    wide, amount = _int32_values(acc), np.asarray(shift, dtype=np.int64)
    raised = wide * np.asarray(multiplier, dtype=np.int64) + np.left_shift(np.int64(1), amount - 1)
    upper = np.right_shift(raised, amount) + zero_point
    tie = np.bitwise_and(raised, np.left_shift(np.int64(1), amount) - 1) == 0
    return np.asarray(np.clip(upper - (tie & (upper <= 0)), lo, hi), dtype=np.int8)


@dataclass(frozen=True)
class PairMultiplier:
    """The two real factors `mx * 2**-shift` and `mz * 2**-shift`; |mx|, |mz| < 2**21, `shift` in 1..31."""

    mx: int
    mz: int
    shift: int


def add_multipliers(rx: float, rz: float) -> PairMultiplier:
    """Factors for `rx * x + rz * z` in pure int32 arithmetic, |x|, |z| <= 255; a negative `rz` subtracts.

    The shift is the largest one that keeps both multipliers below 2**21 in magnitude, hence the most precise.
    Raises ValueError if a factor is not finite or too large for any shift (2**20 or more).
    """
    largest = max(abs(rx), abs(rz)) if math.isfinite(rx) and math.isfinite(rz) else math.inf
    for shift in range(_PAIR_SHIFT_MAX, 0, -1):
        if largest >= math.ldexp(_PAIR_MULTIPLIER_LIMIT, -shift):
            continue
        mx, mz = round(math.ldexp(rx, shift)), round(math.ldexp(rz, shift))
        if max(abs(mx), abs(mz)) < _PAIR_MULTIPLIER_LIMIT:
            return PairMultiplier(mx, mz, shift)
    raise ValueError(f"the factors of a sum must be finite and below 2**20, not {rx} and {rz}")


def requantize_pair(x: ArrayLike, z: ArrayLike, factors: PairMultiplier) -> NDArray[np.int32]:
    """`(x * mx + z * mz + 2**(shift - 1)) >> shift` of zero-based operands, |x|, |z| <= 255.

    Raises ValueError if an operand is larger, because the C form would then overflow its int32.
    """
    left, right = np.asarray(x, dtype=np.int64), np.asarray(z, dtype=np.int64)
    for operand in (left, right):
        if operand.size and int(np.abs(operand).max()) > 255:
            raise ValueError("an operand of a rescaled sum must lie within -255..255")
    total = left * factors.mx + right * factors.mz + (1 << (factors.shift - 1))
    return np.asarray(np.right_shift(total, factors.shift), dtype=np.int32)


def _int32_values(values: ArrayLike) -> NDArray[np.int64]:
    wide = np.asarray(values)
    if wide.dtype.kind not in "iu":
        raise ValueError(f"an accumulator must be an integer, not {wide.dtype}")
    if wide.dtype.itemsize > 4 or wide.dtype == np.uint32:
        low, high = (int(wide.min()), int(wide.max())) if wide.size else (0, 0)
        if low < INT32_MIN or high > INT32_MAX:
            raise ValueError(f"an accumulator must fit int32: the values span {low}..{high}")
    return wide.astype(np.int64)
