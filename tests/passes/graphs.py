"""Random small graphs for the pass tests, with transposes around convolutions as imports make them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from tinycompile.ir import DType, Graph, GraphBuilder, Quant, TensorType
from tinycompile.ops import SourceNode, import_rule
from tinycompile.ops.arithmetic import Add, Mul
from tinycompile.ops.concat import Concat
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.layout import Reshape, Transpose, nchw_from_nhwc, nhwc_from_nchw
from tinycompile.ops.matmul import MatMul
from tinycompile.ops.pad import Pad
from tinycompile.ops.pool import AveragePool2D, MaxPool2D
from tinycompile.ops.quantise import Dequantize, Quantize
from tinycompile.ops.reduce import Kind, Reduce
from tinycompile.ops.spatial import Window

Step = Callable[[GraphBuilder, np.random.Generator, list[str]], str]

#: One quantisation for all activations of the random QDQ graphs keeps their values in range.
ACTIVATION = Quant.tensor(0.0625, 3)
_LARGEST = 4000


def source_op(b: GraphBuilder, op_type: str, *inputs: str, **attributes: object) -> str:
    """The first result of an import rule, under the operator's name."""
    rule = import_rule(op_type)
    assert rule is not None
    return rule(SourceNode(op_type, op_type, inputs, 1, attributes), b)[0]  # type: ignore[arg-type]


def relu(b: GraphBuilder, x: str) -> str:
    """max(x, 0)."""
    return source_op(b, "Relu", x)


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Small random weights."""
    return (rng.normal(size=shape) * 0.3).astype(np.float32)


def quantised_weights(b: GraphBuilder, data: np.ndarray, axis: int = 0) -> str:
    """Dequantize of int8 weights, symmetric per channel along `axis`."""
    scales = np.abs(data).max(tuple(d for d in range(data.ndim) if d != axis)).astype(np.float32) / 127
    shape = [-1 if d == axis else 1 for d in range(data.ndim)]
    stored = b.const(np.rint(data / scales.reshape(shape)).astype(np.int8), "w")
    return b.add1(Dequantize(Quant(tuple(map(float, scales)), (0,) * len(scales), axis)), stored)


def convolved(b: GraphBuilder, x: str, w: str, *bias: str, window: Window) -> str:
    """A convolution of an NCHW value by weights [O, H, W, I], as it is imported."""
    y = b.add1(Conv2D(window), nhwc_from_nchw(b, x, ()), w, *bias)
    return nchw_from_nhwc(b, y, 4, ())


def _pick(rng: np.random.Generator, values: list[str]) -> str:
    return values[rng.integers(len(values))]


def _conv(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    x = _pick(rng, values)
    size = int(rng.choice([1, 3]))
    window = Window((size, size), pads=(size // 2,) * 4)
    channels = int(rng.integers(1, 5))
    data = normal(rng, channels, size, size, b.type(x).shape[1])
    quantise = any(isinstance(node.op, Quantize) for node in b.nodes)
    w = quantised_weights(b, data) if quantise else b.const(data, "w")
    bias = [b.const(normal(rng, channels), "bias")] if rng.integers(2) else []
    return convolved(b, x, w, *bias, window=window)


def _channelwise(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    x = _pick(rng, values)
    op = Add() if rng.integers(2) else Mul()
    return b.add1(op, x, b.const(normal(rng, 1, b.type(x).shape[1], 1, 1) + 1, "c"))


def _add(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    x = _pick(rng, values)
    return b.add1(Add(), x, _pick(rng, [v for v in values if b.type(v).shape == b.type(x).shape]))


def _concat(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    x = _pick(rng, values)
    n, _, h, w = b.type(x).shape
    fitting = [v for v in values if b.type(v).shape[2:] == (h, w) and b.type(v).shape[0] == n]
    return b.add1(Concat(1), x, _pick(rng, fitting))


def _relu(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    return relu(b, _pick(rng, values))


def _transpose(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    perms = [(0, 2, 3, 1), (0, 3, 1, 2), (0, 1, 3, 2)]
    return b.add1(Transpose(perms[rng.integers(3)]), _pick(rng, values))


def _reshape(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    x = _pick(rng, values)
    n, c, h, w = b.type(x).shape
    return b.add1(Reshape((n, c, 1, h * w)), x)


def _pad(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    return b.add1(Pad((0, 0, 1, 0), (0, 0, 1, 1)), _pick(rng, values))


def _pool(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    x = _pick(rng, values)
    window = Window((3 if b.type(x).shape[2] >= 3 else 1, 1))
    op = MaxPool2D(window) if rng.integers(2) else AveragePool2D(window)
    return nchw_from_nhwc(b, b.add1(op, nhwc_from_nchw(b, x, ())), 4, ())


def _reduce(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    return b.add1(Reduce(Kind.MEAN, (2, 3)), _pick(rng, values))


STEPS: tuple[Step, ...] = (
    _conv,
    _conv,
    _channelwise,
    _add,
    _concat,
    _relu,
    _transpose,
    _reshape,
    _pad,
    _pool,
    _reduce,
)


def _quantised(b: GraphBuilder, x: str) -> str:
    return b.add1(Dequantize(ACTIVATION), b.add1(Quantize(DType.INT8, ACTIVATION), x))


def _classifier(b: GraphBuilder, rng: np.random.Generator, x: str) -> str:
    features = b.type(x).elements
    flat = b.add1(Reshape((1, features)), x)
    y = b.add1(MatMul(), flat, b.const(normal(rng, features, 3), "fc"))
    return b.add1(Add(), y, b.const(normal(rng, 1, 3), "fc.bias"))


def random_graph(seed: int, steps: list[int], *, quantise: bool = False, classify: bool = False) -> Graph:
    """A graph of the chosen steps; `quantise` puts Quantize and Dequantize after each of them."""
    rng, b = np.random.default_rng(seed), GraphBuilder("random")
    values = [b.input("x", TensorType((1, 3, 4, 5), DType.FLOAT32))]
    if quantise:
        values = [_quantised(b, values[0])]
    for index in steps:
        new = STEPS[index](b, rng, values)
        if b.type(new).elements <= _LARGEST:
            values.append(_quantised(b, new) if quantise else new)
    last = _classifier(b, rng, values[-1]) if classify else values[-1]
    outputs = dict.fromkeys([last, values[len(values) // 2]])
    return b.graph([n for n in outputs if n not in b.inputs] or [relu(b, last)])


def sample(graph: Graph, seed: int) -> dict[str, np.ndarray]:
    """Random inputs of the graph's types."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for name in graph.inputs:
        type_ = graph.type(name)
        if type_.dtype is DType.FLOAT32:
            arrays[name] = rng.uniform(-2, 2, type_.shape).astype(np.float32)
        else:
            arrays[name] = rng.integers(*type_.dtype.limits, type_.shape).astype(type_.dtype.numpy)
    return arrays


step_lists = st.lists(st.integers(0, len(STEPS) - 1), min_size=1, max_size=10)
seeds = st.integers(0, 2**16)
