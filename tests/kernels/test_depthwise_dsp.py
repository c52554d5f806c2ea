"""Depthwise convolutions with the DSP extension: in C on this machine, and emulated."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from cases import quantised, weighted_int8_case
from emulated import check_emulated
from harness import Case, check, kernel_named

from tests.codegen.compilers import ARM_COMPILERS
from tinycompile.ir import DType, Quant, TensorType
from tinycompile.numeric import requantize_s8
from tinycompile.ops.common import channel_multipliers
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.depthwise_scale import LAST_SHIFT, scaled_filters
from tinycompile.ops.spatial import Window
from tinycompile.target import CORES, Feature

_CHANNELS = (4, 5, 6, 7, 8, 12, 17, 20)
_PLANAR = "tc_depthwise_conv2d_3x3_planar_s8_dsp"
STEMS = ("tc_depthwise_conv2d_3x3", "tc_depthwise_conv2d")

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def _windows(stem: str, rng: np.random.Generator) -> Iterator[tuple[Window, tuple[int, int]]]:
    """Windows with the input size that fit their padded input."""
    while True:
        kernel, size = (int(k) for k in rng.integers(1, 8, 2)), rng.integers(1, 10, 2)
        strides, dilations = rng.integers(1, 4, 2), rng.integers(1, 3, 2)
        if stem.endswith("3x3"):
            kernel, dilations = (3, 3), (1, 1)
        pads = rng.integers(0, 4, 4) if rng.integers(2) else rng.integers(0, 2, 4)
        window = Window(
            _pair(kernel),
            _pair(strides),
            tuple(int(p) for p in pads),
            _pair(dilations),  # type: ignore[arg-type]
        )
        high, wide = size[0] + pads[0] + pads[2], size[1] + pads[1] + pads[3]
        if high >= window.extent[0] and wide >= window.extent[1]:
            yield window, (int(size[0]), int(size[1]))


def _pair(values: object) -> tuple[int, int]:
    first, second = (int(v) for v in values)  # type: ignore[attr-defined]
    return first, second


def _cases(stem: str, count: int, core: str = "host", seed: int = 3) -> list[Case]:
    rng = np.random.default_rng(seed)
    cases = []
    for index, (window, size) in enumerate(itertools.islice(_windows(stem, rng), count)):
        channels = _CHANNELS[index % len(_CHANNELS)]
        x, w = (1 + (index % 5 == 0), *size, channels), (channels, *window.kernel, 1)
        op = Conv2D(window, channels, **({}, {}, {"lo": -0.5, "hi": 1.0})[index % 3])
        case = weighted_int8_case(op, rng, x, w, bias=index % 4 > 0, extreme=index % 7 == 0)
        cases.append(replace(case, core=CORES[core]))
    return cases


@pytest.mark.parametrize("stem", STEMS)
def test_on_this_machine(stem: str) -> None:
    check(kernel_named(Conv2D, f"{stem}_s8_dsp"), _cases(stem, 120))


@pytest.mark.parametrize("stem", STEMS)
def test_in_place_on_this_machine(stem: str) -> None:
    kernel = kernel_named(Conv2D, f"{stem}_inplace_s8_dsp")
    able = [case for case in _cases(stem, 200) if kernel.accepts(case.site)]
    assert len(able) > 40
    check(kernel, able, in_place=True)


@pytest.mark.parametrize("core", ["cortex-m4f", "cortex-m33"])
@pytest.mark.parametrize("compiler", ARM_COMPILERS)
@pytest.mark.parametrize("stem", STEMS)
def test_emulated(stem: str, compiler: str, core: str) -> None:
    check_emulated(kernel_named(Conv2D, f"{stem}_s8_dsp"), _cases(stem, 40, core), compiler)
    kernel = kernel_named(Conv2D, f"{stem}_inplace_s8_dsp")
    able = [case for case in _cases(stem, 60, core, seed=4) if kernel.accepts(case.site)]
    check_emulated(kernel, able, compiler, in_place=True)


def _planar_cases(count: int, core: str = "host") -> list[Case]:
    """Windows at stride 1 along one side, on images up to the length of several strips."""
    rng = np.random.default_rng(9)
    cases = []
    for index in range(count):
        size = (int(rng.integers(1, 14)), int(rng.integers(1, 40)))
        size = size if index % 2 else (size[1], size[0])
        strides = ((1, 1), (1, 1), (2, 1), (1, 2), (3, 1), (1, 4))[index % 6]
        pads = tuple(int(p) for p in (rng.integers(0, 3, 4) if index % 3 else (1, 1, 1, 1)))
        if size[0] + pads[0] + pads[2] < 3 or size[1] + pads[1] + pads[3] < 3:
            continue
        channels = _CHANNELS[index % len(_CHANNELS)]
        window = Window((3, 3), strides, pads)  # type: ignore[arg-type]
        op = Conv2D(window, channels, **({}, {}, {"lo": -0.5, "hi": 1.0})[index % 3])
        x, w = (1 + (index % 5 == 0), *size, channels), (channels, 3, 3, 1)
        case = weighted_int8_case(op, rng, x, w, bias=index % 4 > 0, extreme=index % 7 == 0)
        cases.append(replace(case, core=CORES[core]))
    return cases


def test_planar_on_this_machine() -> None:
    kernel, cases = kernel_named(Conv2D, _PLANAR), _planar_cases(150)
    check(kernel, cases)
    able = [case for case in cases if kernel.in_place(case.site)]
    assert len(able) > 60
    check(kernel, able, in_place=True)


@pytest.mark.parametrize("core", ["cortex-m4f", "cortex-m33"])
@pytest.mark.parametrize("compiler", ARM_COMPILERS)
def test_planar_emulated(compiler: str, core: str) -> None:
    kernel, cases = kernel_named(Conv2D, _PLANAR), _planar_cases(70, core)
    check_emulated(kernel, cases, compiler)
    check_emulated(kernel, [c for c in cases if kernel.in_place(c.site)], compiler, in_place=True)


def _scaled_case(rng: np.random.Generator, factors: np.ndarray, zero: int, bias: int) -> Case:
    """A 3x3 node with one channel per factor scale_x * scale_w / scale_y."""
    channels = len(factors)
    x, y = (
        quantised((1, 6, 7, channels), 1.0, int(rng.integers(-128, 128))),
        quantised((1, 6, 7, channels), 1.0, zero),
    )
    w = TensorType(
        (channels, 3, 3, 1), DType.INT8, Quant(tuple(float(f) for f in factors), (0,) * channels, 0)
    )
    operands = (
        rng.integers(-128, 128, x.shape, dtype=np.int8),
        rng.integers(-128, 128, w.shape, dtype=np.int8),
        rng.integers(-bias, bias + 1, channels, dtype=np.int32),
    )
    op = Conv2D(Window((3, 3), (1, 1), (1, 1, 1, 1)), channels)
    return Case(op, (x, w, TensorType((channels,), DType.INT32)), (y,), operands, frozenset((1, 2)))


def test_factors_of_every_size() -> None:
    """Shifts of 1 and more move into the weights; shorter multipliers stand in where they do no harm."""
    rng = np.random.default_rng(5)
    kernel = kernel_named(Conv2D, "tc_depthwise_conv2d_3x3_s8_dsp")
    cases = []
    for index in range(150):
        factors = np.exp2(rng.uniform(-30.0, -1.2, 4)).astype(np.float32)
        cases.append(_scaled_case(rng, factors, int(rng.integers(-128, 128)), 10 ** (index % 6)))
    able = [case for case in cases if kernel.accepts(case.site)]
    assert len(able) > 100
    check(kernel, able)


def test_shorter_multipliers_are_taken_only_where_no_result_differs() -> None:
    """Every accumulator that can occur, for shifts beyond the one that is kept."""
    rng = np.random.default_rng(6)
    seen = 0
    for _ in range(200):
        factors, zero = np.exp2(rng.uniform(-16.0, -10.5, 4)).astype(np.float32), int(rng.integers(-128, 128))
        case = _scaled_case(rng, factors, zero, 300)
        found = scaled_filters(case.site)
        if found is None:
            continue
        seen += 1
        multipliers, shifts = channel_multipliers(case.ins[0], case.ins[1], case.outs[0], 4)
        weights = np.abs(case.operands[1].astype(np.int64)).reshape(4, -1).sum(axis=1)
        for channel in range(4):
            bias, reach = int(case.operands[2][channel]), int(weights[channel]) * 128
            acc = np.arange(bias - reach, bias + reach + 1)
            want = requantize_s8(acc, multipliers[channel], shifts[channel], zero, -128, 127)
            lift = max(0, 32 + LAST_SHIFT - int(shifts[channel]))
            folded = int(case.operands[2][channel]) - case.ins[0].quant.zero0 * int(  # type: ignore[union-attr]
                case.operands[1][channel].astype(np.int64).sum()
            )
            moved = (int(found.bias[channel]) >> lift) - folded
            high = (((acc + moved) << lift) * int(found.multipliers[channel])) >> 32
            got = np.clip((high + 128 + 256 * zero) >> LAST_SHIFT, -128, 127)
            assert np.array_equal(got, want)
    assert seen > 50


def test_channels_without_weights_are_their_bias() -> None:
    """Scales of such channels are tiny, so their biases are huge."""
    rng = np.random.default_rng(8)
    cases = []
    for _ in range(20):
        case = _scaled_case(rng, np.exp2(rng.uniform(-20.0, -14.0, 4)).astype(np.float32), -128, 2**22)
        x, w, bias = case.operands
        w = np.where(rng.random(w.shape) < 0.03, w, 0).astype(np.int8)
        cases.append(replace(case, operands=(x, w, bias)))
    kernel = kernel_named(Conv2D, "tc_depthwise_conv2d_3x3_s8_dsp")
    able = [case for case in cases if kernel.accepts(case.site)]
    assert len(able) >= 15
    check(kernel, able)


def test_channels_that_cannot_be_scaled_are_left_to_the_portable_kernel() -> None:
    rng = np.random.default_rng(7)
    kernel = kernel_named(Conv2D, "tc_depthwise_conv2d_3x3_s8_dsp")
    too_large = _scaled_case(rng, np.array([0.01, 0.01, 0.01, 500.0], np.float32), 0, 100)
    assert not kernel.accepts(too_large.site)
    assert scaled_filters(_scaled_case(rng, np.full(4, 0.01, np.float32), 0, 2**30).site) is None


def test_only_cores_with_the_extension_use_them() -> None:
    for stem in STEMS:
        for place in ("", "_inplace"):
            assert kernel_named(Conv2D, f"{stem}{place}_s8_dsp").requires == {Feature.DSP}
