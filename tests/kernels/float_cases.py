"""Nodes for the float32 kernels of cores with an FPU: odd sizes, many windows, special activations."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from cases import float_case, floats
from harness import Case

from tinycompile.ir import Op
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.matmul import FullyConnected, MatMul
from tinycompile.ops.spatial import Window
from tinycompile.target import CORES

_CLAMPS: tuple[dict[str, float], ...] = ({}, {"lo": 0.0}, {"lo": -0.5, "hi": 1.0}, {"hi": 0.5})
#: (input channels, output channels, groups)
_DENSE = ((1, 1, 1), (3, 8, 1), (5, 3, 1), (2, 4, 2), (6, 9, 3), (17, 5, 1), (8, 12, 2), (4, 4, 4), (1, 7, 1))
_BATCHES = (((), ()), ((3,), ()), ((2, 3), (3,)), ((2, 1, 3), (1, 2, 1)), ((), (2,)))


def node(
    op: Op, rng: np.random.Generator, shapes: list[tuple[int, ...]], constants: int, index: int, core: str
) -> Case:
    """A node whose activations hold infinities, NaNs, zeros and subnormals in every third case."""
    case = float_case(op, rng, shapes, range(len(shapes) - constants, len(shapes)))
    operands = tuple(
        floats(rng, x.shape, 0.04) if position < len(shapes) - constants and index % 3 == 0 else x
        for position, x in enumerate(case.operands)
    )
    return replace(case, operands=operands, core=CORES[core])


def _windows(rng: np.random.Generator) -> Iterator[tuple[Window, tuple[int, int]]]:
    """Windows with the input size: common ones, and any that fit their padded input."""
    for kernel, stride, pad, width in itertools.product((1, 3, 5), (1, 2), (0, 1), (5, 9)):
        yield Window((kernel, kernel), (stride, stride), (pad,) * 4), (7, width)
    while True:
        kernel, size = rng.integers(1, 8, 2), rng.integers(1, 11, 2)
        strides, dilations = rng.integers(1, 4, 2), rng.integers(1, 3, 2)
        pads = rng.integers(0, 5, 4)
        window = Window(
            (int(kernel[0]), int(kernel[1])),
            (int(strides[0]), int(strides[1])),
            (int(pads[0]), int(pads[1]), int(pads[2]), int(pads[3])),
            (int(dilations[0]), int(dilations[1])),
        )
        high, wide = size[0] + pads[0] + pads[2], size[1] + pads[1] + pads[3]
        if high >= window.extent[0] and wide >= window.extent[1]:
            yield window, (int(size[0]), int(size[1]))


def conv_cases(count: int, core: str = "host", *, depthwise: bool = False) -> list[Case]:
    """Convolutions; `depthwise` ones have a filter for each of four channels or more."""
    rng = np.random.default_rng(count)
    found = []
    for index, (window, size) in enumerate(itertools.islice(_windows(rng), count)):
        in_c, out_c, groups = _DENSE[index % len(_DENSE)]
        if depthwise:
            in_c = out_c = groups = (4, 5, 6, 7, 8, 12, 17)[index % 7]
        op = Conv2D(window, groups, **_CLAMPS[index % 4])
        x, w = (1 + (index % 5 == 0), *size, in_c), (out_c, *window.kernel, in_c // groups)
        shapes = [x, w, (out_c,)][: 2 if index % 4 == 1 else 3]
        found.append(node(op, rng, shapes, len(shapes) - 1, index, core))
    return found


def dense_cases(core: str = "host", *, pointwise: bool = False) -> list[Case]:
    """Fully connected layers, or `pointwise` convolutions."""
    rng = np.random.default_rng(2)
    found = []
    sizes = itertools.product((1, 3, 4, 9), (1, 2, 3, 4, 7, 18), (1, 3, 4, 6, 8))
    for index, (rows, depth, channels) in enumerate(sizes):
        clamp = _CLAMPS[index % 4]
        if pointwise:
            op: Op = Conv2D(Window((1, 1)), 1, **clamp)
            shapes = [(1, rows, 1, depth), (channels, 1, 1, depth), (channels,)]
        else:
            op, shapes = FullyConnected(**clamp), [(rows, depth), (channels, depth), (channels,)]
        shapes = shapes[: 2 if index % 4 == 1 else 3]
        found.append(node(op, rng, shapes, len(shapes) - 1, index, core))
    return found


def matmul_cases(core: str = "host") -> list[Case]:
    """Products of matrices with at least four columns, with all kinds of batches."""
    rng = np.random.default_rng(3)
    sizes = itertools.product((1, 3, 4, 9), (1, 2, 3, 4, 7, 18), (4, 5, 7, 8, 13))
    return [
        node(MatMul(**_CLAMPS[i % 4]), rng, [(*batch[0], m, k), (*batch[1], k, n)], 0, i, core)
        for i, ((m, k, n), batch) in enumerate(zip(sizes, itertools.cycle(_BATCHES), strict=False))
    ]
