"""Single precision functions: hand-written special cases, then accuracy against double precision."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tinycompile.numeric import float_math as fm

INF, NAN = math.inf, math.nan
F64 = NDArray[np.float64]


def pattern(value: float) -> int:
    return int(np.float32(value).view(np.uint32))


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("expf", 0.0, 0x3F800000),
        ("expf", -0.0, 0x3F800000),
        ("expf", 1.0, 0x402DF854),  # 2.7182817
        ("expf", 88.72283, 0x7F7FFF84),  # the last finite one
        ("expf", 88.72284, 0x7F800000),
        ("expf", -103.97207, 0x00000001),
        ("expf", -103.97209, 0x00000000),
        ("expf", -INF, 0x00000000),
        ("expm1f", -0.0, 0x80000000),
        ("expm1f", -INF, 0xBF800000),
        ("logf", 1.0, 0x00000000),
        ("logf", -0.0, 0xFF800000),
        ("logf", INF, 0x7F800000),
        ("logf", -1.0, 0x7FC00000),
        ("logf", 1e-45, 0xC2CE8ED0),  # -103.27893, a subnormal
        ("log1pf", -1.0, 0xFF800000),
        ("log1pf", -0.0, 0x80000000),
        ("log1pf", -1.5, 0x7FC00000),
        ("tanhf", -0.0, 0x80000000),
        ("tanhf", INF, 0x3F800000),
        ("tanhf", -INF, 0xBF800000),
        ("tanhf", 1e-45, 0x00000001),
        ("sigmoidf", 0.0, 0x3F000000),
        ("sigmoidf", -INF, 0x00000000),
        ("sigmoidf", 17.5, 0x3F800000),
        ("erff", -0.0, 0x80000000),
        ("erff", -INF, 0xBF800000),
        ("sqrtf", 2.0, 0x3FB504F3),
        ("sqrtf", -0.0, 0x80000000),
        ("sqrtf", -1e-45, 0x7FC00000),
        ("sinf", -0.0, 0x80000000),
        ("sinf", INF, 0x7FC00000),
        ("cosf", 0.0, 0x3F800000),
        ("floorf", -0.5, 0xBF800000),
        ("floorf", -0.0, 0x80000000),
        ("ceilf", -0.5, 0x80000000),
        ("ceilf", 1e30, 0x7149F2CA),
        ("roundf", 0.5, 0x00000000),
        ("roundf", 1.5, 0x40000000),
        ("roundf", 2.5, 0x40000000),
        ("roundf", -0.5, 0x80000000),
        ("truncf", -1.75, 0xBF800000),
        ("geluf", 0.0, 0x00000000),
        ("geluf", -INF, 0x7FC00000),  # -inf * 0
        ("acoshf", 0.5, 0x7FC00000),
        ("atanhf", -1.0, 0xFF800000),
        ("asinf", 1.0, 0x3FC90FDB),
        ("acosf", -1.0, 0x40490FDB),
        ("atanf", INF, 0x3FC90FDB),
    ],
)
def test_vectors(name: str, x: float, expected: int) -> None:
    assert hex(pattern(getattr(fm, name)(x))) == hex(expected)


@pytest.mark.parametrize("name", [n for n in fm.__all__ if n not in ("fmodf", "maxf", "minf", "powf")])
def test_every_nan_becomes_the_canonical_one(name: str) -> None:
    nans = np.array([0x7F800001, 0xFFC00000, 0x7FFFFFFF], dtype=np.uint32).view(np.float32)
    assert set(getattr(fm, name)(nans).view(np.uint32).tolist()) == {0x7FC00000}


@pytest.mark.parametrize(
    ("name", "x", "y", "expected"),
    [
        ("powf", NAN, 0.0, 1.0),
        ("powf", 1.0, NAN, 1.0),
        ("powf", -1.0, INF, 1.0),
        ("powf", -8.0, 3.0, -512.0),
        ("powf", -8.0, 2.0, 64.0),
        ("powf", -8.0, 0.5, NAN),
        ("powf", -0.0, 3.0, -0.0),
        ("powf", -0.0, -3.0, -INF),
        ("powf", -0.0, -2.0, INF),
        ("powf", -INF, 3.0, -INF),
        ("powf", -INF, -3.0, -0.0),
        ("powf", 0.5, -INF, INF),
        ("powf", 2.0, 127.0, 1.7014118346046923e38),
        ("powf", 2.0, 128.0, INF),
        ("powf", 2.0, -149.0, 1.401298464324817e-45),
        ("powf", 2.0, -150.0, 0.0),
        ("powf", 10.0, 10.0, 1e10),
        ("fmodf", 5.5, -2.0, 1.5),
        ("fmodf", -5.5, 2.0, -1.5),
        ("fmodf", -4.0, 2.0, -0.0),
        ("fmodf", 1e30, INF, 1e30),
        ("fmodf", INF, 1.0, NAN),
        ("fmodf", 1.0, 0.0, NAN),
        ("minf", 1.0, NAN, NAN),
        ("minf", 0.0, -0.0, -0.0),
        ("minf", -0.0, 0.0, 0.0),
        ("maxf", NAN, 1.0, NAN),
        ("maxf", 2.0, -INF, 2.0),
    ],
)
def test_vectors_of_two(name: str, x: float, y: float, expected: float) -> None:
    assert hex(pattern(getattr(fm, name)(x, y))) == hex(pattern(expected))


SPREAD = np.concatenate([np.linspace(-110.0, 110.0, 40001), np.linspace(-1.5, 1.5, 40001)]).astype(np.float32)
ANY_SIZE = (np.arange(0x00000001, 0x7F800000, 0x7F801, dtype=np.uint32)).view(np.float32)


def ulps(found: NDArray[np.float32], exact: F64) -> float:
    """The largest error in units in the last place of the exact result; those beyond float32 are left out."""
    usual = np.isfinite(exact) & (np.abs(exact) < np.finfo(np.float32).max)
    exponent = np.maximum(np.frexp(exact[usual])[1] - 24, -149)
    return float(np.max(np.abs(found[usual].astype(np.float64) - exact[usual]) / np.exp2(exponent)))


@pytest.mark.parametrize(
    ("name", "reference", "limit"),
    [
        ("expf", np.exp, 1.0),
        ("expm1f", np.expm1, 1.6),
        ("logf", np.log, 0.8),
        ("log1pf", np.log1p, 0.9),
        ("tanhf", np.tanh, 1.5),
        ("sigmoidf", lambda x: np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x))), 2.5),
        ("erff", np.vectorize(math.erf), 1.5),
        ("sqrtf", np.sqrt, 0.5),
        ("sinf", np.sin, 1.5),
        ("cosf", np.cos, 1.5),
        ("tanf", np.tan, 3.5),
        ("asinf", np.arcsin, 2.5),
        ("acosf", np.arccos, 1.5),
        ("atanf", np.arctan, 2.0),
        ("sinhf", np.sinh, 2.5),
        ("coshf", np.cosh, 1.5),
        ("asinhf", np.arcsinh, 2.0),
        ("acoshf", np.arccosh, 2.0),
        ("atanhf", np.arctanh, 2.0),
    ],
)
def test_accuracy(name: str, reference: Callable[[F64], F64], limit: float) -> None:
    x = np.concatenate([SPREAD, ANY_SIZE, -ANY_SIZE])
    with np.errstate(all="ignore"):
        exact = np.asarray(reference(x.astype(np.float64)))
    found = getattr(fm, name)(x)
    assert np.array_equal(np.isnan(found), np.isnan(exact))
    assert ulps(found, exact) <= limit


def test_accuracy_of_pow() -> None:
    rng = np.random.default_rng(3)
    x, y = np.exp(rng.uniform(-20, 20, 20_000)), rng.uniform(-10, 10, 20_000)
    x, y = x.astype(np.float32), y.astype(np.float32)
    with np.errstate(all="ignore"):
        assert ulps(fm.powf(x, y), np.power(x.astype(np.float64), y.astype(np.float64))) <= 0.501


@pytest.mark.parametrize("fn", [fm.geluf, fm.gelu_tanhf])
def test_gelu_is_close_in_absolute_terms(fn: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> None:
    x = np.linspace(-8.0, 8.0, 10_001).astype(np.float32)
    wide = x.astype(np.float64)
    tanh_form = np.tanh(math.sqrt(2 / math.pi) * (wide + 0.044715 * wide**3))
    inner = np.vectorize(math.erf)(wide / math.sqrt(2)) if fn is fm.geluf else tanh_form
    assert np.max(np.abs(fn(x) - 0.5 * wide * (1 + inner)) / np.maximum(1, np.abs(wide))) < 2e-7


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_rounding_to_integers(x: float) -> None:
    for fn, exact in (
        (fm.floorf, math.floor),
        (fm.ceilf, math.ceil),
        (fm.truncf, math.trunc),
        (fm.roundf, round),
    ):
        assert fn(x).item() == exact(x)


def test_operands_broadcast_and_keep_their_shape() -> None:
    assert fm.powf(np.full((2, 1), 3.0), [1.0, 2.0, 3.0]).tolist() == [[3.0, 9.0, 27.0]] * 2
    assert fm.expf(np.zeros((0, 3))).shape == (0, 3)
    assert fm.expf(0.0).shape == ()
