"""Twins of `tc_math_hyperbolic.h`: hyperbolic functions and their inverses, within 3 ulp."""

from __future__ import annotations

import numpy as np

from tinycompile.numeric.float_bits import F32, NAN, TINY, elementwise, f32, signed
from tinycompile.numeric.float_exp import exp_scaled, expm1f, log1pf, logf
from tinycompile.numeric.float_round import sqrtf

_LN2 = f32(0.693147181)
_LARGE = f32(2.0**24)  # above it sqrt(a * a + 1) is a


@elementwise
def sinhf(x: F32) -> F32:
    a = np.abs(x)
    small = expm1f(a)
    large = exp_scaled(a, -1)
    y = np.where(
        a < f32(1),
        f32(0.5) * (small + small / (small + f32(1))),
        large - f32(0.25) / large,
    )
    return np.where((a < TINY) | np.isnan(x), x, signed(y, x))


@elementwise
def coshf(x: F32) -> F32:
    e = exp_scaled(np.abs(x), -1)
    return e + f32(0.25) / e


@elementwise
def asinhf(x: F32) -> F32:
    a = np.abs(x)
    square = a * a
    y = log1pf(a + square / (f32(1) + sqrtf(f32(1) + square)))
    y = np.where(a > _LARGE, logf(a) + _LN2, y)
    return np.where((a < TINY) | np.isnan(x), x, signed(y, x))


@elementwise
def acoshf(x: F32) -> F32:
    """Inverse hyperbolic cosine, NaN below 1."""
    t = x - f32(1)
    y = log1pf(t + sqrtf(f32(2) * t + t * t))
    return np.where(x >= f32(1), np.where(x > _LARGE, logf(x) + _LN2, y), NAN)


@elementwise
def atanhf(x: F32) -> F32:
    """Inverse hyperbolic tangent, infinite at -1 and 1, NaN beyond."""
    a = np.abs(x)
    y = signed(f32(0.5) * log1pf((f32(2) * a) / (f32(1) - a)), x)
    return np.where(a <= f32(1), np.where(a < TINY, x, y), NAN)
