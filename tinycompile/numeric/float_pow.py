"""Twin of `tc_math_pow.h`: a power through double precision, within 0.501 ulp."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinycompile.numeric.float_bits import F32, INF, NAN, Mask, bits, elementwise, f32, signed
from tinycompile.numeric.float_exp import log_reduce, normalised

F64 = NDArray[np.float64]

_LOG = (
    0.19584059753353086,
    0.22176193983135362,
    0.28572109060416895,
    0.39999995622457107,
    0.66666666675800146,
    2.0,
)
_EXP = (
    2.4727168782192784e-05,
    0.00019915464021307876,
    0.0013889178982736349,
    0.0083332669570949369,
    0.041666664215844994,
    0.16666666885816048,
    0.50000000006196288,
    0.99999999998057998,
    0.99999999999976197,
)


def _horner(x: F64, coefficients: tuple[float, ...]) -> F64:
    p = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        p = p * x + coefficient
    return p


def _log2(x: F32) -> F64:
    scaled, extra = normalised(x)
    single, k = log_reduce(bits(scaled))
    m = single.astype(np.float64)
    s = (m - 1.0) / (m + 1.0)
    return (k + extra).astype(np.float64) + (s * _horner(s * s, _LOG)) * 1.4426950408889634


def _exp2(t: F64) -> F32:
    bounded = np.clip(t, -152.0, 130.0)
    n = np.where(bounded < 0.0, bounded - 0.5, bounded + 0.5).astype(np.int32)
    r = (bounded - n.astype(np.float64)) * 0.69314718055994531
    scale = ((n.astype(np.int64) + 1023) << 52).view(np.float64)
    return (_horner(r, _EXP) * scale).astype(np.float32)


def _is_integer(y: F32) -> Mask:
    """Whether a finite y is an integer."""
    return np.asarray(np.trunc(y) == y)


def _is_odd(y: F32) -> Mask:
    """Whether y is an odd integer."""
    small = np.where(np.abs(y) < f32(2.0**24), y, f32(0))
    return np.asarray(_is_integer(small) & (small.astype(np.int32) % 2 != 0))


@elementwise
def powf(x: F32, y: F32) -> F32:
    """x**y with the special cases of C99: pow(x, 0) and pow(1, y) are 1 even for NaN."""
    base = np.abs(x)
    usual = (base > 0) & (base < INF) & (np.abs(y) < INF)
    exponent = np.where(usual, y, f32(0)).astype(np.float64)
    magnitude = _exp2(exponent * _log2(np.where(usual, base, f32(1))))
    negative = np.where(_is_odd(y), x, f32(0))
    result = signed(magnitude, negative)
    result = np.where(y == f32(2), x * x, result)
    result = np.where((x < 0) & (x > -INF) & (np.abs(y) < INF) & ~_is_integer(y), NAN, result)
    limit = signed(np.where((base == 0) == (y < 0), INF, f32(0)), negative)
    result = np.where((base == 0) | (base == INF), limit, result)
    grows = (base > f32(1)) == (y > 0)
    at_infinity = np.where(base == f32(1), f32(1), np.where(grows, INF, f32(0)))
    result = np.where(np.abs(y) == INF, at_infinity, result)
    result = np.where(np.isnan(x) | np.isnan(y), NAN, result)
    return np.where((y == 0) | (x == f32(1)), f32(1), result)
