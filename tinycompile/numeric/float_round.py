"""Twins of `tc_math_round.h`: rounding to integers, minimum and maximum, remainder and square root."""

from __future__ import annotations

import numpy as np

from tinycompile.numeric.float_bits import F32, NAN, elementwise, f32, signed

_INTEGERS = f32(2.0**23)  # floats of this size and above are integers


@elementwise
def minf(a: F32, b: F32) -> F32:
    """The smaller operand; of two equal ones (so of +0 and -0) the second; NaN if either is NaN."""
    return np.where(a < b, a, np.where(b <= a, b, NAN))


@elementwise
def maxf(a: F32, b: F32) -> F32:
    """The larger operand; of two equal ones (so of +0 and -0) the second; NaN if either is NaN."""
    return np.where(a > b, a, np.where(b >= a, b, NAN))


@elementwise
def truncf(x: F32) -> F32:
    """Towards zero; the sign of zero is kept."""
    return np.trunc(x)


@elementwise
def floorf(x: F32) -> F32:
    """Towards minus infinity; the sign of zero is kept."""
    cut = truncf(x)
    return np.where(cut > x, cut - f32(1), cut)


@elementwise
def ceilf(x: F32) -> F32:
    """Towards plus infinity; the sign of zero is kept, and -0.5 becomes -0."""
    cut = truncf(x)
    return np.where(cut < x, cut + f32(1), cut)


@elementwise
def roundf(x: F32) -> F32:
    """To nearest, half to even; the sign of zero is kept."""
    return np.where(np.abs(x) < _INTEGERS, signed((np.abs(x) + _INTEGERS) - _INTEGERS, x), x)


@elementwise
def fmodf(x: F32, y: F32) -> F32:
    """x - n * y with n = trunc(x / y), exactly; the sign of x. NaN if x is infinite or y is zero."""
    return np.fmod(x, y)


@elementwise
def sqrtf(x: F32) -> F32:
    """Correctly rounded square root; sqrt(-0) is -0."""
    return np.sqrt(x)
