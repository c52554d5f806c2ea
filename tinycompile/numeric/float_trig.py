"""Twins of `tc_math_trig.h`: trigonometric functions for every float, and their inverses."""

from __future__ import annotations

import numpy as np

from tinycompile.numeric.float_bits import (
    F32,
    INF,
    NAN,
    TINY,
    U32,
    bits,
    elementwise,
    f32,
    horner,
    signed,
    u32,
)
from tinycompile.numeric.float_round import sqrtf

_TWO_OVER_PI = np.array(
    [0, 0xA2F9836E, 0x4E441529, 0xFC2757D1, 0xF534DDC0, 0xDB629599, 0x3C439041, 0xFE5163AB], dtype=np.uint64
)
_HALF_PI_BITS = np.uint64(0xC90FDAA2)  # pi / 2 with 31 fractional bits
_UNIT = f32(2.0**-61)
_LOW_WORD = np.uint64(0xFFFFFFFF)
_QUARTER_PI = f32(0.785398185)
_HALF_PI = f32(1.57079637)
_HALF_PI_LOW = f32(-4.37113883e-8)


def _quadrant(x: F32) -> tuple[F32, U32]:
    """(remainder, quadrant): x = (4 n + quadrant) * pi / 2 + remainder, |remainder| <= pi / 4, finite x >= 0.

    After Payne and Hanek (1983): x / (pi / 2) modulo 4 in integers, from the 96 bits of 2 / pi that matter.
    """
    large = np.where((x > _QUARTER_PI) & (x < INF), x, f32(1))
    pattern = bits(large)
    significand = ((pattern & u32(0x007FFFFF)) | u32(0x00800000)).astype(np.uint64)
    start = (pattern >> u32(23)) - u32(120)
    word, offset = (start >> u32(5)).astype(np.intp), (start & u32(31)).astype(np.uint64)
    word32 = np.uint64(32)
    window = [
        (((_TWO_OVER_PI[word + i] << word32) | _TWO_OVER_PI[word + i + 1]) << offset) >> word32
        for i in range(3)
    ]
    turns = (
        ((significand * window[0]) << word32)
        + significand * window[1]
        + ((significand * window[2]) >> word32)
    )
    part = (turns << np.uint64(2)).view(np.int64) >> np.int64(2)
    fraction = np.abs(part).view(np.uint64)
    fraction = (fraction >> word32) * _HALF_PI_BITS + (((fraction & _LOW_WORD) * _HALF_PI_BITS) >> word32)
    unit: F32 = np.where(part < 0, -_UNIT, _UNIT)
    whole: F32 = fraction.view(np.int64).astype(np.float32)
    quadrant = ((turns - part.view(np.uint64)) >> np.uint64(62)).astype(np.uint32)
    small = x <= _QUARTER_PI
    return np.where(small, x, whole * unit), np.where(small, u32(0), quadrant)


def _sin_octant(r: F32) -> F32:
    z = r * r
    return r + r * (z * horner(z, 2.83251006e-6, -1.98530644e-4, 8.33337940e-3, -1.66666672e-1))


def _cos_octant(r: F32) -> F32:
    z = r * r
    half = f32(0.5) * z
    head: F32 = f32(1) - half
    p = horner(z, 2.44323273e-5, -1.38873095e-3, 4.16666456e-2)
    tail: F32 = ((f32(1) - head) - half) + (z * z) * p
    return head + tail


@elementwise
def sinf(x: F32) -> F32:
    a = np.abs(x)
    r, quadrant = _quadrant(a)
    y = np.where(quadrant & u32(1), _cos_octant(r), _sin_octant(r))
    y = np.where(quadrant & u32(2), -y, y)
    y = np.where(a < TINY, x, np.where(np.signbit(x), -y, y))
    return np.where(a < INF, y, NAN)


@elementwise
def cosf(x: F32) -> F32:
    r, quadrant = _quadrant(np.abs(x))
    y = np.where(quadrant & u32(1), _sin_octant(r), _cos_octant(r))
    y = np.where((quadrant + u32(1)) & u32(2), -y, y)
    return np.where(np.abs(x) < INF, y, NAN)


@elementwise
def tanf(x: F32) -> F32:
    a = np.abs(x)
    r, quadrant = _quadrant(a)
    sine, cosine = _sin_octant(r), _cos_octant(r)
    y = np.where(quadrant & u32(1), -cosine / sine, sine / cosine)
    y = np.where(a < TINY, x, np.where(np.signbit(x), -y, y))
    return np.where(a < INF, y, NAN)


@elementwise
def atanf(x: F32) -> F32:
    a = np.abs(x)
    outer, middle = a > f32(2.41421366), a > f32(0.414213568)
    high = np.where(outer, _HALF_PI, np.where(middle, _QUARTER_PI, f32(0)))
    low = np.where(outer, _HALF_PI_LOW, np.where(middle, f32(-2.18556941e-8), f32(0)))
    t = np.where(outer, f32(-1) / a, np.where(middle, (a - f32(1)) / (a + f32(1)), a))
    z = t * t
    p = horner(z, -6.08986318e-2, 1.05991200e-1, -1.42443880e-1, 1.99985281e-1, -3.33333164e-1)
    y = signed(high + (t + (t * (z * p) + low)), x)
    return np.where((a < TINY) | np.isnan(x), x, y)


def _asin_tail(t: F32) -> F32:
    z = t * t
    p = horner(z, 4.21583876e-2, 2.41847429e-2, 4.54691537e-2, 7.49530941e-2, 1.66667521e-1)
    return t * (z * p)


@elementwise
def asinf(x: F32) -> F32:
    """Inverse sine, NaN beyond -1 and 1."""
    a = np.abs(x)
    s = sqrtf(f32(0.5) * (f32(1) - a))
    outer = signed(_HALF_PI - (f32(2) * (s + _asin_tail(s)) - _HALF_PI_LOW), x)
    return np.where(a <= f32(1), np.where(a <= f32(0.5), x + _asin_tail(x), outer), NAN)


@elementwise
def acosf(x: F32) -> F32:
    """Inverse cosine, NaN beyond -1 and 1."""
    a = np.abs(x)
    s = sqrtf(f32(0.5) * (f32(1) - a))
    s = f32(2) * (s + _asin_tail(s))
    outer = np.where(x < 0, f32(3.14159274) - (s + f32(8.74227766e-8)), s)
    inner = _HALF_PI - (x + (_asin_tail(x) - _HALF_PI_LOW))
    return np.where(a <= f32(1), np.where(a <= f32(0.5), inner, outer), NAN)
