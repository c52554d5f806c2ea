"""A small builder of ONNX networks with random weights, laid out as exporters do it (NCHW)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = npt.NDArray[Any]
Pads = int | tuple[int, int, int, int] | tuple[int, int] | str


class Net:
    """Collects nodes; methods take and give value names. Channel counts (dimension 1) are tracked.

    Weights have the variance that keeps activations of the same size through layers.
    """

    def __init__(self, name: str, opset: int = 17) -> None:
        self.name = name
        self.opset = opset
        self.rng = np.random.default_rng(list(name.encode()))
        self.inputs: list[onnx.ValueInfoProto] = []
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.channels: dict[str, int] = {}

    def input(self, *shape: int | str, name: str = "x") -> str:
        """A float32 input; a string is a free dimension."""
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))
        if len(shape) > 1 and isinstance(shape[1], int):
            self.channels[name] = shape[1]
        return name

    def const(self, data: Any, dtype: str = "float32") -> str:
        """An initialiser."""
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.array(data, dtype), name))
        return name

    def ints(self, *values: int) -> str:
        """An int64 vector."""
        return self.const(values, "int64")

    def op(self, op_type: str, *inputs: str, channels: int | None = None, **attributes: Any) -> str:
        """A node with one result; `channels` of the result are those of the first operand unless given."""
        return self.ops(op_type, 1, *inputs, channels=channels, **attributes)[0]

    def ops(
        self, op_type: str, results: int, *inputs: str, channels: int | None = None, **attributes: Any
    ) -> list[str]:
        """A node with several results."""
        number = len(self.nodes)
        names = [f"t{number}" if results == 1 else f"t{number}_{i}" for i in range(results)]
        self.nodes.append(helper.make_node(op_type, inputs, names, name=f"{op_type}_{number}", **attributes))
        known = channels if channels is not None else self.channels.get(inputs[0] if inputs else "")
        if known is not None:
            self.channels.update(dict.fromkeys(names, known))
        return names

    def weights(self, *shape: int, fan_in: int) -> str:
        """Normally distributed weights of variance 2 / fan_in."""
        return self.const(self.rng.normal(0, (2 / fan_in) ** 0.5, shape))

    def conv(
        self,
        x: str,
        channels: int,
        kernel: int | tuple[int, ...] = 3,
        *,
        stride: int | tuple[int, ...] = 1,
        pads: Sequence[int] | str | None = None,
        groups: int = 1,
        dilation: int = 1,
        bias: bool = True,
    ) -> str:
        """A convolution; without `pads`, half the kernel on every side. An int kernel is square (2-D)."""
        kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
        strides = [stride] * len(kernel) if isinstance(stride, int) else list(stride)
        per_group = self.channels[x] // groups
        operands = [x, self.weights(channels, per_group, *kernel, fan_in=per_group * int(np.prod(kernel)))]
        if bias:
            operands.append(self.const(self.rng.normal(0, 0.1, channels)))
        extra: dict[str, Any] = {}
        if isinstance(pads, str):
            extra["auto_pad"] = pads
        else:
            half = [dilation * (k - 1) // 2 for k in kernel]
            extra["pads"] = list(pads) if pads is not None else half + half
        return self.op(
            "Conv",
            *operands,
            channels=channels,
            kernel_shape=list(kernel),
            strides=strides,
            group=groups,
            dilations=[dilation] * len(kernel),
            **extra,
        )

    def batch_norm(self, x: str) -> str:
        """Batch normalisation with plausible statistics."""
        count, rng = self.channels[x], self.rng
        parts = (
            rng.uniform(0.5, 1.5, count),
            rng.normal(0, 0.2, count),
            rng.normal(0, 0.2, count),
            rng.uniform(0.5, 1.5, count),
        )
        return self.op("BatchNormalization", x, *(self.const(p) for p in parts))

    def relu(self, x: str) -> str:
        return self.op("Relu", x)

    def clip(self, x: str, low: float, high: float) -> str:
        """Clip, with its bounds as attributes where the operator set wants that."""
        if self.opset < 11:
            return self.op("Clip", x, min=low, max=high)
        return self.op("Clip", x, self.const(low), self.const(high))

    def add(self, a: str, b: str) -> str:
        return self.op("Add", a, b)

    def mul(self, a: str, b: str) -> str:
        return self.op("Mul", a, b)

    def concat(self, *parts: str, axis: int = 1) -> str:
        """Joined parts; channel counts add up along axis 1."""
        total = sum(self.channels.get(p, 0) for p in parts) if axis == 1 else None
        return self.op("Concat", *parts, axis=axis, channels=total)

    def split(self, x: str, parts: int, axis: int = 1) -> list[str]:
        """Equal parts."""
        each = self.channels[x] // parts if axis == 1 else None
        if self.opset < 13:
            assert each is not None
            return self.ops("Split", parts, x, axis=axis, split=[each] * parts, channels=each)
        if self.opset >= 18:
            return self.ops("Split", parts, x, axis=axis, num_outputs=parts, channels=each)
        return self.ops("Split", parts, x, axis=axis, channels=each)

    def reshape(self, x: str, *shape: int) -> str:
        known = {"channels": shape[1]} if len(shape) > 1 and shape[1] > 0 else {}
        return self.op("Reshape", x, self.ints(*shape), **known)

    def transpose(self, x: str, *perm: int) -> str:
        return self.op("Transpose", x, perm=list(perm))

    def mean(self, x: str, *axes: int, keepdims: bool = True) -> str:
        """ReduceMean, whose axes became an input with opset 18."""
        if self.opset >= 18:
            return self.op("ReduceMean", x, self.ints(*axes), keepdims=int(keepdims))
        return self.op("ReduceMean", x, axes=list(axes), keepdims=int(keepdims))

    def gemm(self, x: str, columns: int, *, trans_b: bool = True) -> str:
        rows = self.channels[x]
        shape = (columns, rows) if trans_b else (rows, columns)
        bias = self.const(self.rng.normal(0, 0.1, columns))
        return self.op(
            "Gemm", x, self.weights(*shape, fan_in=rows), bias, transB=int(trans_b), channels=columns
        )

    def linear(self, x: str, rows: int, columns: int) -> str:
        """MatMul and Add on the last dimension, as transformers are exported."""
        y = self.op("MatMul", x, self.weights(rows, columns, fan_in=2 * rows))
        return self.op("Add", self.const(self.rng.normal(0, 0.1, columns)), y, channels=self.channels.get(x))

    def classifier(self, x: str, classes: int = 10) -> str:
        """Global average pooling, flatten, fully connected."""
        return self.gemm(self.op("Flatten", self.op("GlobalAveragePool", x), axis=1), classes)

    def model(self, *outputs: str, check: bool = True) -> onnx.ModelProto:
        """The model with these outputs; without `check`, it may break the rules of ONNX."""
        infos = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in outputs]
        graph = helper.make_graph(self.nodes, self.name, self.inputs, infos, self.initializers)
        opsets = [helper.make_opsetid("", self.opset)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8 if self.opset < 21 else 10)
        if not check:
            return model
        return onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
