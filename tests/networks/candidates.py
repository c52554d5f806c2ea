"""Random networks of three kinds, described twice: as a QDQ model and as a geometry.

The kinds are those that searches draw from: inverted residuals (MCUNet), residual networks (ResNet), and
depthwise separable convolutions (DS-CNN).
"""

from __future__ import annotations

import random
from typing import Protocol, TypeVar

import onnx
from onnx import TensorProto, helper

from tests.networks.archs import _Builder, _Tensor
from tinycompile.plan.geometry import Geometry, GeometryBuilder

V = TypeVar("V")

KINDS = ("mcunet", "resnet", "dscnn")


class Net(Protocol[V]):
    """What both descriptions have in common."""

    def input(self, height: int, width: int, channels: int) -> V: ...
    def conv(self, x: V, channels: int, kernel: int = 1, stride: int = 1) -> V: ...
    def depthwise(self, x: V, kernel: int = 3, stride: int = 1) -> V: ...
    def add(self, x: V, y: V, /) -> V: ...
    def mean(self, x: V) -> V: ...
    def dense(self, x: V, features: int) -> V: ...


def describe(net: Net[V], kind: str, seed: int) -> V:
    """Put a random network together; returns its scores."""
    rng = random.Random(f"{kind} {seed}")
    return {"mcunet": _mcunet, "resnet": _resnet, "dscnn": _dscnn}[kind](net, rng)


def _mcunet(net: Net[V], rng: random.Random) -> V:
    size = rng.choice([24, 32, 40, 48, 64])
    cin = rng.choice([8, 16])
    x = net.conv(net.input(size, size, 3), cin, 3, 2)
    for _ in range(rng.randint(2, 5)):
        cout, stride, kernel = cin + 8 * rng.randint(0, 2), rng.choice([1, 2]), rng.choice([3, 5, 7])
        for depth in range(rng.randint(1, 3)):
            step = stride if depth == 0 else 1
            y = net.conv(x, cin * rng.choice([3, 4, 6]))
            y = net.conv(net.depthwise(y, kernel, step), cout)
            x = net.add(x, y) if step == 1 and cin == cout else y
            cin = cout
    return net.dense(net.mean(x), 10)


def _resnet(net: Net[V], rng: random.Random) -> V:
    size, cin = rng.choice([16, 24, 32]), rng.choice([8, 12, 16])
    x = net.conv(net.input(size, size, 3), cin, 3)
    for stage in range(rng.randint(2, 3)):
        cout = cin if stage == 0 else cin * rng.choice([1, 2])
        for depth in range(rng.randint(1, 2)):
            stride = 2 if stage and not depth else 1
            y = net.conv(net.conv(x, cout, 3, stride), cout, 3)
            x = net.add(x if stride == 1 and cin == cout else net.conv(x, cout, 1, stride), y)
            cin = cout
    return net.dense(net.mean(x), 10)


def _dscnn(net: Net[V], rng: random.Random) -> V:
    height, width, channels = rng.choice([32, 49, 64]), rng.choice([10, 20, 32]), rng.choice([16, 32, 64])
    x = net.conv(net.input(height, width, 1), channels, rng.choice([3, 5]), 2)
    for _ in range(rng.randint(2, 6)):
        stride = rng.choice([1, 1, 2])
        channels += 8 * rng.randint(0, 2)
        x = net.conv(net.depthwise(x, rng.choice([3, 5]), stride), channels)
    return net.dense(net.mean(x), 12)


def candidate_geometry(kind: str, seed: int) -> Geometry:
    """The network as a geometry."""
    net = GeometryBuilder()
    return net.build(describe(net, kind, seed))


def candidate_model(kind: str, seed: int) -> onnx.ModelProto:
    """The same network as int8 QDQ ONNX with random weights."""
    net = _Model(f"{kind}_{seed}")
    return net.model(describe(net, kind, seed))


class _Model:
    """A `Net` that writes ONNX."""

    def __init__(self, name: str) -> None:
        self.b, self.image = _Builder(name), (0, 0, 0)

    def _name(self) -> str:
        return f"n{len(self.b.nodes)}"

    def input(self, height: int, width: int, channels: int) -> _Tensor:
        self.image = (height, width, channels)
        real = self.b.real(_Tensor("image", channels, 1 / 127, 0))
        nchw = self.b.node("Transpose", [real], "image", perm=[0, 3, 1, 2])
        return self.b.quantise(nchw, "image_nchw", channels, 1 / 127, 0)

    def conv(self, x: _Tensor, channels: int, kernel: int = 1, stride: int = 1) -> _Tensor:
        return self.b.conv(x, self._name(), channels, kernel, stride, act=False)

    def depthwise(self, x: _Tensor, kernel: int = 3, stride: int = 1) -> _Tensor:
        return self.b.conv(x, self._name(), x.channels, kernel, stride, groups=x.channels)

    def add(self, x: _Tensor, y: _Tensor) -> _Tensor:
        name = self._name()
        total = self.b.node("Add", [self.b.real(x), self.b.real(y)], name)
        return self.b.quantise(total, f"{name}_q", x.channels, 10 / 255, -2)

    def mean(self, x: _Tensor) -> _Tensor:
        mean = self.b.node("GlobalAveragePool", [self.b.real(x)], "pool")
        return self.b.quantise(mean, "pool_q", x.channels, x.scale, x.zero)

    def dense(self, x: _Tensor, features: int) -> _Tensor:
        flat = self.b.node("Flatten", [self.b.real(x)], "flat")
        w = self.b.weights((features, x.channels), "classes")
        y = self.b.node("Gemm", [flat, w], "classes", transB=1)
        return self.b.quantise(y, "classes_q", features, 16 / 255, 0)

    def model(self, y: _Tensor) -> onnx.ModelProto:
        image = helper.make_tensor_value_info("image", TensorProto.INT8, [1, *self.image])
        scores = helper.make_tensor_value_info(y.name, TensorProto.INT8, [1, y.channels])
        constants = list(self.b.constants.values())
        graph = helper.make_graph(self.b.nodes, self.b.name, [image], [scores], constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
