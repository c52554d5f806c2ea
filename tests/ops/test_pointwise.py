"""Functions of one tensor: int8 tables against the reals, and values that no random operand has."""

from __future__ import annotations

import numpy as np
import pytest

from tinycompile.ir import DType, Quant, TensorType
from tinycompile.ops.activation import Clip, Elu, HardSigmoid, LeakyRelu, Shrink, Swish, ThresholdedRelu
from tinycompile.ops.compare import Classify, Compare, FloatClass, Relation
from tinycompile.ops.extremes import Max, Min
from tinycompile.ops.pointwise import Pointwise
from tinycompile.ops.power import Mod, Power
from tinycompile.ops.quantise import Requantize
from tinycompile.ops.unary import FUNCTIONS, Unary

_SPECIAL = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1.5, -1.5], np.float32)
_BYTES = np.arange(-128, 128).astype(np.int8)

POINTWISE: list[Pointwise] = [
    *(Unary(function) for function in FUNCTIONS),
    Clip(0.0),
    Clip(-1.0, 2.0),
    LeakyRelu(0.1),
    Elu(0.5),
    Elu(1.6, 1.05),
    Elu(2.0, 1.0, 2.0),
    HardSigmoid(),
    Swish(),
    Swish(1.702),
    Shrink(0.5, 0.25),
    ThresholdedRelu(0.7),
    Power(2.0),
    Power(0.5),
    Power(-1.0),
    Power(3.0),
]


def _int8(scale: float, zero: int) -> TensorType:
    return TensorType((256,), DType.INT8, Quant.tensor(scale, zero))


@pytest.mark.parametrize("op", POINTWISE, ids=repr)
@pytest.mark.parametrize(("in_zero", "out_zero"), [(0, 0), (-128, -128), (17, -9)])
def test_int8_is_the_nearest_to_the_real_result(op: Pointwise, in_zero: int, out_zero: int) -> None:
    x, y = _int8(0.03125, in_zero), _int8(0.0234375, out_zero)
    assert op.integer_form((x,), (y,)) is op
    got = op.evaluate([_BYTES], (x,), (y,))[0].astype(np.float64)
    with np.errstate(all="ignore"):
        real = op.real((_BYTES.astype(np.float64) - in_zero) * 0.03125)
    real = np.where(np.isnan(real), 0.0, real)
    steps = np.clip(real / 0.0234375 + out_zero, -128, 127)
    assert np.abs(got - steps).max() <= 0.5


@pytest.mark.parametrize("op", POINTWISE, ids=repr)
def test_float32_is_close_to_the_real_result(op: Pointwise) -> None:
    x = np.random.default_rng(5).uniform(-3.0, 3.0, 4000).astype(np.float32)
    type_ = TensorType(x.shape, DType.FLOAT32)
    with np.errstate(all="ignore"):
        real = op.real(x.astype(np.float64))
    got = op.evaluate([x], (type_,), (type_,))[0]
    np.testing.assert_allclose(got, real, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("source", ["int8", "uint8"])
@pytest.mark.parametrize("target", ["int8", "uint8"])
def test_requantise_rounds_to_nearest(source: str, target: str) -> None:
    x = TensorType((256,), DType(source), Quant.tensor(0.25, 5))
    y = TensorType((256,), DType(target), Quant.tensor(0.1875, 100))
    values = np.arange(x.dtype.limits[0], x.dtype.limits[1] + 1).astype(source)
    got = Requantize().evaluate([values], (x,), (y,))[0]
    expected = np.clip(np.rint((values.astype(np.float64) - 5) * 0.25 / 0.1875) + 100, *y.dtype.limits)
    assert got.dtype == target
    np.testing.assert_array_equal(got, expected)


def test_special_floats_are_classified() -> None:
    x = TensorType(_SPECIAL.shape, DType.FLOAT32)
    out = (x.with_dtype(DType.BOOL),)
    for test, signs, expected in (
        (FloatClass.NAN, (-1, 1), [0, 0, 1, 0, 0, 0, 0]),
        (FloatClass.INFINITE, (-1, 1), [0, 0, 0, 1, 1, 0, 0]),
        (FloatClass.INFINITE, (1,), [0, 0, 0, 1, 0, 0, 0]),
        (FloatClass.INFINITE, (-1,), [0, 0, 0, 0, 1, 0, 0]),
        (FloatClass.INFINITE, (), [0, 0, 0, 0, 0, 0, 0]),
    ):
        got = Classify(test, signs).evaluate([_SPECIAL], (x,), out)[0]
        np.testing.assert_array_equal(got, np.array(expected, np.bool_))


def test_nan_compares_false_and_spreads_through_extremes() -> None:
    x = TensorType(_SPECIAL.shape, DType.FLOAT32)
    zeros = np.zeros_like(_SPECIAL)
    for relation in Relation:
        result = Compare(relation).evaluate([_SPECIAL, zeros], (x, x), (x.with_dtype(DType.BOOL),))[0]
        assert not result[2]
    for op in (Max(), Min()):
        got = op.evaluate([_SPECIAL, zeros], (x, x), (x,))[0]
        np.testing.assert_array_equal(np.isnan(got), np.isnan(_SPECIAL))


def test_clip_keeps_nan_and_negative_zero() -> None:
    x = TensorType(_SPECIAL.shape, DType.FLOAT32)
    got = Clip(0.0).evaluate([_SPECIAL], (x,), (x,))[0]
    assert np.isnan(got[2])
    assert np.signbit(got[1])


def test_float_remainder_has_the_sign_of_the_divisor() -> None:
    x, z = np.float32([-7.5, 7.5, 6.0, -1.0]), np.float32([2.0, -2.0, -3.0, np.inf])
    type_ = TensorType((4,), DType.FLOAT32)
    got = Mod().evaluate([x, z], (type_, type_), (type_,))[0]
    np.testing.assert_array_equal(got, np.float32([0.5, -0.5, -0.0, np.inf]))
    assert np.signbit(got[2])
