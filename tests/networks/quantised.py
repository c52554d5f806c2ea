"""Quantised forms of the networks, made by onnxruntime, and onnxruntime as reference."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from tinycompile.ir import DType, Graph

Array = npt.NDArray[Any]
onnxruntime.set_default_logger_severity(3)
logging.getLogger().setLevel(logging.ERROR)


@dataclass(frozen=True)
class Scheme:
    """How onnxruntime quantises: activation type, weights per channel or not, further options."""

    name: str
    activations: QuantType = QuantType.QInt8
    per_channel: bool = True
    reduce_range: bool = False
    form: QuantFormat = QuantFormat.QDQ
    preprocess: bool = True
    extra: tuple[tuple[str, Any], ...] = ()


#: uint8 operators need the reduced range: without it, onnxruntime saturates sums on some x86 processors.
SCHEMES = {
    s.name: s
    for s in (
        Scheme("int8_channels"),
        Scheme("int8_tensor", per_channel=False),
        Scheme("uint8_channels", QuantType.QUInt8),
        Scheme("uint8_tensor_reduced", QuantType.QUInt8, per_channel=False, reduce_range=True),
        Scheme("int8_symmetric", extra=(("ActivationSymmetric", True),)),
        Scheme("uint8_everywhere", QuantType.QUInt8, extra=(("ForceQuantizeNoInputCheck", True),)),
        Scheme("int8_float_weights", extra=(("AddQDQPairToWeight", True), ("QuantizeBias", False))),
        Scheme("int8_dedicated_pairs", extra=(("DedicatedQDQPair", True),), preprocess=False),
        Scheme("operators_uint8", QuantType.QUInt8, reduce_range=True, form=QuantFormat.QOperator),
        Scheme("operators_int8", per_channel=False, form=QuantFormat.QOperator),
    )
}


class _Samples(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, samples: list[dict[str, Array]]) -> None:
        self._rows = iter(samples)

    def get_next(self) -> dict[str, Array] | None:
        return next(self._rows, None)


def shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """Input shapes with free dimensions set to 1."""
    return {i.name: tuple(d.dim_value or 1 for d in i.type.tensor_type.shape.dim) for i in model.graph.input}


def random_samples(model: onnx.ModelProto, count: int, seed: int = 1) -> list[dict[str, Array]]:
    """Feeds in [-1, 1)."""
    rng = np.random.default_rng(seed)
    names = shapes(model).items()
    return [{n: rng.uniform(-1, 1, s).astype(np.float32) for n, s in names} for _ in range(count)]


def quantised(model: onnx.ModelProto, scheme: Scheme, count: int = 6) -> onnx.ModelProto:
    """The model quantised statically by onnxruntime."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        onnx.save(model, folder / "float.onnx")
        source = folder / "float.onnx"
        if scheme.preprocess:
            quant_pre_process(str(source), str(folder / "prepared.onnx"), skip_symbolic_shape=True)
            source = folder / "prepared.onnx"
        quantize_static(
            str(source),
            str(folder / "int8.onnx"),
            _Samples(random_samples(model, count)),
            quant_format=scheme.form,
            per_channel=scheme.per_channel,
            reduce_range=scheme.reduce_range,
            activation_type=scheme.activations,
            weight_type=QuantType.QInt8,
            extra_options=dict(scheme.extra),
        )
        return onnx.load(folder / "int8.onnx")


def run_onnxruntime(model: onnx.ModelProto, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """Outputs by name, with graph optimisations off."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, dict(feeds)), strict=True))


@dataclass(frozen=True, eq=False)
class Pieces:
    """A QDQ model cut at every QuantizeLinear of an activation.

    Attributes:
        model: what stands between the cuts, side by side; integers are inputs and outputs.
        feeds: onnxruntime's own integers for all inputs.
        expected: onnxruntime's integers for all outputs.
        operators: output -> the type of the operator that computes it.
    """

    model: onnx.ModelProto
    feeds: dict[str, Array]
    expected: dict[str, Array]
    operators: dict[str, str]


def pieces(model: onnx.ModelProto, feeds: Mapping[str, Array]) -> Pieces:
    """Cut a QDQ model, so that differences of one operator do not reach the next."""
    constants = {i.name: i.data_type for i in model.graph.initializer}
    makers = {o: n for n in model.graph.node for o in n.output}
    cuts = [n for n in model.graph.node if n.op_type == "QuantizeLinear" and n.input[0] not in constants]
    dtypes = {n.output[0]: constants[n.input[2]] for n in cuts}
    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    del whole.graph.output[:]
    whole.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in dtypes)
    values = run_onnxruntime(whole, feeds)
    apart = onnx.ModelProto()
    apart.CopyFrom(whole)
    for node in apart.graph.node:
        for index, name in enumerate(node.input):
            if name in dtypes:
                node.input[index] = f"{name}.fed"
    read = {name for node in apart.graph.node for name in node.input}
    fed = [name for name in dtypes if f"{name}.fed" in read]
    apart.graph.input.extend(
        helper.make_tensor_value_info(f"{name}.fed", dtypes[name], values[name].shape) for name in fed
    )
    operators = {n.output[0]: makers[n.input[0]].op_type if n.input[0] in makers else "input" for n in cuts}
    return Pieces(apart, {**feeds, **{f"{n}.fed": values[n] for n in fed}}, values, operators)


def float_operators(graph: Graph) -> set[str]:
    """The operators of a graph that read or give floats, but for conversions and views."""
    types = {n: (*graph.in_types(n), *graph.out_types(n)) for n in graph.nodes}
    found = {n.op.name for n, both in types.items() if any(t.dtype is DType.FLOAT32 for t in both)}
    return found - {"Quantize", "Dequantize", "Reshape"}
