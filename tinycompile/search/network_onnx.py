"""A quantised network as ONNX with QuantizeLinear and DequantizeLinear around every operator.

The model takes samples with channels last, [1, height, width, channels], in the element type that the data
have, and gives float32 scores [1, classes]; compiled natively, the conversion at the end falls away.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from tinycompile.ir import DType, Quant
from tinycompile.search.layers import Activation, Add, Conv, Dense, Layer, Pool, PoolKind
from tinycompile.search.network import INPUT, OUTPUT, Network
from tinycompile.search.quantised import QuantisedNetwork, Weights, stored_before, stored_values

OPSET, IR_VERSION = 17, 8

_ELEMENTS = {
    DType.FLOAT32: TensorProto.FLOAT,
    DType.INT8: TensorProto.INT8,
    DType.UINT8: TensorProto.UINT8,
}


def onnx_model(quantised: QuantisedNetwork, name: str = "network") -> onnx.ModelProto:
    """The QDQ model, int8 throughout; opset 17."""
    return _Writer(quantised).model(name)


def random_weights(network: Network, seed: int = 0, dtype: DType = DType.INT8) -> QuantisedNetwork:
    """Weights drawn at random with scales that keep values in range, for planning before training."""
    rng = np.random.default_rng(seed)
    values = {name: Quant.tensor(8 * rng.uniform(0.9, 1.1) / 255, 3) for name in stored_values(network)}
    values[INPUT] = Quant.tensor(1 / 64, 0)
    for layer in network.layers:
        if getattr(layer, "activation", Activation.NONE) is not Activation.NONE:
            values[layer.name] = Quant.tensor(6 * rng.uniform(0.9, 1.1) / 255, -128)
        elif isinstance(layer, Pool) and layer.method is PoolKind.MAX:
            values[layer.name] = values[layer.inputs[0]]
    weights = {}
    for layer in network.layers:
        if layer.name in network.weighted:
            shape = network.weighted[layer.name]
            drawn = np.clip(np.rint(rng.normal(0, 40, shape)), -127, 127).astype(np.int8)
            scale = np.full(shape[0], math.sqrt(2 / math.prod(shape[1:])) / 40, np.float32)
            bias = np.rint(rng.normal(0, 0.3, shape[0]) / (values[layer.inputs[0]].scale0 * scale))
            weights[layer.name] = Weights(drawn, scale, bias.astype(np.int32))
    return QuantisedNetwork(network, weights, values, dtype)


class _Writer:
    """Collects nodes; every value `x` is an int8 tensor `x` and its reals `x:real`."""

    def __init__(self, quantised: QuantisedNetwork) -> None:
        self.quantised = quantised
        self.network = quantised.network
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def model(self, name: str) -> onnx.ModelProto:
        channels, height, width = self.network.input
        element = _ELEMENTS[self.quantised.input_dtype]
        sample = helper.make_tensor_value_info(INPUT, element, [1, height, width, channels])
        self._entry()
        for layer in self.network.layers:
            self._layer(layer)
        last = self.network.output
        count = math.prod(self.network.shapes[last])
        self._node("Flatten", [f"{last}:real"], OUTPUT)
        scores = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, count])
        graph = helper.make_graph(self.nodes, name, [sample], [scores], list(self.constants.values()))
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(
            graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="tinycompile"
        )

    def _node(self, op: str, inputs: list[str], result: str, name: str = "", **attributes: Any) -> str:
        """Reports name a step by its node: the operator that does the work has the name of its layer."""
        self.nodes.append(helper.make_node(op, inputs, [result], name=name or result, **attributes))
        return result

    def _constant(self, name: str, data: npt.NDArray[Any]) -> str:
        self.constants[name] = numpy_helper.from_array(np.asarray(data), name)
        return name

    def _factors(self, name: str, quant: Quant, dtype: DType = DType.INT8) -> list[str]:
        zero = quant.zero0 + (128 if dtype is DType.UINT8 else 0)
        return [
            self._constant(f"{name}:scale", np.array(quant.scale0, np.float32)),
            self._constant(f"{name}:zero", np.array(zero, dtype.numpy)),
        ]

    def _store(self, real: str, name: str) -> str:
        """Quantise a real value as `name`; its reals after rounding."""
        factors = self._factors(name, self.quantised.values[name])
        self._node("QuantizeLinear", [real, *factors], name, f"{name}:stored")
        return self._node("DequantizeLinear", [name, *factors], f"{name}:real")

    def _entry(self) -> None:
        """The sample with channels first, as reals. Integers are moved as integers."""
        dtype, quant = self.quantised.input_dtype, self.quantised.values[INPUT]
        factors = self._factors(INPUT, quant, DType.INT8 if dtype is DType.FLOAT32 else dtype)
        stored = INPUT
        if dtype is DType.FLOAT32:
            stored = self._node("QuantizeLinear", [INPUT, *factors], f"{INPUT}:stored")
        first = self._node("Transpose", [stored], f"{INPUT}:planes", perm=[0, 3, 1, 2])
        self._node("DequantizeLinear", [first, *factors], f"{INPUT}:real")

    def _layer(self, layer: Layer) -> None:
        x = [f"{name}:real" for name in layer.inputs]
        linear = f"{layer.name}:linear"
        match layer:
            case Conv():
                self._conv(layer, x[0], f"{layer.name}:sum")
                self._activated(layer, layer.activation, f"{layer.name}:sum")
            case Dense():
                self._dense(layer, x[0], f"{layer.name}:sum")
                self._activated(layer, layer.activation, f"{layer.name}:sum")
            case Add():
                self._node("Add", x, f"{layer.name}:sum", layer.name)
                self._activated(layer, layer.activation, f"{layer.name}:sum")
            case Pool():
                op = "MaxPool" if layer.method is PoolKind.MAX else "AveragePool"
                self._node(
                    op, x, linear, layer.name, kernel_shape=list(layer.kernel), strides=list(layer.stride)
                )
                self._store(linear, layer.name)
            case _:
                op = {"multiply": "Mul", "global_pool": "GlobalAveragePool"}[layer.kind]
                self._store(self._node(op, x, linear, layer.name), layer.name)

    def _activated(self, layer: Layer, activation: Activation, real: str) -> None:
        name = layer.name
        match activation:
            case Activation.RELU:
                real = self._node("Relu", [real], f"{name}:relu")
            case Activation.RELU6:
                bounds = [
                    self._constant(":zero", np.array(0, np.float32)),
                    self._constant(":six", np.array(6, np.float32)),
                ]
                real = self._node("Clip", [real, *bounds], f"{name}:relu6")
            case Activation.HARD_SIGMOID:
                (before,) = stored_before(layer)
                stored = self._store(real, before)
                real = self._node("HardSigmoid", [stored], f"{name}:gate", alpha=1 / 6, beta=0.5)
            case Activation.NONE:
                pass
        self._store(real, name)

    def _weights(self, layer: Layer) -> list[str]:
        """Names of the dequantised weights and bias of a layer."""
        name, found = layer.name, self.quantised.weights[layer.name]
        scale = self._constant(f"{name}:w:scale", found.scale.astype(np.float32))
        zeros = self._constant(f"{name}:w:zero", np.zeros(len(found.scale), np.int8))
        stored = self._constant(f"{name}:w", found.values)
        bias_scale = self.quantised.values[layer.inputs[0]].scale0 * found.scale.astype(np.float64)
        bias = [
            self._constant(f"{name}:b", found.bias.astype(np.int32)),
            self._constant(f"{name}:b:scale", bias_scale.astype(np.float32)),
        ]
        return [
            self._node("DequantizeLinear", [stored, scale, zeros], f"{name}:w:real", axis=0),
            self._node("DequantizeLinear", bias, f"{name}:b:real", axis=0),
        ]

    def _conv(self, layer: Conv, x: str, result: str) -> None:
        self._node(
            "Conv", [x, *self._weights(layer)], result, layer.name, kernel_shape=list(layer.kernel),
            strides=list(layer.stride), pads=list(layer.pads), group=layer.groups,
        )  # fmt: skip

    def _dense(self, layer: Dense, x: str, result: str) -> None:
        shapes: Mapping[str, tuple[int, ...]] = self.network.shapes
        if math.prod(shapes[layer.inputs[0]][1:]) > 1:
            x = self._node("Transpose", [x], f"{layer.name}:places", perm=[0, 2, 3, 1])
        flat = self._node("Flatten", [x], f"{layer.name}:flat")
        gemm = self._node("Gemm", [flat, *self._weights(layer)], f"{layer.name}:gemm", layer.name, transB=1)
        shape = self._constant(f"{layer.name}:shape", np.array([1, layer.units, 1, 1], np.int64))
        self._node("Reshape", [gemm, shape], result)
