"""QuantizeLinear and DequantizeLinear beside float operators: every type, per tensor and per channel.

A Neg stands at the float side, so that the conversions are not taken for the edges of an int8 model.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import helper

from tests.ops.models import ModelParts
from tinycompile.artifact import load
from tinycompile.compiler import Options, compile
from tinycompile.errors import ModelError
from tinycompile.execution import execute
from tinycompile.frontends import load_model
from tinycompile.ir import DType, Quant, TensorType
from tinycompile.ops.quantise import Dequantize, Quantize
from tinycompile.sim.reference import evaluate

Array = npt.NDArray[Any]
_SHAPE = (2, 3, 4)
_SCALES = np.array([0.02, 0.1, 0.05], np.float32)
_ZEROS = np.array([0, 5, 9])
_TYPES = ("int8", "uint8", "int16", "uint16")


def _add(
    parts: ModelParts, name: str, op_type: str, data: Array, scale: Array, zero: Array | None, **extra: int
) -> None:
    """`name`: x -> [Neg ->] op_type [-> Neg]."""
    quantise = op_type == "QuantizeLinear"
    number = helper.np_dtype_to_tensor_dtype(data.dtype)
    parts.inputs.append(helper.make_tensor_value_info(f"{name}_x", number, data.shape))
    parts.feeds[f"{name}_x"] = data
    operands = [f"{name}_negative" if quantise else f"{name}_x", parts.const(f"{name}_scale", scale)]
    if zero is not None:
        operands.append(parts.const(f"{name}_zero", zero))
    result = f"{name}_y" if quantise else f"{name}_real"
    nodes = [helper.make_node(op_type, operands, [result], name=name, **extra)]
    ends = (f"{name}_x", operands[0]) if quantise else (result, f"{name}_y")
    nodes.insert(0 if quantise else 1, helper.make_node("Neg", [ends[0]], [ends[1]], name=f"{name}_neg"))
    parts.nodes.extend(nodes)
    parts.outputs.append(helper.make_empty_tensor_value_info(f"{name}_y"))


@cache
def _model() -> tuple[onnx.ModelProto, dict[str, Array]]:
    parts, rng, scale = ModelParts(), np.random.default_rng(11), np.float32(0.05)
    real = rng.uniform(-6.0, 6.0, _SHAPE).astype(np.float32)
    wild = np.float32([np.nan, np.inf, -np.inf, -0.0, 0.025, 0.075, -0.025, 1e30])
    for dtype in _TYPES:
        stored = rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, _SHAPE, dtype, endpoint=True)
        for op_type, data in (("QuantizeLinear", real), ("DequantizeLinear", stored)):
            name = f"{op_type[0].lower()}_{dtype}"
            _add(parts, name, op_type, data, scale, np.asarray(7, dtype))
            _add(parts, f"{name}_axis", op_type, data, _SCALES, _ZEROS.astype(dtype), axis=1)
    _add(parts, "q_last", "QuantizeLinear", real[..., :3], _SCALES, _ZEROS.astype(np.int8), axis=-1)
    _add(parts, "q_wild", "QuantizeLinear", wild, scale, np.int8(3))
    _add(parts, "q_default", "QuantizeLinear", real, scale, None)
    _add(parts, "q_signed", "QuantizeLinear", real, scale, None, output_dtype=int(onnx.TensorProto.INT8))
    bias = rng.integers(-(2**31), 2**31 - 1, _SHAPE, np.int32, endpoint=True)
    _add(parts, "d_int32", "DequantizeLinear", bias, scale, np.int32(0))
    _add(parts, "d_int32_axis", "DequantizeLinear", bias, _SCALES, None, axis=1)
    return parts.model(21), parts.feeds


def test_results_are_those_of_onnxruntime() -> None:
    model, feeds = _model()
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    data, providers = model.SerializeToString(), ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(data, options, providers=providers)
    # How onnxruntime converts NaN and infinity depends on the machine.
    expected = dict(zip([o.name for o in model.graph.output], session.run(None, feeds), strict=True))
    got = evaluate(load_model(model, name="quantise"), feeds)
    for name, want in expected.items():
        assert got[name].dtype == want.dtype
        finite = np.isfinite(feeds[name.replace("_y", "_x")]) if name.startswith("q_wild") else ...
        np.testing.assert_array_equal(got[name][finite], want[finite], err_msg=name)


@pytest.mark.parametrize("place", ["host", "emulator"])
def test_c_is_bit_exact(place: str, tmp_path: Path) -> None:
    model, feeds = _model()
    compilation = compile(model, "mps2-an386", options=Options(name="quantise"))
    expected = evaluate(compilation.lowered, feeds)
    simulated = compilation.simulate(feeds)
    artifact = load(compilation.save(tmp_path / "quantise"))
    samples = {name: array[None] for name, array in feeds.items()}
    _, outputs = execute(artifact, place, samples, sanitize=place == "host")  # type: ignore[arg-type]
    assert any(isinstance(node.op, Quantize) for node in compilation.graph.nodes)
    assert any(isinstance(node.op, Dequantize) for node in compilation.graph.nodes)
    for name, want in expected.items():
        assert simulated[name].tobytes() == want.tobytes(), name
        assert outputs[name][0].tobytes() == want.tobytes(), name


def test_not_a_number_is_the_zero_point_and_infinity_saturates() -> None:
    x = TensorType((3,), DType.FLOAT32)
    op = Quantize(DType.INT8, Quant.tensor(0.5, -7))
    got = op.evaluate([np.float32([np.nan, np.inf, -np.inf])], (x,), op.infer((x,)))[0]
    assert got.tolist() == [-7, 127, -128]


@pytest.mark.parametrize(
    ("code", "scale", "zero", "extra"),
    [
        ("TC301", np.float32(0.0), np.int8(0), {}),
        ("TC301", np.float32(-1.0), np.int8(0), {}),
        ("TC302", np.ones((2, 3, 2), np.float32), np.zeros((2, 3, 2), np.int8), {"axis": 2, "block_size": 2}),
        ("TC203", np.ones(2, np.float32), np.zeros(2, np.int8), {"axis": 1}),
        ("TC203", _SCALES, np.zeros(2, np.int8), {"axis": 1}),
    ],
)
def test_bad_parameters_are_refused(code: str, scale: Array, zero: Array, extra: dict[str, int]) -> None:
    parts = ModelParts()
    _add(parts, "bad", "QuantizeLinear", np.zeros(_SHAPE, np.float32), scale, zero, **extra)
    with pytest.raises(ModelError) as caught:
        load_model(parts.model(21), name="bad")
    assert caught.value.diagnostics[0].code == code
    assert "bad" in caught.value.diagnostics[0].message
