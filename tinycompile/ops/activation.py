"""Activations with parameters: Clip (and Relu), LeakyRelu, Elu and their relatives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, GraphBuilder
from tinycompile.numeric import float_math as fm
from tinycompile.ops.broadcast import add_elementwise
from tinycompile.ops.common import clamp_float
from tinycompile.ops.extremes import Max, Min
from tinycompile.ops.pointwise import Pointwise, pointwise_kernels
from tinycompile.ops.registry import imports
from tinycompile.ops.source import SourceNode

f32 = np.float32


@dataclass(frozen=True)
class Clip(Pointwise):
    """min(max(x, lo), hi); from 0 to infinity it is called Relu."""

    lo: float = -math.inf
    hi: float = math.inf

    @property
    def name(self) -> str:
        return "Relu" if (self.lo, self.hi) == (0.0, math.inf) else "Clip"

    @property
    def clamp(self) -> tuple[float, float]:
        return self.lo, self.hi

    @property
    def symbol(self) -> str:
        return "tc_clip_f32"

    @property
    def parameters(self) -> tuple[float, ...]:
        return self.lo, self.hi

    def real(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(np.minimum(np.maximum(x, self.lo), self.hi))

    def single(self, x: np.ndarray) -> np.ndarray:
        return clamp_float(x, self.lo, self.hi)


@dataclass(frozen=True)
class LeakyRelu(Pointwise):
    """x for x >= 0, alpha * x below."""

    alpha: float

    @property
    def symbol(self) -> str:
        return "tc_leaky_relu_f32"

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.alpha,)

    def real(self, x: np.ndarray) -> np.ndarray:
        return np.where(x < 0, self.alpha * x, x)

    def single(self, x: np.ndarray) -> np.ndarray:
        return np.where(x < 0, f32(self.alpha) * x, x)


@dataclass(frozen=True)
class Elu(Pointwise):
    """gamma * x for x >= 0, gamma * alpha * (exp(x / width) - 1) below: Elu, Selu and Celu.

    Elu has gamma and width 1, Selu width 1, and Celu gamma 1 and width alpha.
    """

    alpha: float = 1.0
    gamma: float = 1.0
    width: float = 1.0

    @property
    def symbol(self) -> str:
        return "tc_elu_f32"

    @property
    def parameters(self) -> tuple[float, ...]:
        return self.gamma * self.alpha, self.gamma, self.width

    def real(self, x: np.ndarray) -> np.ndarray:
        return np.where(x < 0, self.gamma * self.alpha * np.expm1(x / self.width), self.gamma * x)

    def single(self, x: np.ndarray) -> np.ndarray:
        scale, gamma, width = map(f32, self.parameters)
        return np.where(x < 0, scale * fm.expm1f(x / width), gamma * x)


@dataclass(frozen=True)
class HardSigmoid(Pointwise):
    """min(max(alpha * x + beta, 0), 1)."""

    alpha: float = 0.2
    beta: float = 0.5

    @property
    def symbol(self) -> str:
        return "tc_hard_sigmoid_f32"

    @property
    def parameters(self) -> tuple[float, ...]:
        return self.alpha, self.beta

    @property
    def result_range(self) -> tuple[float, float]:
        return 0.0, 1.0

    def real(self, x: np.ndarray) -> np.ndarray:
        return np.clip(self.alpha * x + self.beta, 0, 1)

    def single(self, x: np.ndarray) -> np.ndarray:
        return clamp_float(f32(self.alpha) * x + f32(self.beta), 0.0, 1.0)


@dataclass(frozen=True)
class Swish(Pointwise):
    """x * sigmoid(alpha * x); alpha 1 is SiLU."""

    alpha: float = 1.0

    @property
    def symbol(self) -> str:
        return "tc_swish_f32"

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.alpha,)

    def real(self, x: np.ndarray) -> np.ndarray:
        return x / (1.0 + np.exp(-self.alpha * x))

    def single(self, x: np.ndarray) -> np.ndarray:
        return x * fm.sigmoidf(f32(self.alpha) * x)


@dataclass(frozen=True)
class Shrink(Pointwise):
    """x - bias above limit, x + bias below -limit, else 0."""

    limit: float = 0.5
    bias: float = 0.0

    @property
    def symbol(self) -> str:
        return "tc_shrink_f32"

    @property
    def parameters(self) -> tuple[float, ...]:
        return self.limit, self.bias

    def real(self, x: np.ndarray) -> np.ndarray:
        return np.where(x > self.limit, x - self.bias, np.where(x < -self.limit, x + self.bias, 0.0))

    def single(self, x: np.ndarray) -> np.ndarray:
        limit, bias = f32(self.limit), f32(self.bias)
        return np.where(x > limit, x - bias, np.where(x < -limit, x + bias, f32(0)))


@dataclass(frozen=True)
class ThresholdedRelu(Pointwise):
    """x above alpha, else 0."""

    alpha: float = 1.0

    @property
    def symbol(self) -> str:
        return "tc_thresholded_relu_f32"

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.alpha,)

    def real(self, x: np.ndarray) -> np.ndarray:
        return np.where(x > self.alpha, x, 0.0)

    def single(self, x: np.ndarray) -> np.ndarray:
        return np.where(x > f32(self.alpha), x, f32(0))


_SELU_ALPHA, _SELU_GAMMA = 1.67326319217681884765625, 1.05070102214813232421875


def _activation(node: SourceNode) -> Pointwise:
    match node.op_type:
        case "LeakyRelu":
            return LeakyRelu(node.attr_float("alpha", 0.01))
        case "Elu":
            return Elu(node.attr_float("alpha", 1.0))
        case "Selu":
            return Elu(node.attr_float("alpha", _SELU_ALPHA), node.attr_float("gamma", _SELU_GAMMA))
        case "Celu":
            alpha = node.attr_float("alpha", 1.0)
            return Elu(alpha, 1.0, alpha)
        case "HardSigmoid":
            return HardSigmoid(node.attr_float("alpha", 0.2), node.attr_float("beta", 0.5))
        case "Swish":
            return Swish(node.attr_float("alpha", 1.0))
        case "QuickGelu":
            return Swish(node.attr_float("alpha", 1.702))
        case "Shrink":
            return Shrink(node.attr_float("lambd", 0.5), node.attr_float("bias", 0.0))
        case _:
            return ThresholdedRelu(node.attr_float("alpha", 1.0))


@imports("LeakyRelu", "Elu", "Selu", "Celu", "HardSigmoid", "Swish", "QuickGelu", "Shrink", "ThresholdedRelu")
def _import_activation(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    return [b.add1(_activation(node), node.input(0), origins=node.origins, hint=node.name)]


@imports("Relu")
def _import_relu(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    return [_clipped(node, b, b.const(np.zeros((), node.type(0, b).dtype.numpy), "zero"), None)]


@imports("Clip")
def _import_clip(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """The bounds are attributes before opset 11, optional inputs from then on."""
    if node.opset >= 11:
        lo, hi = (node.input(index) if node.has(index) else None for index in (1, 2))
        return [_clipped(node, b, lo, hi)]
    high = node.attr_float("max", math.inf)
    op = Clip(min(node.attr_float("min", -math.inf), high), high)
    return [b.add1(op, node.input(0), origins=node.origins, hint=node.name)]


def _clipped(node: SourceNode, b: GraphBuilder, lo: str | None, hi: str | None) -> str:
    """`Clip` for float32 with constant bounds, else Max and Min."""
    x = node.input(0)
    bounds = [None if bound is None else b.data(bound) for bound in (lo, hi)]
    constant = all(data is not None or bound is None for data, bound in zip(bounds, (lo, hi), strict=True))
    if node.type(0, b).dtype is DType.FLOAT32 and constant:
        low, high = (
            default if data is None else float(data.item())
            for data, default in zip(bounds, (-math.inf, math.inf), strict=True)
        )
        return b.add1(Clip(min(low, high), high), x, origins=node.origins, hint=node.name)
    if lo is not None:
        x = add_elementwise(b, Max(), [x, lo], node.origins, node.name)
    if hi is not None:
        x = add_elementwise(b, Min(), [x, hi], node.origins, node.name)
    return x


pointwise_kernels(Clip, tc_clip_f32=16.0)
pointwise_kernels(LeakyRelu, tc_leaky_relu_f32=12.5)
pointwise_kernels(Elu, tc_elu_f32=53.0)
pointwise_kernels(HardSigmoid, tc_hard_sigmoid_f32=17.0)
pointwise_kernels(Swish, tc_swish_f32=115.0)
pointwise_kernels(Shrink, tc_shrink_f32=15.2)
pointwise_kernels(ThresholdedRelu, tc_thresholded_relu_f32=12.0)
