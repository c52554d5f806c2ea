"""Networks with many kinds of operators, and their compilations, made once per process."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from tinycompile.compiler import Compilation, Options, compile

Array = npt.NDArray[Any]
SHAPE = (1, 3, 12, 12)
CLASSES = 6


class _Builder:
    """Collects nodes and random weights; every node has one output with its own name."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, op_type: str, name: str, *inputs: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(op_type, inputs, [name], name=f"{name}_node", **attributes))
        return name

    def const(self, name: str, array: Array) -> str:
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, name: str, *shape: int) -> str:
        return self.const(name, (self.rng.standard_normal(shape) / 3).astype(np.float32))

    def conv(self, name: str, x: str, channels: int, *shape: int, **attributes: Any) -> str:
        """Conv with weights [channels, *shape] and a bias."""
        weight, bias = self.weight(f"{name}_w", channels, *shape), self.weight(f"{name}_b", channels)
        return self.add("Conv", name, x, weight, bias, **attributes)

    def model(self, outputs: list[str]) -> onnx.ModelProto:
        given = helper.make_tensor_value_info("image", TensorProto.FLOAT, SHAPE)
        declared = [helper.make_empty_tensor_value_info(name) for name in outputs]
        graph = helper.make_graph(self.nodes, "net", [given], declared, self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def network(seed: int = 0, channels: int = 8, wide: bool = True) -> onnx.ModelProto:
    """A float network: convolutions of every kind, pooling, a residual, activations; image -> probabilities.

    `wide` adds what exists in many forms: a second output of integers, upsampling, normalisation, reductions.
    """
    net = _Builder(seed)
    same = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    stem = net.add("Relu", "stem_relu", net.conv("stem", "image", channels, 3, 3, 3, strides=[2, 2], **same))
    deep = net.add(
        "Clip",
        "deep_relu6",
        net.conv("deep", stem, channels, 1, 3, 3, group=channels, **same),
        net.const("zero", np.array(0, np.float32)),
        net.const("six", np.array(6, np.float32)),
    )
    point = net.conv("point", deep, channels, channels, 1, 1)
    total = net.add("Add", "residual", point, stem)
    pooled = net.add("MaxPool", "pooled", total, kernel_shape=[2, 2], strides=[2, 2])
    swish = net.add("HardSwish", "swish", total)
    mean = net.add("AveragePool", "mean", swish, kernel_shape=[2, 2], strides=[2, 2])
    joined = net.add("Concat", "joined", pooled, mean, axis=1)
    if wide:
        joined = _branches(net, joined, 2 * channels)
    flat = net.add("Flatten", "flat", net.add("GlobalAveragePool", "global", joined))
    logits = net.add(
        "Gemm",
        "logits",
        flat,
        net.weight("dense_w", CLASSES, 2 * channels),
        net.weight("dense_b", CLASSES),
        transB=1,
    )
    outputs = [net.add("Softmax", "probabilities", logits, axis=1)]
    if wide:
        outputs.append(net.add("ArgMax", "class", logits, axis=1, keepdims=0))
    return net.model(outputs)


def _branches(net: _Builder, x: str, channels: int) -> str:
    scales = net.const("scales", np.array([1, 1, 2, 2], np.float32))
    whole = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    up = net.add("Resize", "up", x, "", scales, **whole)
    shuffled = net.add("SpaceToDepth", "shuffled", up, blocksize=2)
    narrow = net.conv("narrow", shuffled, channels, 4 * channels, 1, 1)
    gate = net.add("Sigmoid", "gate", net.add("ReduceMean", "squeeze", narrow, axes=[2, 3], keepdims=1))
    gated = net.add("Mul", "gated", narrow, gate)
    pads = net.const("pads", np.array([0, 0, 1, 1] * 2))
    padded = net.add("Pad", "padded", net.add("Tanh", "tanh", gated), pads)
    dilated = net.conv("dilated", padded, channels, 2, 3, 3, dilations=[2, 2], group=channels // 2)
    return net.add(
        "Sub",
        "difference",
        net.add("LeakyRelu", "leaky", dilated, alpha=0.1),
        net.weight("shift", channels, 1, 1),
    )


def images(count: int, seed: int = 5) -> Array:
    """Float images [count, 1, 3, 12, 12]."""
    return np.random.default_rng(seed).standard_normal((count, *SHAPE)).astype(np.float32)


@cache
def compiled(kind: str, name: str, seed: int = 0, wide: bool = True, board: str = "host") -> Compilation:
    """The network as `float32` or `int8` under a C name."""
    calibration = {"image": images(8)} if kind == "int8" else None
    model = network(seed, wide=wide)
    return compile(model, board, calibration=calibration, options=Options(name=name))
