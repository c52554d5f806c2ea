"""Random integer networks with filters that are constant, or that nothing reads."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tinycompile.ir import DType, Graph, GraphBuilder, Op, Quant, TensorType
from tinycompile.ops.activation import LeakyRelu
from tinycompile.ops.arithmetic import Add, Mul
from tinycompile.ops.concat import Concat
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.layout import Reshape, Transpose
from tinycompile.ops.matmul import FullyConnected
from tinycompile.ops.pad import Pad
from tinycompile.ops.pool import AveragePool2D, MaxPool2D
from tinycompile.ops.reduce import Kind, Reduce
from tinycompile.ops.slice import Slice
from tinycompile.ops.softmax import Form, Softmax
from tinycompile.ops.spatial import Window

#: One quantisation for all activations, or results that only an activation cuts off.
SIGNED, RECTIFIED = Quant.tensor(0.0625, 3), Quant.tensor(0.05, -128)
SIZE = 6
Step = Callable[[GraphBuilder, np.random.Generator, list[str]], str]


def put(b: GraphBuilder, op: Op, *inputs: str, quant: Quant | None = None) -> str:
    """One node with an int8 result of the quantisation `quant`, or that of its operand."""
    (inferred,) = op.infer(tuple(b.type(n) for n in inputs))
    return b.add1(op, *inputs, out_type=inferred.with_dtype(DType.INT8, quant or b.type(inputs[0]).quant))


def weights(b: GraphBuilder, rng: np.random.Generator, *shape: int) -> tuple[str, str]:
    """int8 weights and biases; some filters see nothing, some are always off, some always full."""
    data = rng.integers(-60, 61, shape).astype(np.int8)
    scales = tuple(float(np.float32(s)) for s in rng.uniform(0.004, 0.01, shape[0]))
    bias = rng.integers(-500, 500, shape[0])
    fate = rng.choice(["alive", "blind", "off", "full"], shape[0], p=[0.5, 0.2, 0.2, 0.1])
    data[fate == "blind"] = 0
    bias = np.where(fate == "off", -(10**7), np.where(fate == "full", 10**7, bias))
    data[..., rng.random(shape[-1]) < 0.1] = 0
    w = b.const(data, "w", Quant(scales, (0,) * len(scales), 0))
    return w, b.const(bias.astype(np.int32), "bias")


def _pick(rng: np.random.Generator, values: list[str]) -> str:
    return values[rng.integers(len(values))]


def _rectifier(rng: np.random.Generator) -> tuple[float, float, Quant]:
    return (0.0, np.inf, RECTIFIED) if rng.random() < 0.7 else (-np.inf, np.inf, SIGNED)


def _conv(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    x, size = _pick(rng, values), int(rng.choice([1, 3]))
    w = weights(b, rng, int(rng.integers(1, 9)), size, size, b.type(x).shape[3])
    lo, hi, quant = _rectifier(rng)
    return put(b, Conv2D(Window((size, size), pads=(size // 2,) * 4), 1, lo=lo, hi=hi), x, *w, quant=quant)


def _twins(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    """Two convolutions by the same weights."""
    x = _pick(rng, values)
    others = [v for v in values if b.type(v).shape == b.type(x).shape]
    w = weights(b, rng, 5, 1, 1, b.type(x).shape[3])
    left, right = (put(b, Conv2D(Window((1, 1))), v, *w, quant=SIGNED) for v in (x, _pick(rng, others)))
    values.append(left)
    return right


def _depthwise(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    x, times = _pick(rng, values), int(rng.choice([1, 1, 2]))
    channels = b.type(x).shape[3]
    lo, hi, quant = _rectifier(rng)
    op = Conv2D(Window((3, 3), pads=(1, 1, 1, 1)), channels, lo=lo, hi=hi)
    return put(b, op, x, *weights(b, rng, channels * times, 3, 3, 1), quant=quant)


def _grouped(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    x = _pick(rng, values)
    groups = next(g for g in (3, 2, 1) if b.type(x).shape[3] % g == 0)
    w = weights(b, rng, 2 * groups, 1, 1, b.type(x).shape[3] // groups)
    return put(b, Conv2D(Window((1, 1)), groups, lo=0.0), x, *w, quant=RECTIFIED)


def _add(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    x = _pick(rng, values)
    others = [v for v in values if b.type(v).shape == b.type(x).shape]
    return put(b, Add(lo=0.0 if rng.random() < 0.5 else -math.inf), x, _pick(rng, others), quant=SIGNED)


def _gate(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    """Squeeze and excite."""
    x = _pick(rng, values)
    channels = b.type(x).shape[3]
    pooled = put(b, Reduce(Kind.MEAN, (1, 2)), x)
    hidden = put(
        b, Conv2D(Window((1, 1)), 1, lo=0.0), pooled, *weights(b, rng, 4, 1, 1, channels), quant=RECTIFIED
    )
    gate = put(
        b, Conv2D(Window((1, 1)), 1, lo=0.0), hidden, *weights(b, rng, channels, 1, 1, 4), quant=RECTIFIED
    )
    return put(b, Mul(), x, gate, quant=SIGNED)


def _concat(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    x = _pick(rng, values)
    others = [v for v in values if b.type(v).quant == b.type(x).quant]
    return put(b, Concat(3), x, *(_pick(rng, others) for _ in range(rng.integers(1, 3))))


def _pool(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    window = Window((3, 3), pads=(1, 1, 1, 1))
    return put(b, MaxPool2D(window) if rng.random() < 0.5 else AveragePool2D(window), _pick(rng, values))


def _activation(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    return put(b, LeakyRelu(0.1), _pick(rng, values), quant=SIGNED)


def _pad(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    x = _pick(rng, values)
    return put(b, Pad((0, 0, 0, int(rng.integers(3))), (0, 0, 0, int(rng.integers(1, 3))), 0.0), x)


def _slice(b: GraphBuilder, rng: np.random.Generator, values: list[str]) -> str:
    x = _pick(rng, values)
    channels = b.type(x).shape[3]
    start = int(rng.integers(channels))
    size = int(rng.integers(1, channels - start + 1))
    return put(b, Slice((0, 0, 0, start), (1, SIZE, SIZE, size), (1, 1, 1, 1)), x)


STEPS: tuple[Step, ...] = (
    _conv, _twins, _depthwise, _grouped, _add, _gate, _concat, _pool, _activation, _pad, _slice
)  # fmt: skip


def _head(b: GraphBuilder, rng: np.random.Generator, x: str) -> str:
    if rng.random() < 0.5:
        x = put(b, AveragePool2D(Window((SIZE, SIZE))), x)
    flat = put(b, Reshape((1, b.type(x).elements)), x)
    logits = put(b, FullyConnected(), flat, *weights(b, rng, 5, b.type(flat).elements), quant=SIGNED)
    return put(b, Softmax(1, Form.SHARE), logits, quant=Quant.tensor(1 / 256, -128))


def integer_graph(seed: int, steps: int = 8) -> Graph:
    """A network on one image of three channels; outputs of every sort."""
    rng = np.random.default_rng(seed)
    b = GraphBuilder("integers")
    values = [b.input("x", TensorType((1, SIZE, SIZE, 3), DType.INT8, SIGNED))]
    for number in range(steps):
        step = _conv if number == 0 else STEPS[rng.integers(len(STEPS))]
        values.append(step(b, rng, values[-3:]))
    outputs = [_head(b, rng, values[-1])]
    if rng.random() < 0.3:
        outputs.append(_pick(rng, values[1:]))
    if rng.random() < 0.2:
        outputs.append(put(b, Transpose((0, 3, 1, 2)), values[-1]))
    return b.graph(tuple(dict.fromkeys(outputs)))
