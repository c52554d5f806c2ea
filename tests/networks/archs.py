"""Mobile networks from layer lists, as int8 QDQ models with random weights.

A layer list says what matters to a memory planner: shapes, kernels, strides, residuals. Scales are chosen so
that activations neither vanish nor saturate everywhere, which keeps comparisons of results meaningful.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


@dataclass(frozen=True)
class Block:
    """An inverted residual: 1x1 to `mid` channels (unless equal to `cin`), depthwise, 1x1 to `cout`."""

    cin: int
    mid: int
    cout: int
    kernel: int
    stride: int

    @property
    def residual(self) -> bool:
        """True when the input is added to the result."""
        return self.stride == 1 and self.cin == self.cout


@dataclass(frozen=True)
class Arch:
    """A stem convolution (3x3, stride 2), inverted residuals, an optional 1x1, pooling and a classifier."""

    name: str
    size: int
    stem: int
    blocks: tuple[Block, ...]
    mix: int | None
    classes: int = 1000


def read_arch(path: Path, name: str) -> Arch:
    """An architecture from a JSON layer list."""
    data: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    blocks = tuple(Block(b["cin"], b["mid"], b["cout"], b["kernel"], b["stride"]) for b in data["blocks"])
    mix = data["feature_mix"]["cout"] if data["feature_mix"] else None
    return Arch(name, data["resolution"], data["first_conv"]["cout"], blocks, mix, data["classifier"]["cout"])


def mobilenet_v2(width: float, size: int, classes: int = 1000) -> Arch:
    """MobileNetV2 (Sandler et al., 2018) at a width multiplier; channels in multiples of 8."""
    stem, blocks = _eights(32 * width), []
    cin = stem
    for expand, channels, count, stride in (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
        (6, 320, 1, 1),
    ):  # fmt: skip
        for index in range(count):
            cout = _eights(channels * width)
            blocks.append(Block(cin, cin * expand, cout, 3, stride if index == 0 else 1))
            cin = cout
    mix = _eights(1280 * max(1.0, width))
    return Arch(f"mbv2_w{int(width * 100)}_r{size}", size, stem, tuple(blocks), mix, classes)


def _eights(channels: float) -> int:
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


@dataclass(frozen=True)
class _Tensor:
    """An integer tensor of the model that is being built, and how it is quantised."""

    name: str
    channels: int
    scale: float
    zero: int


class _Builder:
    """Writes QuantizeLinear, operator, DequantizeLinear triples as converters from TensorFlow do."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rng = np.random.default_rng(list(name.encode()))
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def const(self, name: str, data: np.ndarray) -> str:
        self.constants[name] = numpy_helper.from_array(data, name)
        return name

    def node(self, op: str, inputs: list[str], hint: str, **attributes: Any) -> str:
        result = f"{hint}_{op.lower()}"
        self.nodes.append(helper.make_node(op, inputs, [result], name=result, **attributes))
        return result

    def real(self, x: _Tensor) -> str:
        """The dequantised values of a tensor."""
        name = f"{x.name}_real"
        if not any(name in n.output for n in self.nodes):
            scale = self.const(f"{x.name}_s", np.float32(x.scale))
            zero = self.const(f"{x.name}_z", np.int8(x.zero))
            self.nodes.append(helper.make_node("DequantizeLinear", [x.name, scale, zero], [name], name=name))
        return name

    def quantise(self, real: str, name: str, channels: int, scale: float, zero: int) -> _Tensor:
        factors = [self.const(f"{name}_s", np.float32(scale)), self.const(f"{name}_z", np.int8(zero))]
        self.nodes.append(helper.make_node("QuantizeLinear", [real, *factors], [name], name=name))
        return _Tensor(name, channels, scale, zero)

    def weights(self, shape: tuple[int, ...], name: str) -> str:
        """Dequantised int8 weights of variance 2 / fan-in, one scale per output channel."""
        fan_in = int(np.prod(shape[1:]))
        data = np.clip(np.rint(self.rng.normal(0, 40, shape)), -127, 127).astype(np.int8)
        spread = (2 / fan_in) ** 0.5 / 40
        scales = (spread * self.rng.uniform(0.8, 1.2, shape[0])).astype(np.float32)
        operands = [self.const(f"{name}_w", data), self.const(f"{name}_ws", scales)]
        operands.append(self.const(f"{name}_wz", np.zeros(shape[0], np.int8)))
        return self.node("DequantizeLinear", operands, f"{name}_w", axis=0)

    def conv(
        self,
        x: _Tensor,
        name: str,
        channels: int,
        kernel: int,
        stride: int = 1,
        *,
        groups: int = 1,
        act: bool = True,
    ) -> _Tensor:
        """A convolution padded to half its kernel, clamped to [0, 6] with `act`."""
        w = self.weights((channels, x.channels // groups, kernel, kernel), name)
        bias = self.const(f"{name}_b", self.rng.normal(0.2, 0.3, channels).astype(np.float32))
        y = self.node(
            "Conv", [self.real(x), w, bias], name,
            kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4, group=groups,
        )  # fmt: skip
        if act:
            low, high = self.const("zero", np.float32(0)), self.const("six", np.float32(6))
            y = self.node("Clip", [y, low, high], name)
            return self.quantise(y, f"{name}_q", channels, 6 / 255, -128)
        return self.quantise(y, f"{name}_q", channels, 8 / 255, 3)

    def block(self, x: _Tensor, b: Block, name: str) -> _Tensor:
        y = x if b.mid == b.cin else self.conv(x, f"{name}_expand", b.mid, 1)
        y = self.conv(y, f"{name}_dw", b.mid, b.kernel, b.stride, groups=b.mid)
        y = self.conv(y, f"{name}_project", b.cout, 1, act=False)
        if not b.residual:
            return y
        total = self.node("Add", [self.real(x), self.real(y)], name)
        return self.quantise(total, f"{name}_q", b.cout, 10 / 255, -2)

    def classifier(self, x: _Tensor, classes: int) -> _Tensor:
        mean = self.quantise(
            self.node("GlobalAveragePool", [self.real(x)], "pool"), "pool_q", x.channels, x.scale, x.zero
        )
        flat = self.node("Flatten", [self.real(mean)], "flat")
        w = self.weights((classes, x.channels), "classes")
        bias = self.const("classes_b", self.rng.normal(0, 0.3, classes).astype(np.float32))
        y = self.node("Gemm", [flat, w, bias], "classes", transB=1)
        return self.quantise(y, "classes_q", classes, 16 / 255, 0)


def arch_model(arch: Arch) -> onnx.ModelProto:
    """The network as QDQ ONNX: int8 image [1, H, W, 3] in, int8 scores out."""
    b = _Builder(arch.name)
    image = helper.make_tensor_value_info("image", TensorProto.INT8, [1, arch.size, arch.size, 3])
    real = b.real(_Tensor("image", 3, 1 / 127, 0))
    nchw = b.node("Transpose", [real], "image", perm=[0, 3, 1, 2])
    x = b.quantise(nchw, "image_nchw", 3, 1 / 127, 0)
    x = b.conv(x, "stem", arch.stem, 3, 2)
    for index, block in enumerate(arch.blocks):
        x = b.block(x, block, f"b{index}")
    if arch.mix is not None:
        x = b.conv(x, "mix", arch.mix, 1)
    y = b.classifier(x, arch.classes)
    scores = helper.make_tensor_value_info(y.name, TensorProto.INT8, [1, arch.classes])
    graph = helper.make_graph(b.nodes, arch.name, [image], [scores], list(b.constants.values()))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
