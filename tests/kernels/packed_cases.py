"""Cases for the kernels with packed weights: odd sizes, borders, groups, extremes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from cases import weighted_int8_case
from harness import Case

from tinycompile.ir import Quant
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.matmul import FullyConnected
from tinycompile.ops.spatial import Window

_CLAMPS: tuple[dict[str, float], ...] = ({}, {}, {"lo": -0.5, "hi": 1.0}, {"lo": 0.0})
#: (input channels, output channels, groups)
_CHANNELS = (
    *((1, 1, 1), (3, 8, 1), (5, 3, 1), (4, 2, 1), (8, 5, 1), (16, 7, 1), (17, 4, 1), (2, 1, 1)),
    *((2, 4, 2), (6, 3, 3), (8, 8, 2), (12, 6, 2), (3, 6, 3), (16, 2, 2)),
)


def _weighted(
    op: Conv2D | FullyConnected, rng: np.random.Generator, x: tuple[int, ...], w: tuple[int, ...]
) -> Case:
    """A case whose weights are never -128; every fourth one is all inputs and weights at the ends."""
    case = weighted_int8_case(op, rng, x, w, bias=bool(rng.integers(4)), extreme=not rng.integers(4))
    weights = np.maximum(case.operands[1], -127)
    return replace(case, operands=(case.operands[0], weights, *case.operands[2:]))


def conv_cases(count: int, seed: int = 11) -> list[Case]:
    """Convolutions with all kinds of windows, some of two images."""
    rng = np.random.default_rng(seed)
    cases = []
    for index, (window, size) in enumerate(itertools.islice(_windows(rng), count)):
        in_c, out_c, groups = _CHANNELS[index % len(_CHANNELS)]
        op = Conv2D(window, groups, **_CLAMPS[index % len(_CLAMPS)])
        x, w = (1 + (index % 9 == 0), *size, in_c), (out_c, *window.kernel, in_c // groups)
        cases.append(_weighted(op, rng, x, w))
    return cases


def _windows(rng: np.random.Generator) -> Iterator[tuple[Window, tuple[int, int]]]:
    """Windows with sizes of inputs that they fit into; the common ones first."""
    for kernel, stride, pad in itertools.product((1, 3), (1, 2), (0, 1)):
        yield Window((kernel, kernel), (stride, stride), (pad,) * 4), (9, 11)
    while True:
        kernel, strides, dilations, size = (
            (int(rng.integers(1, high + 1)), int(rng.integers(1, high + 1))) for high in (5, 3, 2, 12)
        )
        top, left, bottom, right = (int(v) for v in rng.integers(0, 3, 4))
        window = Window(kernel, strides, (top, left, bottom, right), dilations)
        if size[0] + top + bottom >= window.extent[0] and size[1] + left + right >= window.extent[1]:
            yield window, size


def kx3_cases(count: int, seed: int = 14) -> list[Case]:
    """Windows of three columns at stride 1: odd and even widths down to one, padding wider than the image."""
    rng = np.random.default_rng(seed)
    channels = ((4, 2, 1), (16, 7, 1), (8, 5, 1), (12, 8, 1), (8, 4, 2), (8, 6, 2), (20, 1, 1), (16, 8, 4))
    cases = []
    while len(cases) < count:
        index = len(cases)
        rows, stride, dilation, height, width = (int(rng.integers(1, high + 1)) for high in (5, 3, 2, 8, 9))
        top, left, bottom, right = (int(v) for v in rng.integers(0, 4, 4))
        window = Window((rows, 3), (stride, 1), (top, left, bottom, right), (dilation, 1))
        if height + top + bottom < window.extent[0] or width + left + right < window.extent[1]:
            continue
        in_c, out_c, groups = channels[index % len(channels)]
        op = Conv2D(window, groups, **_CLAMPS[index % len(_CLAMPS)])
        x, w = (1 + (index % 7 == 0), height, width, in_c), (out_c, *window.kernel, in_c // groups)
        cases.append(_weighted(op, rng, x, w))
    return cases


def pointwise_cases(seed: int = 12) -> list[Case]:
    """1x1 convolutions: every remainder of depth, channels and pixels."""
    rng = np.random.default_rng(seed)
    sizes = itertools.product(
        (1, 2, 3, 4, 7, 16, 33), (1, 2, 3, 4, 9), ((1, 1), (1, 2), (1, 3), (2, 2), (3, 5))
    )
    return [
        _weighted(Conv2D(Window((1, 1)), 1, **_CLAMPS[i % 4]), rng, (1, *size, in_c), (out_c, 1, 1, in_c))
        for i, (in_c, out_c, size) in enumerate(sizes)
    ]


def dense_cases(seed: int = 13) -> list[Case]:
    """Fully connected layers: every remainder of depth, channels and rows."""
    rng = np.random.default_rng(seed)
    sizes = itertools.product((1, 2, 3, 4, 5, 6, 7, 8, 31, 64), (1, 2, 3, 4, 5, 8, 15, 16), (1, 2, 5))
    return [
        _weighted(FullyConnected(**_CLAMPS[i % 4]), rng, (rows, depth), (channels, depth))
        for i, (depth, channels, rows) in enumerate(sizes)
    ]


def with_dead_channels(case: Case) -> Case:
    """The case with channels of tiny scale and huge bias, whose results do not depend on the input."""
    w, bias = case.ins[1], case.operands[2].copy()
    assert w.quant is not None
    scales = np.array(w.quant.scales(), np.float64) * np.ones(len(bias))
    scales[::2] *= 1e-6
    bias[::4], bias[2::4] = 2**29, -(2**29)
    quant = Quant(tuple(float(np.float32(s)) for s in scales), (0,) * len(bias), 0)
    ins = (case.ins[0], replace(w, quant=quant), *case.ins[2:])
    return replace(case, ins=ins, operands=(*case.operands[:2], bias))
