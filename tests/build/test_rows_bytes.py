"""Images of bytes that come row by row: converted behind the edge, whatever their layout in the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tinycompile.artifact import load
from tinycompile.build import find_host_cc
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.execution import execute
from tinycompile.plan.rules import Edge
from tinycompile.samples import random_samples
from tinycompile.sim.reference import evaluate

ELEMENTS = {"uint8": (TensorProto.UINT8, np.uint8(128)), "int8": (TensorProto.INT8, np.int8(0))}
HEIGHT, WIDTH = 12, 10


def two_convolutions(dtype: str, last: bool, channels: int) -> onnx.ModelProto:
    """Bytes to bytes through two convolutions; with channels last, between transposes."""
    element, zero = ELEMENTS[dtype]
    rng, nodes, constants = np.random.default_rng(5), list[onnx.NodeProto](), list[onnx.TensorProto]()

    def constant(name: str, data: object) -> None:
        constants.append(numpy_helper.from_array(np.asarray(data), name))

    def node(kind: str, inputs: list[str], result: str, **attributes: object) -> str:
        nodes.append(helper.make_node(kind, inputs, [result], **attributes))
        return result

    for name, value in (("s", np.float32(1 / 64)), ("z", zero), ("ws", np.float32(0.01)), ("wz", np.int8(0))):
        constant(name, value)
    x = node("Transpose", ["image"], "planes", perm=[0, 3, 1, 2]) if last else "image"
    inputs = channels
    for index, outputs in enumerate((4, channels)):
        constant(f"q{index}", rng.integers(-100, 101, (outputs, inputs, 3, 3)).astype(np.int8))
        real = node("DequantizeLinear", [x, "s", "z"], f"real{index}")
        weights = node("DequantizeLinear", [f"q{index}", "ws", "wz"], f"w{index}")
        sums = node("Conv", [real, weights], f"sum{index}", pads=[1] * 4)
        x, inputs = node("QuantizeLinear", [sums, "s", "z"], f"stored{index}"), outputs
    if last:
        x = node("Transpose", [x], "result", perm=[0, 2, 3, 1])
    shape = [1, HEIGHT, WIDTH, channels] if last else [1, channels, HEIGHT, WIDTH]
    ports = (helper.make_tensor_value_info(name, element, shape) for name in ("image", x))
    graph = helper.make_graph(nodes, "net", [next(ports)], [next(ports)], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def compiled(dtype: str, last: bool, channels: int, given: Edge, taken: Edge) -> Compilation:
    options = Options(name="net", input=given, output=taken)
    return compile(two_convolutions(dtype, last, channels), "nucleo-f446re", options=options)


@pytest.mark.skipif(find_host_cc() is None, reason="no gcc or clang for this machine")
@pytest.mark.parametrize("taken", [Edge.RAM, Edge.ROWS])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("last", [True, False], ids=["nhwc", "nchw"])
@pytest.mark.parametrize("dtype", ELEMENTS)
def test_rows_of_bytes(dtype: str, last: bool, channels: int, taken: Edge, tmp_path: Path) -> None:
    by_rows = compiled(dtype, last, channels, Edge.ROWS, taken)
    whole = compiled(dtype, last, channels, Edge.RAM, Edge.RAM)
    assert by_rows.program.inputs[0].rows and by_rows.program.outputs[0].rows == (taken is Edge.ROWS)
    samples = random_samples(whole.program.inputs, 3)
    _, outputs = execute(load(by_rows.save(tmp_path / "net")), "host", samples)
    (found,) = outputs.values()
    for index, image in enumerate(samples["image"]):
        (want,) = evaluate(whole.graph, {"image": image}).values()
        assert found[index].tobytes() == want.tobytes()
