"""Twins of `tc_math_exp.h`: exponentials and logarithms, at most 1 ulp off (expm1: 1.6)."""

from __future__ import annotations

import numpy as np

from tinycompile.numeric.float_bits import (
    F32,
    I32,
    INF,
    NAN,
    U32,
    bits,
    elementwise,
    f32,
    from_bits,
    horner,
    nearest,
    pow2,
    u32,
)

_LN2_HIGH = f32(0.693359375)  # times an integer below 2**15 it is exact
_LN2_LOW = f32(-2.12194440e-4)
_LOG2_E = f32(1.44269504)
_SQRT_HALF_BITS = u32(0x3F3504F3)
_NORMAL_MIN = f32(1.17549435e-38)
_HALF_ULP_OF_ONE = f32(2.0**-24)


def _exp_reduce(x: F32) -> tuple[F32, I32]:
    whole, k = nearest(x * _LOG2_E)
    return (x - whole * _LN2_HIGH) - whole * _LN2_LOW, k


def _exp_tail(r: F32) -> F32:
    p = horner(r, 1.38388970e-3, 8.36919248e-3, 4.16681021e-2, 1.66665167e-1, 4.99999940e-1)
    return r + (r * r) * p


def exp_scaled(x: F32, extra: int) -> F32:
    """exp(x) * 2**extra, rounded once where it is subnormal; extra is 0 or -1."""
    bounded = np.where(x > f32(90.0), f32(90.0), x)
    bounded = np.where(bounded < f32(-104.5), f32(-104.5), bounded)
    r, k = _exp_reduce(bounded)
    y = f32(1) + _exp_tail(r)
    k = k + np.int32(extra)
    half = k >> np.int32(1)
    return (y * pow2(half)) * pow2(k - half)


@elementwise
def expf(x: F32) -> F32:
    return exp_scaled(x, 0)


@elementwise
def expm1f(x: F32) -> F32:
    """exp(x) - 1 without cancellation near 0."""
    middle = np.where(np.abs(x) <= f32(18.0), x, f32(0))
    r, k = _exp_reduce(middle)
    tail = _exp_tail(r)
    y = np.where(k == 0, tail, tail * pow2(k) + (pow2(k) - f32(1)))
    y = np.where(np.abs(x) < _HALF_ULP_OF_ONE, x, y)
    y = np.where(x < f32(-18.0), f32(-1), y)
    return np.where(x > f32(18.0), exp_scaled(x, 0), np.where(np.isnan(x), NAN, y))


def log_reduce(pattern: U32) -> tuple[F32, I32]:
    """(m, k) with m * 2**k the positive normal number of this pattern, m in [sqrt(1/2), sqrt(2))."""
    k = (pattern - _SQRT_HALF_BITS).view(np.int32) >> np.int32(23)
    return from_bits(pattern - (k.view(np.uint32) << u32(23))), k


def normalised(x: F32) -> tuple[F32, I32]:
    """x as y * 2**extra: a subnormal x is scaled up, any other one is left alone."""
    subnormal = x < _NORMAL_MIN
    return np.where(subnormal, x * f32(2.0**23), x), np.where(subnormal, np.int32(-23), np.int32(0))


def _log_sum(k: F32, f: F32, correction: F32) -> F32:
    s = f / (f32(2) + f)
    z = s * s
    half = (f32(0.5) * f) * f
    p = horner(z, 2.98707962e-1, 3.99775833e-1, 6.66667759e-1)
    p = s * (half + z * p) + (k * _LN2_LOW + correction)
    return k * _LN2_HIGH + (f - (half - p))


@elementwise
def logf(x: F32) -> F32:
    """Natural logarithm: -inf at both zeros, NaN below."""
    usual = np.where((x > 0) & (x < INF), x, f32(1))
    scaled, extra = normalised(usual)
    m, k = log_reduce(bits(scaled))
    y = _log_sum((k + extra).astype(np.float32), m - f32(1), np.zeros_like(x))
    y = np.where(x == 0, -INF, np.where(x == INF, INF, y))
    return np.where(np.isnan(x) | (x < 0), NAN, y)


@elementwise
def log1pf(x: F32) -> F32:
    """log(1 + x) without cancellation near 0."""
    usual = np.where((x > f32(-1)) & (x < INF), x, f32(1))
    u = f32(1) + usual
    lost: F32 = np.where(usual > f32(1), f32(1) - (u - usual), usual - (u - f32(1)))
    m, k = log_reduce(bits(u))
    y = _log_sum(k.astype(np.float32), m - f32(1), lost / u)
    zero = np.zeros_like(x)
    y = np.where((usual > f32(-0.29)) & (usual < f32(0.41)), _log_sum(zero, usual, zero), y)
    y = np.where((np.abs(x) < _HALF_ULP_OF_ONE) | (x == INF), x, y)
    return np.where(np.isnan(x) | (x < f32(-1)), NAN, np.where(x == f32(-1), -INF, y))
