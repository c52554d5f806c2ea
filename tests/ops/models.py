"""ONNX models of operator cases: each alone, or a whole family side by side in one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.ops.case import OpCase, TensorSpec

Array = npt.NDArray[Any]


@dataclass
class ModelParts:
    """What several cases add to one model."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: list[onnx.TensorProto] = field(default_factory=list)
    inputs: list[onnx.ValueInfoProto] = field(default_factory=list)
    outputs: list[onnx.ValueInfoProto] = field(default_factory=list)
    feeds: dict[str, Array] = field(default_factory=dict)

    def const(self, name: str, array: Array) -> str:
        self.initializers.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def model(self, opset: int) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "cases", self.inputs, self.outputs, self.initializers)
        domains = sorted({node.domain for node in self.nodes if node.domain})
        versions = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
        return helper.make_model(graph, opset_imports=versions, ir_version=8)


def float_model(case: OpCase, seed: int = 0) -> tuple[onnx.ModelProto, dict[str, Array]]:
    """The case alone as it stands, with feeds."""
    parts = ModelParts()
    add_float(parts, case, seed)
    return parts.model(case.opset), parts.feeds


def add_float(parts: ModelParts, case: OpCase, seed: int = 0) -> list[str]:
    """Add the case to `parts`; returns the names of its outputs."""
    names: list[str] = []
    for index, (spec, data) in enumerate(zip(case.inputs, case.feeds(seed), strict=True)):
        name = f"{case.name}_x{index}"
        if spec is None:
            names.append("")
        elif isinstance(spec, TensorSpec):
            assert data is not None
            dtype = helper.np_dtype_to_tensor_dtype(np.dtype(spec.dtype))
            parts.inputs.append(helper.make_tensor_value_info(name, dtype, spec.shape))
            parts.feeds[name] = data
            names.append(name)
        else:
            names.append(parts.const(name, np.asarray(spec)))
    outs = [f"{case.name}_y{i}" for i in range(case.outputs)]
    parts.nodes.append(_node(case, names, outs))
    parts.outputs.extend(helper.make_empty_tensor_value_info(o) for o in outs)
    return outs


def _node(case: OpCase, names: Sequence[str], outs: Sequence[str]) -> onnx.NodeProto:
    return helper.make_node(case.op_type, names, outs, name=case.name, domain=case.domain, **case.attributes)


def qdq_model(
    case: OpCase, float_outputs: Sequence[Array], seed: int = 0
) -> tuple[onnx.ModelProto, dict[str, Array]]:
    """The case alone with int8 inputs and outputs, with feeds; ranges come from the float run."""
    parts = ModelParts()
    add_qdq(parts, case, float_outputs, seed)
    return parts.model(max(case.opset, 13)), parts.feeds


def add_qdq(parts: ModelParts, case: OpCase, float_outputs: Sequence[Array], seed: int = 0) -> list[str]:
    """Add the case between DequantizeLinear and QuantizeLinear; returns the names of its int8 outputs."""
    names: list[str] = []
    scales: list[float] = []
    weight_scale: Array = np.float32(1.0)
    for index, (spec, data) in enumerate(zip(case.inputs, case.feeds(seed), strict=True)):
        name = f"{case.name}_q{index}"
        if spec is None:
            names.append("")
            continue
        array = data if isinstance(spec, TensorSpec) else np.asarray(spec)
        assert array is not None
        if array.dtype != np.float32 or index in case.plain:
            names.append(_plain(parts, name, spec, array))
            continue
        if index in case.bias:
            scale = np.asarray(scales[0] * weight_scale, np.float32)
            quantised = np.rint(array / scale).astype(np.int32)
            zeros = np.zeros(scale.shape, np.int32)
            names.append(_dequantised(parts, name, quantised, scale, zeros, None if scale.ndim == 0 else 0))
        elif isinstance(spec, TensorSpec):
            scale, zero = _asymmetric(np.array([spec.low, spec.high]))
            quantised = np.clip(np.rint(array / scale) + zero, -128, 127).astype(np.int8)
            parts.inputs.append(helper.make_tensor_value_info(name, TensorProto.INT8, spec.shape))
            parts.feeds[name] = quantised
            scales.append(float(scale))
            names.append(_dequantised(parts, name, None, scale, zero, None))
        elif case.weight_axis is not None:
            axes = tuple(i for i in range(array.ndim) if i != case.weight_axis)
            weight_scale = np.maximum(np.abs(array).max(axis=axes), 1e-6).astype(np.float32) / np.float32(127)
            shape = [1] * array.ndim
            shape[case.weight_axis] = -1
            quantised = np.clip(np.rint(array / weight_scale.reshape(shape)), -127, 127).astype(np.int8)
            zeros = np.zeros(weight_scale.shape, np.int8)
            names.append(_dequantised(parts, name, quantised, weight_scale, zeros, case.weight_axis))
        else:
            scale, zero = _asymmetric(array)
            quantised = np.clip(np.rint(array / scale) + zero, -128, 127).astype(np.int8)
            names.append(_dequantised(parts, name, quantised, scale, zero, None))
    outs = [f"{case.name}_f{i}" for i in range(case.outputs)]
    parts.nodes.append(_node(case, names, outs))
    return [
        _quantised(parts, case, i, out, ref)
        for i, (out, ref) in enumerate(zip(outs, float_outputs, strict=True))
    ]


def _plain(parts: ModelParts, name: str, spec: Any, array: Array) -> str:
    if not isinstance(spec, TensorSpec):
        return parts.const(name, array)
    dtype = helper.np_dtype_to_tensor_dtype(array.dtype)
    parts.inputs.append(helper.make_tensor_value_info(name, dtype, spec.shape))
    parts.feeds[name] = array
    return name


def _asymmetric(values: Array) -> tuple[Array, Array]:
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    scale = np.float32(max(high - low, 1e-6) / 255)
    return scale, np.int8(np.clip(np.rint(-128 - low / float(scale)), -128, 127))


def _dequantised(
    parts: ModelParts, name: str, data: Array | None, scale: Array, zero: Array, axis: int | None
) -> str:
    if data is not None:
        parts.const(name, data)
    scale_name = parts.const(f"{name}_scale", np.asarray(scale, np.float32))
    zero_name = parts.const(f"{name}_zero", np.asarray(zero))
    extra = {} if axis is None else {"axis": axis}
    parts.nodes.append(
        helper.make_node(
            "DequantizeLinear", [name, scale_name, zero_name], [f"{name}_dq"], name=f"{name}_dq", **extra
        )
    )
    return f"{name}_dq"


def _quantised(parts: ModelParts, case: OpCase, index: int, value: str, reference: Array) -> str:
    if reference.dtype != np.float32:
        parts.outputs.append(helper.make_empty_tensor_value_info(value))
        return value
    scale, zero = _asymmetric(reference)
    scale_name = parts.const(f"{value}_scale", scale)
    zero_name = parts.const(f"{value}_zero", np.asarray(zero))
    name = f"{case.name}_qy{index}"
    parts.nodes.append(helper.make_node("QuantizeLinear", [value, scale_name, zero_name], [name], name=name))
    parts.outputs.append(helper.make_empty_tensor_value_info(name))
    return name
