"""Operators on boxes of operands, some of whose channels are constant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import Bounds, ChannelSite, DType, Op, Quant, TensorType
from tinycompile.ir.channels import channel_count
from tinycompile.ops.activation import Clip, LeakyRelu
from tinycompile.ops.arithmetic import Add, Arithmetic, Div, Mul, Sub
from tinycompile.ops.concat import Concat
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.conv_transpose import ConvTranspose2D
from tinycompile.ops.expand import Expand
from tinycompile.ops.extremes import Max, Min
from tinycompile.ops.layout import Copy, Reshape, Transpose
from tinycompile.ops.lookup import Lookup
from tinycompile.ops.matmul import FullyConnected
from tinycompile.ops.pad import Pad
from tinycompile.ops.pointwise import Pointwise
from tinycompile.ops.pool import AveragePool2D, MaxPool2D
from tinycompile.ops.prelu import PRelu
from tinycompile.ops.quantise import Requantize
from tinycompile.ops.reduce import Kind, Reduce
from tinycompile.ops.resample import LinearTaps
from tinycompile.ops.resize import ResizeLinear2D
from tinycompile.ops.slice import Slice
from tinycompile.ops.softmax import Form, Softmax
from tinycompile.ops.spatial import Window
from tinycompile.ops.take import Take

X, Z, Y = Quant.tensor(0.05, -9), Quant.tensor(0.08, 4), Quant.tensor(0.11, 3)


@dataclass(frozen=True)
class Case:
    """An operator on computed operands of these shapes, then constants; `reached`: its bounds are exact."""

    name: str
    op: Op
    shapes: tuple[tuple[int, ...], ...]
    weights: tuple[int, ...] = ()
    bias: bool = True
    out: Quant = Y
    reached: bool = True
    quants: tuple[Quant, ...] = (X, Z, Z)

    def constants(self, rng: np.random.Generator) -> list[tuple[np.ndarray, Quant | None]]:
        if not self.weights:
            return []
        w = rng.integers(-127, 128, self.weights).astype(np.int8)
        w[rng.random(self.weights) < 0.2] = 0
        w[..., rng.integers(self.weights[-1])] = 0
        scales = tuple(float(s) for s in rng.uniform(0.002, 0.02, self.weights[0]).astype(np.float32))
        bias = rng.integers(-9000, 9000, self.weights[0]).astype(np.int32)
        found: list[tuple[np.ndarray, Quant | None]] = [(w, Quant(scales, (0,) * len(scales), 0))]
        return [*found, (bias, None)] if self.bias else found


IMAGE = (1, 5, 6, 8)
TAPS: LinearTaps = ((0, 0, 0.0), (0, 1, 0.3), (1, 2, 0.5), (3, 4, 0.75))
CASES = [
    Case("conv_1x1", Conv2D(Window((1, 1))), (IMAGE,), (6, 1, 1, 8)),
    Case("conv_valid", Conv2D(Window((3, 3))), (IMAGE,), (6, 3, 3, 8), bias=False),
    Case("conv_padded", Conv2D(Window((3, 3), pads=(1, 1, 1, 1)), lo=0.0), (IMAGE,), (6, 3, 3, 8)),
    Case("conv_strided", Conv2D(Window((3, 2), (2, 2), (0, 0, 1, 1))), (IMAGE,), (6, 3, 2, 8)),
    Case("conv_dilated", Conv2D(Window((3, 3), pads=(2, 1, 2, 3), dilations=(2, 3))), (IMAGE,), (4, 3, 3, 8)),
    Case("conv_grouped", Conv2D(Window((3, 3), pads=(1, 1, 1, 1)), 4), (IMAGE,), (12, 3, 3, 2)),
    Case("depthwise", Conv2D(Window((3, 3), pads=(1, 0, 1, 0)), 8, lo=0.0, hi=2.0), (IMAGE,), (8, 3, 3, 1)),
    Case("depthwise_twice", Conv2D(Window((2, 2)), 8), (IMAGE,), (16, 2, 2, 1)),
    Case("transposed", ConvTranspose2D(Window((3, 3), (2, 2)), (11, 13)), (IMAGE,), (6, 3, 3, 8)),
    Case(
        "transposed_gaps",
        ConvTranspose2D(Window((2, 2), (3, 3), (1, 1, 0, 0)), (12, 16)),
        (IMAGE,),
        (6, 2, 2, 8),
    ),
    Case("transposed_groups", ConvTranspose2D(Window((2, 3)), (6, 8), 4), (IMAGE,), (8, 2, 3, 2)),
    Case("dense", FullyConnected(lo=0.0), ((2, 12),), (7, 12)),
    Case("add", Add(), (IMAGE, IMAGE)),
    Case("add_places", Add(), (IMAGE, (1, 5, 6, 1))),
    Case("add_gate", Add(lo=0.0, hi=1.0), (IMAGE, (8,))),
    Case("sub", Sub(), (IMAGE, IMAGE)),
    Case("mul", Mul(), (IMAGE, IMAGE)),
    Case("mul_gate", Mul(), (IMAGE, (1, 1, 1, 8))),
    Case("div", Div(), (IMAGE, IMAGE), quants=(X, Quant.tensor(0.5, -128), Z)),
    Case("prelu", PRelu(), (IMAGE, (1, 1, 1, 8))),
    Case("max", Max(), (IMAGE, IMAGE), out=X, quants=(X, X)),
    Case("min", Min(), (IMAGE, (1, 1, 1, 8)), out=X, quants=(X, X)),
    Case("clip", Clip(-1.0, 2.0), (IMAGE,)),
    Case("leaky", LeakyRelu(-0.3), (IMAGE,)),
    Case(
        "lookup", Lookup(tuple(int(v) for v in np.random.default_rng(2).integers(-128, 128, 256))), (IMAGE,)
    ),
    Case("requantize", Requantize(), (IMAGE,)),
    Case("max_pool", MaxPool2D(Window((3, 2), (2, 1), (1, 1, 1, 1))), (IMAGE,), out=X),
    Case("average", AveragePool2D(Window((3, 3), (2, 2), (1, 1, 1, 1))), (IMAGE,)),
    Case("average_pads", AveragePool2D(Window((3, 3), pads=(1, 1, 1, 1)), True), (IMAGE,)),
    Case("resize", ResizeLinear2D(TAPS, TAPS), (IMAGE,)),
    Case("mean", Reduce(Kind.MEAN, (1, 2)), (IMAGE,)),
    Case("mean_of_channels", Reduce(Kind.MEAN, (1, 3)), (IMAGE,)),
    Case("largest", Reduce(Kind.MAX, (2,)), (IMAGE,), out=X),
    Case("transpose", Transpose((0, 2, 1, 3)), (IMAGE,), out=X),
    Case("transpose_channels", Transpose((0, 3, 1, 2)), (IMAGE,), out=X),
    Case("flatten", Reshape((1, 240)), (IMAGE,), out=X),
    Case("squeeze", Reshape((5, 6, 8)), (IMAGE,), out=X),
    Case("features", Reshape((4, 3, 2)), ((4, 6),), out=X),
    Case("mixed_reshape", Reshape((1, 5, 8, 6)), (IMAGE,), out=X),
    Case("pad", Pad((0, 1, 0, 0), (0, 1, 2, 0)), (IMAGE,), out=X),
    Case("pad_channels", Pad((0, 0, 0, 2), (0, 1, 0, 3), 1.5), (IMAGE,), out=X),
    Case("concat", Concat(3), (IMAGE, (1, 5, 6, 3), (1, 5, 6, 1)), out=X, quants=(X, X, X)),
    Case("concat_rows", Concat(1), (IMAGE, (1, 2, 6, 8)), out=X, quants=(X, X)),
    Case("slice", Slice((0, 1, 0, 2), (1, 3, 3, 4), (1, 1, 2, 1)), (IMAGE,), out=X),
    Case("slice_steps", Slice((0, 0, 0, 7), (1, 5, 6, 4), (1, 1, 1, -2)), (IMAGE,), out=X),
    Case("take_rows", Take((None, (4, 0, 0), None, None)), (IMAGE,), out=X),
    Case("take_channels", Take((None, None, None, (7, 0, 0, 3, 2))), (IMAGE,), out=X),
    Case("expand", Expand((1, 4, 6, 8)), ((1, 1, 6, 8),), out=X),
    Case("expand_channels", Expand((1, 4, 6, 8)), ((1, 4, 6, 1),), out=X),
    Case("copy", Copy(), (IMAGE,), out=X),
    Case("softmax", Softmax(3, Form.SHARE), (IMAGE,), reached=False),
]
WEIGHTED = (Conv2D, ConvTranspose2D, FullyConnected)
ELEMENTWISE = (Arithmetic, PRelu, Max, Pointwise, Lookup, Requantize)


@dataclass(frozen=True, eq=False)
class Setting:
    """A case with constants, and a box of operands, some of whose channels are constant."""

    at: ChannelSite
    sample: Callable[[np.random.Generator], list[np.ndarray]]


def setting_of(case: Case, rng: np.random.Generator) -> Setting:
    types = [
        TensorType(shape, DType.INT8, quant) for shape, quant in zip(case.shapes, case.quants, strict=False)
    ]
    bounds = [_box(type_, rng, case.name == "div" and index == 1) for index, type_ in enumerate(types)]
    consts: list[np.ndarray | None] = [None] * len(types)
    for data, quant in case.constants(rng):
        types.append(TensorType(data.shape, DType.of(data.dtype), quant))
        consts.append(data)
        bounds.append(Bounds.of_data(data))
    (out,) = case.op.infer(tuple(types))
    out = TensorType(out.shape, DType.INT8, case.out)
    at = ChannelSite(tuple(types), (out,), tuple(consts), tuple(bounds))

    def sample(rng: np.random.Generator) -> list[np.ndarray]:
        return [
            _draw(rng, bound, type_) if data is None else data
            for data, bound, type_ in zip(consts, bounds, types, strict=True)
        ]

    return Setting(at, sample)


def _box(type_: TensorType, rng: np.random.Generator, positive: bool) -> Bounds:
    count = channel_count(type_)
    ends = np.sort(rng.integers(-110 if positive else -128, 128, (2, count)), axis=0)
    constant = rng.random(count) < 0.4
    ends[1] = np.where(constant, ends[0], ends[1])
    assert type_.quant is not None
    if not positive:
        ends[:, constant & (rng.random(count) < 0.5)] = type_.quant.zero0
    return Bounds(ends[0], ends[1])


def _draw(rng: np.random.Generator, bounds: Bounds, type_: TensorType) -> np.ndarray:
    """Values anywhere in the box, or at its ends alone."""
    if rng.random() < 0.5:
        drawn = rng.integers(bounds.low, bounds.high + 1, type_.shape)
    else:
        drawn = np.where(rng.random(type_.shape) < rng.random(), bounds.low, bounds.high)
    return drawn.astype(np.int8)
