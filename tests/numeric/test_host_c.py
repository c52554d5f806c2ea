"""The C headers and their NumPy twins agree bit for bit, unoptimised and optimised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tinycompile.numeric import (
    PairMultiplier,
    add_multipliers,
    dequantize,
    float_math,
    quantize,
    requantize,
    requantize_away_s8,
    requantize_pair,
    requantize_s8,
)

BINARY = ("fmodf", "maxf", "minf", "powf")
UNARY = tuple(name for name in float_math.__all__ if name not in BINARY)
Compiled = Callable[..., NDArray[Any]]
INT3, INT5 = ("int32_t",) * 3, ("int32_t",) * 5
SIGNATURES = {
    **dict.fromkeys(UNARY, ("float", ("float",))),
    **dict.fromkeys(BINARY, ("float", ("float", "float"))),
    "sqrt_soft": ("float", ("uint32_t",)),
    "requantize": ("int32_t", INT3),
    "requantize_s8": ("int8_t", ("int32_t",) * 6),
    "requantize_away_s8": ("int8_t", ("int32_t",) * 6),
    "requantize_pair": ("int32_t", INT5),
    "quantize_f32": ("int32_t", ("float", "float", *INT3)),
    "quantize_f32_s8": ("int8_t", ("float", "float", "int32_t")),
    "quantize_f32_u8": ("uint8_t", ("float", "float", "int32_t")),
    "dequantize_s8_f32": ("float", ("int8_t", "float", "int32_t")),
    "dequantize_u8_f32": ("float", ("uint8_t", "float", "int32_t")),
}
SPECIAL = np.array(
    [
        0x0,
        0x1,
        0x7FFFFF,
        0x800000,
        0x3F7FFFFF,
        0x3F800000,
        0x3F800001,
        0x7F7FFFFF,
        0x7F800000,
        0x7F800001,
        0x7FC00000,
    ],
    dtype=np.uint32,
)


@pytest.fixture(scope="module", params=["-O0", "-O2"])
def c(request: pytest.FixtureRequest, compile_inlines: Callable[..., Compiled]) -> Compiled:
    return compile_inlines(request.param, SIGNATURES)


def float_samples() -> NDArray[np.float32]:
    """Every special pattern of both signs, random patterns, and values where the functions branch."""
    rng = np.random.default_rng(20240)
    patterns = rng.integers(0, 2**32, 60_000, dtype=np.uint64).astype(np.uint32)
    near = rng.uniform(-12.0, 12.0, 60_000).astype(np.float32).view(np.uint32)
    half = (np.arange(-2000, 2000) / 4).astype(np.float32).view(np.uint32)
    return np.concatenate([SPECIAL, SPECIAL | np.uint32(0x80000000), patterns, near, half]).view(np.float32)


def assert_same_bits(found: NDArray[Any], expected: NDArray[Any], *operands: NDArray[Any]) -> None:
    differs = np.flatnonzero(found.view(np.uint32) != expected.view(np.uint32))[:5]
    assert not differs.size, [(o[differs], found[differs], expected[differs]) for o in operands]


@pytest.mark.parametrize("name", UNARY)
def test_unary_functions(c: Compiled, name: str) -> None:
    x = float_samples()
    assert_same_bits(c(name, x), getattr(float_math, name)(x), x)


@pytest.mark.parametrize("name", BINARY)
def test_binary_functions(c: Compiled, name: str) -> None:
    x = float_samples()
    y = np.random.default_rng(7).permutation(x)
    pairs = np.meshgrid(x[:22], x[:22])
    x, y = np.concatenate([x, pairs[0].ravel()]), np.concatenate([y, pairs[1].ravel()])
    assert_same_bits(c(name, x, y), getattr(float_math, name)(x, y), x, y)


def test_square_root_without_an_instruction(c: Compiled) -> None:
    x = float_samples()
    x = x[(x > 0) & (x < np.inf)]
    assert_same_bits(c("sqrt_soft", x.view(np.uint32)), np.sqrt(x), x)


def test_requantize(c: Compiled) -> None:
    rng = np.random.default_rng(1)
    acc = rng.integers(-(2**31), 2**31, 50_000) >> rng.integers(0, 24, 50_000)
    acc[:2] = -(2**31), 2**31 - 1
    multiplier = rng.integers(2**30, 2**31, acc.size) * rng.choice([-1, 1], acc.size)
    shift = rng.integers(1, 63, acc.size)
    assert np.array_equal(c("requantize", acc, multiplier, shift), requantize(acc, multiplier, shift))
    for zero_point, lo, hi in ((0, -128, 127), (-128, -128, 127), (127, -128, 127), (5, 5, 90)):
        found = c("requantize_s8", acc, multiplier, shift, zero_point, lo, hi)
        assert np.array_equal(found, requantize_s8(acc, multiplier, shift, zero_point, lo, hi))
        found = c("requantize_away_s8", acc, multiplier, shift, zero_point, lo, hi)
        assert np.array_equal(found, requantize_away_s8(acc, multiplier, shift, zero_point, lo, hi))


@pytest.mark.parametrize(
    "factors",
    [add_multipliers(0.7, -0.3), add_multipliers(1e-3, 400.0), PairMultiplier(2**21 - 1, 2**21 - 1, 31)],
)
def test_requantize_pair(c: Compiled, factors: PairMultiplier) -> None:
    x, z = (grid.ravel() for grid in np.meshgrid(np.arange(-255, 256), np.arange(-255, 256)))
    found = c("requantize_pair", x, factors.mx, z, factors.mz, factors.shift)
    assert np.array_equal(found, requantize_pair(x, z, factors))


@pytest.mark.parametrize("scale", [np.float32(0.1), np.float32(1e-40), np.float32(3e38), np.float32(0.25)])
def test_quantize_and_dequantize(c: Compiled, scale: np.float32) -> None:
    x = float_samples()
    for zero_point in (-128, 3, 127):
        expected = quantize(x, scale, zero_point, np.int8)
        assert np.array_equal(c("quantize_f32_s8", x, scale, zero_point), expected)
        back = dequantize(expected, scale, zero_point)
        assert_same_bits(c("dequantize_s8_f32", expected, scale, zero_point), back, x)
    unsigned = quantize(x, scale, 200, np.uint8)
    assert np.array_equal(c("quantize_f32_u8", x, scale, 200), unsigned)
    assert_same_bits(c("dequantize_u8_f32", unsigned, scale, 200), dequantize(unsigned, scale, 200), x)
    wide = c("quantize_f32", x, scale, 65535, 0, 65535)
    assert np.array_equal(wide, quantize(x, scale, 65535, np.uint16))
