"""Random chains of operators whose attributes and operands often do not go together."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import onnx

from tests.networks.net import Net

Draw = Callable[[list[Any]], Any]
_IMAGES = [(1, 3, 8, 8), (1, 4, 6, 5), (1, 3, 9, 4), (2, 3, 4, 4), (1, 6, 1, 1)]
_SHAPES = [*_IMAGES, *_IMAGES, (1, 8), (1, 5, 7), (3, 4), (1, 2, 3, 2, 2), (6,)]
_FUNCTIONS = ["Relu", "Sigmoid", "Tanh", "Abs", "Neg", "LeakyRelu", "Elu", "Softplus", "Erf", "Floor", "Exp"]
_BINARY = ["Add", "Sub", "Mul", "Div", "Min", "Max", "Pow"]


def random_chain(seed: int) -> onnx.ModelProto:
    """A model of one to six operators in a random operator set; it may well be wrong."""
    rng = random.Random(seed)
    n = Net(f"chain{seed}", rng.choice([11, 13, 17, 18, 21]))
    values = [n.input(*rng.choice(_SHAPES))]
    for _ in range(rng.randint(1, 6)):
        values.append(rng.choice(_LINKS)(n, rng.choice(values[-2:]), values, rng.choice))
    outputs = dict.fromkeys((values[-1], rng.choice(values[1:])))
    return n.model(*outputs, check=False)


def _function(n: Net, x: str, values: list[str], draw: Draw) -> str:
    return n.op(draw(_FUNCTIONS), x)


def _binary(n: Net, x: str, values: list[str], draw: Draw) -> str:
    constant = n.const(n.rng.uniform(0.5, 2.0, draw([(), (1,), (3, 1, 1), (4,), (1, 3, 1, 1)])))
    return n.op(draw(_BINARY), x, draw([*values, constant]))


def _windows(n: Net, draw: Draw) -> tuple[tuple[int, ...], dict[str, Any]]:
    rank = draw([1, 2, 2, 2, 2, 2, 2, 3])
    kernel = tuple(draw([1, 2, 3]) for _ in range(rank))
    extra: dict[str, Any] = {"strides": [draw([1, 2, 3]) for _ in range(rank)]}
    if draw([True, False]):
        extra["pads"] = [draw([0, 1, 2]) for _ in range(2 * rank)]
    elif draw([True, False]):
        extra["auto_pad"] = draw(["SAME_UPPER", "SAME_LOWER", "VALID"])
    return kernel, extra


def _conv(n: Net, x: str, values: list[str], draw: Draw) -> str:
    kernel, extra = _windows(n, draw)
    outs, groups = draw([1, 3, 4, 6]), draw([1, 1, 1, 2, 3])
    ins = draw([max(1, n.channels.get(x, 4) // groups)] * 4 + [1, 3, 8])
    op = draw(["Conv", "Conv", "ConvTranspose"])
    shape = (outs, ins, *kernel) if op == "Conv" else (ins, outs, *kernel)
    extra["dilations"] = [draw([1, 1, 2])] * len(kernel)
    return n.op(op, x, n.weights(*shape, fan_in=ins), channels=outs, group=groups, **extra)


def _pool(n: Net, x: str, values: list[str], draw: Draw) -> str:
    kernel, extra = _windows(n, draw)
    op = draw(["MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"])
    if op.startswith("Global"):
        return n.op(op, x)
    return n.op(op, x, kernel_shape=list(kernel), ceil_mode=draw([0, 1]), **extra)


def _reshape(n: Net, x: str, values: list[str], draw: Draw) -> str:
    return n.reshape(
        x, *draw([(1, -1), (-1,), (0, -1), (1, 2, -1), (2, -1, 3), (0, 0, -1), (-1, -1), (7, 3)])
    )


def _transpose(n: Net, x: str, values: list[str], draw: Draw) -> str:
    return n.transpose(x, *draw([(0, 2, 3, 1), (1, 0), (0, 2, 1), (3, 2, 1, 0), (0, 0)]))


def _join(n: Net, x: str, values: list[str], draw: Draw) -> str:
    return n.op("Concat", x, draw(values), axis=draw([0, 1, -1, 2]))


def _softmax(n: Net, x: str, values: list[str], draw: Draw) -> str:
    return n.op(draw(["Softmax", "LogSoftmax", "Flatten", "ArgMax"]), x, axis=draw([-1, 1, 0, 2]))


def _slice(n: Net, x: str, values: list[str], draw: Draw) -> str:
    bounds = (draw([0, 1, -2]), draw([2, 3, 100, -1]), draw([0, 1, -1]), draw([1, 2, -1]))
    return n.op("Slice", x, *(n.ints(bound) for bound in bounds))


def _pad(n: Net, x: str, values: list[str], draw: Draw) -> str:
    pads = [draw([0, 1, 2, -1]) for _ in range(2 * draw([1, 2, 3, 4]))]
    return n.op(
        "Pad", x, n.ints(*pads), n.const(draw([0.0, 1.5])), mode=draw(["constant", "reflect", "edge"])
    )


def _reduce(n: Net, x: str, values: list[str], draw: Draw) -> str:
    return n.mean(x, *draw([(1,), (-1,), (2, 3), (0,), (4,)]), keepdims=draw([True, False]))


def _matrix(n: Net, x: str, values: list[str], draw: Draw) -> str:
    return n.op("MatMul", x, n.weights(*draw([(8, 4), (5, 3), (4,), (2, 7, 3)]), fan_in=4))


def _resize(n: Net, x: str, values: list[str], draw: Draw) -> str:
    scales = n.const(draw([(1, 1, 2, 2), (1, 1, 1.5, 0.5), (1, 2, 1, 1), (1, 2), (1, 1, 0, 1)]))
    return n.op("Resize", x, n.const([]), scales, mode=draw(["nearest", "linear", "cubic"]))


def _shuffle(n: Net, x: str, values: list[str], draw: Draw) -> str:
    return n.op(draw(["DepthToSpace", "SpaceToDepth"]), x, blocksize=2)


def _norm(n: Net, x: str, values: list[str], draw: Draw) -> str:
    n.channels[x] = draw([3, 4, 8])
    return n.batch_norm(x)


def _unknown(n: Net, x: str, values: list[str], draw: Draw) -> str:
    return n.op(draw(["LSTM", "NonMaxSuppression", "Frobnicate"]), x)


_LINKS: list[Callable[[Net, str, list[str], Draw], str]] = [
    *(_function,) * 3, *(_conv,) * 4, *(_pool,) * 2, *(_binary,) * 2, _reshape, _transpose, _join, _softmax,
    _slice, _pad, _reduce, _matrix, _resize, _shuffle, _norm, _unknown,
]  # fmt: skip
