"""Kernels of convolutions against the semantics."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from cases import float_case, weighted_int8_case
from harness import Case, check, kernel_named

from tinycompile.ops import kernels_of
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.spatial import Window


def _pair(rng: np.random.Generator, high: int) -> tuple[int, int]:
    return int(rng.integers(1, high, endpoint=True)), int(rng.integers(1, high, endpoint=True))


def _windows(rng: np.random.Generator, count: int) -> Iterator[tuple[Window, tuple[int, int]]]:
    """Random windows with the input size; the first ones are common, all fit their padded input."""
    for kernel, stride, pad in itertools.product((1, 3), (1, 2), (0, 1)):
        yield Window((kernel, kernel), (stride, stride), (pad,) * 4), (6, 7)
    found = 0
    while found < count:
        kernel, strides, dilations, size = (_pair(rng, high) for high in (7, 3, 2, 9))
        top, left, bottom, right = (int(v) for v in rng.integers(0, 4, 4))
        window = Window(kernel, strides, (top, left, bottom, right), dilations)
        if size[0] + top + bottom >= window.extent[0] and size[1] + left + right >= window.extent[1]:
            found += 1
            yield window, size


def _cases(
    element: str, channels: tuple[tuple[int, int, int], ...], count: int, symmetric: bool = True
) -> list[Case]:
    """`channels`: (input channels, output channels, groups), taken in turn."""
    rng = np.random.default_rng(7)
    cases = []
    for index, (window, size) in enumerate(_windows(rng, count)):
        in_c, out_c, groups = channels[index % len(channels)]
        batch = 2 if index % 5 == 0 else 1
        x, w = (batch, *size, in_c), (out_c, *window.kernel, in_c // groups)
        op = Conv2D(window, groups, **({}, {}, {"lo": -0.5, "hi": 1.0})[index % 3])
        if element == "s8":
            cases.append(
                weighted_int8_case(
                    op, rng, x, w, bias=index % 4 > 0, extreme=index % 7 == 0, symmetric=symmetric
                )
            )
        else:
            shapes = [x, w, (out_c,)][: 2 if index % 4 == 0 else 3]
            cases.append(float_case(op, rng, shapes, (1, 2), special=0.05 * (index % 7 == 0)))
    return cases


_GENERAL = (
    (1, 1, 1),
    (3, 8, 1),
    (5, 3, 1),
    (2, 4, 2),
    (6, 3, 3),
    (17, 5, 1),
    (3, 6, 3),
    (4, 4, 4),
    (1, 2, 1),
    (2, 2, 2),
)


@pytest.mark.parametrize("element", ["s8", "f32"])
def test_general(element: str) -> None:
    check(kernel_named(Conv2D, f"tc_conv2d_{element}"), _cases(element, _GENERAL, 150))


def test_weights_with_zero_points() -> None:
    check(kernel_named(Conv2D, "tc_conv2d_asymmetric_s8"), _cases("s8", _GENERAL, 60, symmetric=False))


@pytest.mark.parametrize("element", ["s8", "f32"])
def test_depthwise(element: str) -> None:
    cases = _cases(element, tuple((c, c, c) for c in (4, 5, 6, 7, 8, 17)), 150)
    check(kernel_named(Conv2D, f"tc_depthwise_conv2d_{element}"), cases)


@pytest.mark.parametrize("element", ["s8", "f32"])
def test_pointwise(element: str) -> None:
    rng = np.random.default_rng(9)
    cases = []
    for in_c, out_c, size in itertools.product((1, 2, 3, 17), (1, 2, 5), ((1, 1), (1, 5), (3, 3), (2, 4))):
        op, x, w = Conv2D(Window((1, 1))), (1, *size, in_c), (out_c, 1, 1, in_c)
        if element == "s8":
            cases.append(weighted_int8_case(op, rng, x, w))
        else:
            cases.append(float_case(op, rng, [x, w, (out_c,)], (1, 2)))
    check(kernel_named(Conv2D, f"tc_fully_connected_{element}"), cases)


@pytest.mark.parametrize("stem", ["inplace_s8", "inplace_f32", "planes_s8"])
def test_in_place(stem: str) -> None:
    """The result may start where the operand does; the scratch is never overrun."""
    kernel = kernel_named(Conv2D, f"tc_depthwise_conv2d_{stem}")
    element = stem.split("_")[1]
    cases = _cases(element, tuple((c, c, c) for c in (4, 5, 7)), 400)
    able = [case for case in cases if kernel.accepts(case.site)]
    assert 150 < len(able) < len(cases)
    assert all(case.outs[0].nbytes <= case.ins[0].nbytes for case in able)
    check(kernel, able, in_place=True)


@pytest.mark.parametrize("name", ["inplace", "planes"])
@pytest.mark.parametrize(("kernel", "stride"), list(itertools.product(range(1, 8), range(1, 4))))
def test_in_place_for_every_kernel_stride_and_padding(kernel: int, stride: int, name: str) -> None:
    found = kernel_named(Conv2D, f"tc_depthwise_conv2d_{name}_s8")
    rng = np.random.default_rng(100 * kernel + stride)
    cases = []
    for top, left, bottom, right in itertools.product(range(min(kernel, 4)), repeat=4):
        window = Window((kernel, kernel), (stride, stride), (top, left, bottom, right))
        if top + bottom + 7 < kernel or left + right + 6 < kernel:
            continue
        cases.append(weighted_int8_case(Conv2D(window, 5), rng, (1, 7, 6, 5), (5, kernel, kernel, 1)))
    able = [case for case in cases if found.accepts(case.site)]
    assert able
    check(found, able, in_place=True, sanitised=False)


def test_in_place_scratch_is_two_rows_for_a_3x3() -> None:
    rng = np.random.default_rng(1)
    window = Window((3, 3), (1, 1), (1, 1, 1, 1))
    case = weighted_int8_case(Conv2D(window, 16), rng, (1, 48, 48, 16), (16, 3, 3, 1))
    kernel = kernel_named(Conv2D, "tc_depthwise_conv2d_inplace_s8")
    assert kernel.scratch(case.site) == 2 * 48 * 16
    strided = weighted_int8_case(
        Conv2D(Window((3, 3), (2, 2), (0, 0, 1, 1)), 16), rng, (1, 48, 48, 16), (16, 3, 3, 1)
    )
    assert kernel.scratch(strided.site) == 48 * 16


def test_every_kernel_is_used_by_some_case() -> None:
    tested = {
        f"{stem}_{e}"
        for e in ("s8", "f32")
        for stem in (
            "tc_conv2d",
            "tc_depthwise_conv2d",
            "tc_depthwise_conv2d_inplace",
            "tc_fully_connected",
        )
    } | {"tc_conv2d_asymmetric_s8", "tc_depthwise_conv2d_planes_s8"}
    assert {k.symbol for k in kernels_of(Conv2D) if not k.requires} == tested
