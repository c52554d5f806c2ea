"""Twins of `tc_math_activation.h`: sigmoid, tanh and erf within 2.5 ulp, and both forms of GELU."""

from __future__ import annotations

import numpy as np

from tinycompile.numeric.float_bits import F32, INF, TINY, elementwise, f32, horner, signed
from tinycompile.numeric.float_exp import exp_scaled


@elementwise
def sigmoidf(x: F32) -> F32:
    """1 / (1 + exp(-x)), without overflow on either side."""
    e = exp_scaled(-np.abs(x), 0)
    top: F32 = np.where(x < 0, e, f32(1))
    return top / (f32(1) + e)


@elementwise
def tanhf(x: F32) -> F32:
    a = np.abs(x)
    z = x * x
    p = horner(z, -5.69229666e-3, 2.06281673e-2, -5.37365153e-2, 1.33314058e-1, -3.33332807e-1)
    e = np.where(a < f32(10), exp_scaled(f32(2) * a, 0), INF)
    y = np.where(a < f32(0.625), x + x * (z * p), signed(f32(1) - f32(2) / (e + f32(1)), x))
    return np.where((a < TINY) | np.isnan(x), x, y)


@elementwise
def erff(x: F32) -> F32:
    """The error function."""
    a = np.abs(x)
    p = horner(
        x * x,
        7.86780220e-5,
        -8.02643714e-4,
        5.19094197e-3,
        -2.68553644e-2,
        1.12836227e-1,
        -3.76126289e-1,
        1.28379166e-1,
    )
    log_rest = horner(
        np.where(a <= f32(3.9375), a, f32(3.9375)),
        -2.05627075e-5,
        4.28301893e-4,
        -4.14122595e-3,
        2.50410046e-2,
        -1.08159214e-1,
        -6.33456230e-1,
        -1.12946117,
        1.63586286e-4,
    )
    y = signed(np.where(a > f32(3.9375), f32(1), f32(1) - exp_scaled(log_rest, 0)), x)
    y = np.where(a < f32(0.875), x + x * p, y)
    return np.where(np.isnan(x), x, y)


@elementwise
def geluf(x: F32) -> F32:
    """0.5 * x * (1 + erf(x / sqrt(2))), as ONNX Gelu with approximate="none"."""
    return (f32(0.5) * x) * (f32(1) + erff(x * f32(0.707106781)))


@elementwise
def gelu_tanhf(x: F32) -> F32:
    """0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))), as ONNX Gelu with approximate="tanh"."""
    cubic = f32(0.044715) * ((x * x) * x)
    return (f32(0.5) * x) * (f32(1) + tanhf(f32(0.797884561) * (x + cubic)))
