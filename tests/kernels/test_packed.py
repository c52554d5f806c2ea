"""The kernels with packed weights against the semantics, in their C form on this machine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cases import weighted_int8_case
from harness import Case, check, kernel_named
from packed_cases import conv_cases, dense_cases, kx3_cases, pointwise_cases, with_dead_channels

from tinycompile.ops import Data, Kernel, kernels_of
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.matmul import FullyConnected
from tinycompile.ops.spatial import Window
from tinycompile.target import Feature

_GENERAL = ["tc_conv2d_s8_dsp", "tc_conv2d_small_s8_dsp", "tc_conv2d_wide_s8_dsp"]
_KX3 = "tc_conv2d_kx3_s8_dsp"
_DENSE = ["tc_conv2d_1x1_s8_dsp", "tc_fully_connected_s8_dsp", "tc_fully_connected_small_s8_dsp"]


def _check_most(kernel: Kernel, cases: list[Case]) -> None:
    """Some factors are too small for the form."""
    able = [case for case in cases if kernel.accepts(case.site)]
    assert len(able) > 0.9 * len(cases)
    check(kernel, able)


@pytest.mark.parametrize("symbol", _GENERAL)
def test_convolutions(symbol: str) -> None:
    _check_most(kernel_named(Conv2D, symbol), conv_cases(200))


def test_windows_of_three_columns() -> None:
    cases = kx3_cases(200)
    dead = [with_dead_channels(case) for case in cases[:40] if len(case.operands) > 2]
    _check_most(kernel_named(Conv2D, _KX3), [*cases, *dead])


@pytest.mark.parametrize(
    ("window", "channels"),
    [
        (Window((3, 3), (1, 2)), 4),
        (Window((3, 3), dilations=(1, 2)), 4),
        (Window((3, 5)), 4),
        (Window((3, 1)), 4),
        (Window((3, 3)), 3),
    ],
    ids=["stride 2", "dilation 2", "five columns", "one column", "three channels"],
)
def test_other_windows_are_refused(window: Window, channels: int) -> None:
    shapes = (1, 9, 9, channels), (2, *window.kernel, channels)
    case = weighted_int8_case(Conv2D(window), np.random.default_rng(5), *shapes)
    assert not kernel_named(Conv2D, _KX3).accepts(case.site)


@pytest.mark.parametrize("symbol", [*_GENERAL, *_DENSE])
def test_pointwise(symbol: str) -> None:
    _check_most(kernel_named(Conv2D, symbol), pointwise_cases())


def test_pointwise_onto_the_operand() -> None:
    """Where pixels do not grow, results may take the place of what they are made of."""
    kernel = kernel_named(Conv2D, "tc_conv2d_1x1_s8_dsp")
    cases = [case for case in pointwise_cases() if kernel.accepts(case.site)]
    grows = [case for case in cases if case.outs[0].shape[3] > case.ins[0].shape[3]]
    shrinks = [case for case in cases if case.outs[0].shape[3] <= case.ins[0].shape[3]]
    assert len(grows) > 20 and len(shrinks) > 50
    assert not any(kernel.in_place(case.site) for case in grows)
    check(kernel, shrinks, in_place=True)


@pytest.mark.parametrize("symbol", [*_DENSE, "tc_conv2d_small_s8_dsp"])
def test_fully_connected(symbol: str) -> None:
    _check_most(kernel_named(FullyConnected, symbol), dense_cases())


@pytest.mark.parametrize("symbol", [*_GENERAL, *_DENSE])
def test_channels_that_do_not_depend_on_the_input(symbol: str) -> None:
    cases = [with_dead_channels(c) for c in pointwise_cases() if len(c.operands) > 2]
    check(kernel_named(Conv2D, symbol), cases, sanitised=False)


def _pointwise(depth: int, low: int = -127) -> Case:
    """One pixel with weights down to `low`."""
    rng = np.random.default_rng(depth)
    case = weighted_int8_case(Conv2D(Window((1, 1))), rng, (1, 2, 3, depth), (5, 1, 1, depth))
    return replace(case, operands=(case.operands[0], np.maximum(case.operands[1], low), *case.operands[2:]))


def _loud(case: Case) -> Case:
    """The case with a bias that 24 bits do not hold, on channels that do depend on the input."""
    (y,) = case.outs
    bias = np.full(case.outs[0].shape[-1], 2**24, np.int32)
    scale = y.quant.scale0 * 2**10 if y.quant is not None else 1.0
    assert y.quant is not None
    quiet = replace(y, quant=replace(y.quant, scale=(scale,), zero_point=(0,)))
    return replace(case, operands=(*case.operands[:2], bias), outs=(quiet,))


def test_sums_beyond_24_bits_take_the_wide_form() -> None:
    case = _loud(_pointwise(64))
    narrow = [s for s in (*_GENERAL, *_DENSE) if "wide" not in s]
    assert not any(kernel_named(Conv2D, s).accepts(case.site) for s in narrow)
    check(kernel_named(Conv2D, "tc_conv2d_wide_s8_dsp"), [case])


def test_deep_filters_at_the_ends_take_the_wide_form() -> None:
    rng = np.random.default_rng(3)
    case = weighted_int8_case(Conv2D(Window((3, 3))), rng, (1, 5, 5, 128), (4, 3, 3, 128), extreme=True)
    assert not kernel_named(Conv2D, "tc_conv2d_s8_dsp").accepts(case.site)
    check(kernel_named(Conv2D, "tc_conv2d_wide_s8_dsp"), [case])


def test_halves_that_do_not_fit_are_refused() -> None:
    """-128 at an even place is taken only with a negative weight behind it."""
    case = _pointwise(8)
    for partner, taken in ((0, False), (127, False), (-1, True), (-128, True)):
        weights = case.operands[1].copy()
        weights[3, 0, 0, 2:4] = -128, partner
        changed = replace(case, operands=(case.operands[0], weights, *case.operands[2:]))
        for symbol in ("tc_conv2d_s8_dsp", "tc_conv2d_1x1_s8_dsp"):
            kernel = kernel_named(Conv2D, symbol)
            assert kernel.accepts(changed.site) == taken
            if taken:
                check(kernel, [changed], sanitised=False)


def test_packed_weights_take_a_byte_each() -> None:
    """Beside the weights there are three words a channel."""
    case = _pointwise(64)
    for symbol in (*_GENERAL, "tc_conv2d_1x1_s8_dsp"):
        arrays = [a.array for a in kernel_named(Conv2D, symbol).args(case.site) if isinstance(a, Data)]
        assert [a.nbytes for a in arrays] == [6 * (64 + 12)]


def test_every_kernel_for_the_dsp_extension_is_used_by_some_case() -> None:
    dense = {k.symbol for k in kernels_of(FullyConnected) if Feature.DSP in k.requires}
    general = {
        k.symbol for k in kernels_of(Conv2D) if Feature.DSP in k.requires and "depthwise" not in k.symbol
    }
    assert (general, dense) == ({*_GENERAL, *_DENSE, _KX3}, {*_DENSE, "tc_conv2d_small_s8_dsp"})
