"""The float32 shapes on which kernels are compared: layers of the MLPerf Tiny networks, and products."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.kernels.problem import Array, Problem, Shape
from tinycompile.ir import DType, Op, TensorType
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.matmul import FullyConnected, MatMul
from tinycompile.ops.softmax import Softmax
from tinycompile.ops.spatial import Window


def _random(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[TensorType, Array]:
    return TensorType(shape, DType.FLOAT32), rng.standard_normal(shape).astype(np.float32)


def _problem(op: Op, *shapes: tuple[int, ...], inputs: int = 1) -> Problem:
    rng = np.random.default_rng(1)
    operands = tuple(_random(rng, shape) for shape in shapes)
    (out,) = op.infer(tuple(type_ for type_, _ in operands))
    return Problem(op, operands, out, inputs)


def _conv(
    name: str,
    x: tuple[int, int, int],
    out_c: int,
    kernel: tuple[int, int],
    goal: float,
    *,
    stride: int = 1,
    depthwise: bool = False,
) -> Shape:
    """A convolution whose result has ceil(size / stride) rows and columns, with a ReLU."""
    (height, width, in_c), groups = x, x[2] if depthwise else 1
    outs = (-(-height // stride), -(-width // stride))
    needs = [(o - 1) * stride + k - n for o, k, n in zip(outs, kernel, x, strict=False)]
    pads = [(max(0, n) // 2, max(0, n) - max(0, n) // 2) for n in needs]
    window = Window(kernel, (stride, stride), (pads[0][0], pads[1][0], pads[0][1], pads[1][1]))
    weights = (out_c, *kernel, in_c // groups)
    return Shape(
        f"float_{name}",
        "MAC",
        math.prod(outs) * math.prod(weights),
        lambda: _problem(Conv2D(window, groups, lo=0.0), (1, *x), weights, (out_c,)),
        goal=goal,
    )


def _dense(name: str, rows: int, depth: int, channels: int, goal: float) -> Shape:
    return Shape(
        f"float_{name}",
        "MAC",
        rows * depth * channels,
        lambda: _problem(FullyConnected(), (rows, depth), (channels, depth), (channels,)),
        goal=goal,
    )


def _matmul(name: str, rows: int, depth: int, columns: int, goal: float) -> Shape:
    return Shape(
        f"float_{name}",
        "MAC",
        rows * depth * columns,
        lambda: _problem(MatMul(), (rows, depth), (depth, columns), inputs=2),
        goal=goal,
    )


#: Goals: about 5 % more than what was reached.
FLOAT_SHAPES = (
    _conv("conv3x3_32x32_3_16", (32, 32, 3), 16, (3, 3), 3.9),
    _conv("conv3x3_32x32_16_16", (32, 32, 16), 16, (3, 3), 3.1),
    _conv("conv3x3_8x8_64_64", (8, 8, 64), 64, (3, 3), 2.75),
    _conv("conv1x1s2_16x16_32_64", (16, 16, 32), 64, (1, 1), 3.35, stride=2),
    _conv("conv3x3s2_96x96_3_8", (96, 96, 3), 8, (3, 3), 4.1, stride=2),
    _conv("conv10x4s2_49x10_1_64", (49, 10, 1), 64, (10, 4), 4.6, stride=2),
    _conv("conv1x1_48x48_8_16", (48, 48, 8), 16, (1, 1), 4.7),
    _conv("conv1x1_6x6_128_128", (6, 6, 128), 128, (1, 1), 3.05),
    _conv("depthwise3x3_48x48_8", (48, 48, 8), 8, (3, 3), 7.3, depthwise=True),
    _conv("depthwise3x3s2_48x48_16", (48, 48, 16), 16, (3, 3), 7.6, stride=2, depthwise=True),
    _conv("depthwise3x3_6x6_128", (6, 6, 128), 128, (3, 3), 5.5, depthwise=True),
    _conv("depthwise3x3_25x5_64", (25, 5, 64), 64, (3, 3), 7.1, depthwise=True),
    _conv("depthwise5x5_14x14_32", (14, 14, 32), 32, (5, 5), 5.3, depthwise=True),
    _dense("dense_640_128", 1, 640, 128, 3.85),
    _dense("dense_32x64_64", 32, 64, 64, 3.1),
    _matmul("matmul_32x64x32", 32, 64, 32, 3.15),
    Shape("float_softmax_10", "call", 1, lambda: _problem(Softmax(1), (1, 10))),
    Shape("float_softmax_8x128", "element", 8 * 128, lambda: _problem(Softmax(1), (8, 128))),
)
