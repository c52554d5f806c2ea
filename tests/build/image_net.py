"""A small network whose image comes in parts, and how the tests of rows and patches run it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.codegen.compilers import host, write
from tinycompile.build import BuildInput, find_arm_gcc, find_host_cc, find_zig
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.data import to_port
from tinycompile.execution import build_input

Array = npt.NDArray[Any]
SHAPE = (1, 3, 20, 17)
#: NET_STOPPED
STOPPED = 5
needs_arm = pytest.mark.skipif(find_zig() is None and find_arm_gcc() is None, reason="no compiler for Arm")
needs_host = pytest.mark.skipif(find_host_cc() is None, reason="no gcc or clang for this machine")


class _Net:
    def __init__(self) -> None:
        self.rng = np.random.default_rng(3)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def conv(self, x: str, cout: int, cin: int, kernel: int, **attributes: Any) -> str:
        data = self.rng.normal(0, 1.5 / kernel / cin**0.5, (cout, cin, kernel, kernel)).astype(np.float32)
        name = f"w{len(self.nodes)}"
        self.weights.append(numpy_helper.from_array(data, name))
        return self.op("Conv", x, name, **attributes)


def residual() -> onnx.ModelProto:
    """A stem, an inverted residual, and a convolution whose stride leaves the image's last row unread."""
    net = _Net()
    x = net.op("Relu", net.conv("image", 6, 3, 3, strides=[2, 2], pads=[0, 1, 0, 0]))
    y = net.op("Relu", net.conv(x, 18, 6, 1))
    y = net.op("Relu", net.conv(y, 18, 1, 3, group=18, pads=[1] * 4))
    x = net.op("Add", net.conv(y, 6, 18, 1), x)
    net.conv(x, 4, 6, 2, strides=[2, 2])
    graph = helper.make_graph(
        net.nodes,
        "net",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, SHAPE)],
        [helper.make_empty_tensor_value_info(net.nodes[-1].output[0])],
        net.weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def compile_kind(kind: str, options: Options) -> Compilation:
    """The residual network in float32, or quantised to int8."""
    calibration = None
    if kind == "int8":
        calibration = {"image": np.random.default_rng(1).normal(size=(4, *SHAPE)).astype(np.float32)}
    return compile(residual(), "mps2-an386", calibration=calibration, options=options)


def raw_samples(compilation: Compilation, samples: dict[str, Array]) -> list[list[bytes]]:
    """Samples as the harnesses take them."""
    (port,) = compilation.program.inputs
    return [[image.tobytes()] for image in to_port(samples["image"], port)]


def tree(compilation: Compilation, folder: Path) -> BuildInput:
    """The compilation, saved, as the build layer takes it."""
    directory = compilation.save(folder / "net")
    return build_input(directory, compilation.program, compilation.tree.c_files, "balanced")


def run_program(compilation: Compilation, main: str, folder: Path) -> None:
    """Build `main` with the compilation's C; it must end with 0."""
    write(compilation.tree, folder)
    (folder / "main.c").write_text(main, encoding="utf-8")
    host("main.c", *compilation.tree.c_files, "-o", "main", folder=folder)
    subprocess.run([folder / "main"], check=True, timeout=60)
