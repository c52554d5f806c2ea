"""The shapes on which kernels are compared, with what peers need for them."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.kernels.float_shapes import FLOAT_SHAPES
from benchmarks.kernels.problem import Array, Figures, Problem, Shape
from tinycompile.ir import DType, Op, Quant, TensorType
from tinycompile.ops.arithmetic import Add, Mul
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.lookup import Lookup
from tinycompile.ops.matmul import FullyConnected
from tinycompile.ops.pool import AveragePool2D, MaxPool2D
from tinycompile.ops.softmax import Softmax
from tinycompile.ops.spatial import Window


def _activation(shape: tuple[int, ...], scale: float, zero: int) -> TensorType:
    return TensorType(shape, DType.INT8, Quant.tensor(scale, zero))


def _random(rng: np.random.Generator, type_: TensorType) -> tuple[TensorType, Array]:
    return type_, rng.integers(-128, 128, type_.shape, dtype=np.int8)


def _weights(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[TensorType, Array]:
    """Weights as training leaves them: bell-shaped, the largest of each channel near 127."""
    values = np.clip(np.rint(rng.standard_normal(shape) * 36), -127, 127).astype(np.int8)
    scales = tuple(float(s) for s in rng.uniform(0.002, 0.01, shape[0]).astype(np.float32))
    return TensorType(shape, DType.INT8, Quant(scales, (0,) * shape[0], 0)), values


def _weighted(op: Op, x_shape: tuple[int, ...], w_shape: tuple[int, ...]) -> Problem:
    rng = np.random.default_rng(1)
    x, w = _random(rng, _activation(x_shape, 0.02, -128)), _weights(rng, w_shape)
    bias = rng.integers(-3000, 3000, w_shape[0], dtype=np.int32)
    (out,) = op.infer((x[0], w[0]))
    spread = 0.02 * 0.006 * 36 * 128 * math.sqrt(math.prod(w_shape[1:]))
    y = _activation(out.shape, spread / 50, -128)
    return Problem(op, (x, w, (TensorType((w_shape[0],), DType.INT32), bias)), y)


def _conv(
    name: str,
    size: tuple[int, int, int],
    out_c: int,
    kernel: int,
    cmsis: Figures,
    tinyengine: Figures,
    goal: float,
    *,
    stride: int = 1,
    depthwise: bool = False,
) -> Shape:
    height, width, in_c = size
    pad = ((kernel - stride) // 2, (kernel - stride + 1) // 2)
    window = Window((kernel, kernel), (stride, stride), (pad[0], pad[0], pad[1], pad[1]))
    groups = in_c if depthwise else 1
    depth = kernel * kernel * in_c // groups
    macs = (height // stride) * (width // stride) * out_c * depth
    weights = (out_c, kernel, kernel, in_c // groups)

    def make() -> Problem:
        return _weighted(Conv2D(window, groups, lo=0.0), (1, *size), weights)

    return Shape(name, "MAC", macs, make, cmsis, tinyengine, goal)


def _dense(name: str, depth: int, channels: int, cmsis: Figures, goal: float | None) -> Shape:
    return Shape(
        name,
        "MAC",
        depth * channels,
        lambda: _weighted(FullyConnected(lo=0.0), (1, depth), (channels, depth)),
        cmsis,
        goal=goal,
    )


def _add() -> Problem:
    rng = np.random.default_rng(2)
    shape = (1, 16, 16, 32)
    x, z = _random(rng, _activation(shape, 0.05, -3)), _random(rng, _activation(shape, 0.04, 5))
    return Problem(Add(lo=0.0), (x, z), _activation(shape, 0.06, -128), inputs=2)


def _mul() -> Problem:
    rng = np.random.default_rng(5)
    shape = (1, 16, 16, 32)
    x, z = _random(rng, _activation(shape, 0.05, -3)), _random(rng, _activation(shape, 1 / 256, -128))
    return Problem(Mul(), (x, z), _activation(shape, 0.04, 7), inputs=2)


def _average() -> Problem:
    rng = np.random.default_rng(3)
    x = _random(rng, _activation((1, 8, 8, 64), 0.05, -128))
    return Problem(AveragePool2D(Window((8, 8), (8, 8))), (x,), _activation((1, 1, 1, 64), 0.01, -128))


def _max() -> Problem:
    x = _random(np.random.default_rng(6), _activation((1, 24, 24, 32), 0.05, -128))
    return Problem(MaxPool2D(Window((2, 2), (2, 2))), (x,), _activation((1, 12, 12, 32), 0.05, -128))


def _lookup() -> Problem:
    x = _random(np.random.default_rng(7), _activation((1, 16, 16, 32), 0.05, 3))
    op = Lookup(tuple(int(v) for v in np.random.default_rng(8).integers(-128, 128, 256)))
    return Problem(op, (x,), _activation((1, 16, 16, 32), 1 / 256, -128))


def _softmax() -> Problem:
    x = _random(np.random.default_rng(4), _activation((1, 10), 0.1, 12))
    return Problem(Softmax(1), (x,), _activation((1, 10), 1 / 256, -128))


SHAPES = (
    _conv("conv1x1_28x28_32_64", (28, 28, 32), 64, 1, (2.69, 3.16), (3.31, 4.06), 1.40),
    _conv("conv1x1_12x12_64_128", (12, 12, 64), 128, 1, (2.08, 2.44), (2.43, 2.96), 1.25),
    _conv("conv3x3_32x32_16_16", (32, 32, 16), 16, 3, (2.33, 2.87), (2.83, 3.41), 1.50),
    _conv("conv3x3_8x8_64_64", (8, 8, 64), 64, 3, (1.76, 2.11), (2.34, 2.81), 1.20),
    _conv("conv3x3s2_96x96_3_8", (96, 96, 3), 8, 3, (6.12, 8.14), (3.69, 4.45), 2.40, stride=2),
    _conv("depthwise3x3_48x48_16", (48, 48, 16), 16, 3, (8.44, 9.82), (10.2, 13.0), 3.40, depthwise=True),
    _conv("depthwise3x3s2_48x48_16", (48, 48, 16), 16, 3, None, None, 3.40, stride=2, depthwise=True),
    _conv("depthwise3x3_24x24_64", (24, 24, 64), 64, 3, (8.04, 9.35), (10.3, 13.2), 3.20, depthwise=True),
    _conv("depthwise3x3s2_24x24_64", (24, 24, 64), 64, 3, None, None, 3.20, stride=2, depthwise=True),
    _dense("dense_256_64", 256, 64, (2.08, 2.57), None),
    _dense("dense_640_128", 640, 128, (1.95, 2.41), 1.55),
    Shape("add_16x16x32", "element", 16 * 16 * 32, _add, (80.6, 97.6), (106, 125), 12.0),
    Shape("mul_16x16x32", "element", 16 * 16 * 32, _mul),
    Shape("average_8x8x64", "input", 8 * 8 * 64, _average, (6.45, 9.62), None, 1.5),
    Shape("max_2x2_24x24x32", "input", 24 * 24 * 32, _max),
    Shape("lookup_16x16x32", "element", 16 * 16 * 32, _lookup),
    Shape("softmax_10", "call", 1, _softmax, (5358, 6172), None, 1500),
    *FLOAT_SHAPES,
)
