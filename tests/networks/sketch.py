"""Convolutional graphs as lists of layers with shapes: one description for the ordering and for ONNX."""

from __future__ import annotations

from dataclasses import dataclass, field

import onnx

from tests.networks.net import Net
from tinycompile.plan.order import OrderProblem, OrderStep

#: (height, width, channels)
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Layer:
    """One operator over earlier values, which are numbered; value i is the result of layer i."""

    kind: str
    inputs: tuple[int, ...]
    shape: Shape
    kernel: int = 1
    stride: int = 1
    dilation: int = 1

    @property
    def nbytes(self) -> int:
        """Bytes of the result in int8."""
        height, width, channels = self.shape
        return height * width * channels


@dataclass
class Sketch:
    """Collects layers; methods take and give value numbers. Batch normalisation counts as folded away."""

    name: str
    layers: list[Layer] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)

    def _new(self, kind: str, inputs: tuple[int, ...], shape: Shape, *window: int) -> int:
        layer = Layer(kind, inputs, shape, *window)
        if layer in self.layers and kind != "input":
            return self.layers.index(layer)  # the compiler merges duplicates likewise
        self.layers.append(layer)
        return len(self.layers) - 1

    def channels(self, x: int) -> int:
        return self.layers[x].shape[2]

    def size(self, x: int) -> int:
        return self.layers[x].shape[0]

    def _strided(self, x: int, stride: int, channels: int) -> Shape:
        height, width, _ = self.layers[x].shape
        return -(-height // stride), -(-width // stride), channels

    def input(self, height: int, width: int, channels: int) -> int:
        return self._new("input", (), (height, width, channels))

    def conv(self, x: int, channels: int, kernel: int = 1, stride: int = 1) -> int:
        """A convolution; its weights differ from those of every other one."""
        self.layers.append(Layer("conv", (x,), self._strided(x, stride, channels), kernel, stride))
        return len(self.layers) - 1

    def depthwise(self, x: int, kernel: int, stride: int = 1, dilation: int = 1) -> int:
        shape = self._strided(x, stride, self.channels(x))
        self.layers.append(Layer("depthwise", (x,), shape, kernel, stride, dilation))
        return len(self.layers) - 1

    def pool(self, x: int, kind: str, kernel: int = 3, stride: int = 1) -> int:
        """``kind``: ``max`` or ``mean``."""
        return self._new(kind, (x,), self._strided(x, stride, self.channels(x)), kernel, stride)

    def relu(self, x: int) -> int:
        return self._new("relu", (x,), self.layers[x].shape)

    def add(self, first: int, *others: int) -> int:
        """A chain of additions."""
        for other in others:
            first = self._new("add", (first, other), self.layers[first].shape)
        return first

    def concat(self, *parts: int) -> int:
        height, width, _ = self.layers[parts[0]].shape
        return self._new("concat", parts, (height, width, sum(self.channels(p) for p in parts)))

    def node(self, inputs: tuple[int, ...], channels: int, stride: int) -> int:
        """A sum, ReLU and a separable convolution as one operator."""
        self.layers.append(Layer("node", inputs, self._strided(inputs[0], stride, channels), 3, stride))
        return len(self.layers) - 1

    def relu_conv(self, x: int, channels: int, kernel: int = 1, stride: int = 1) -> int:
        return self.conv(self.relu(x), channels, kernel, stride)

    def separable(self, x: int, channels: int, kernel: int, stride: int = 1, repeats: int = 2) -> int:
        """ReLU, depthwise and 1x1 convolution, ``repeats`` times, the stride in the first."""
        for stride_here in (stride, *[1] * (repeats - 1)):
            x = self.conv(self.depthwise(self.relu(x), kernel, stride_here), channels)
        return x

    def finish(self, *outputs: int) -> Sketch:
        self.outputs = list(outputs)
        return self


def problem(sketch: Sketch, *, join: bool) -> OrderProblem:
    """The ordering problem in int8: activations fused where only they read a value, sums, activations and
    stride-1 depthwise convolutions in place, concats written in place by their producers if ``join``.
    """
    layers, numbers = sketch.layers, range(len(sketch.layers))
    readers = [[i for i in numbers if x in layers[i].inputs] for x in numbers]
    alone = [len(readers[x]) == 1 and x not in sketch.outputs for x in numbers]
    fused = {i for i in numbers if layers[i].kind == "relu" and _fuses(sketch, i, alone)}
    joined = {i for i in numbers if join and layers[i].kind == "concat" and _joins(sketch, i, alone)}
    place = list(numbers)
    for index in reversed(numbers):
        for source in layers[index].inputs if index in fused | joined else ():
            place[source] = place[index]
    steps = [
        _step(sketch, i, place) for i in numbers if layers[i].kind != "input" and i not in fused | joined
    ]
    return _numbered(sketch, steps, place)


def _fuses(sketch: Sketch, index: int, alone: list[bool]) -> bool:
    source = sketch.layers[index].inputs[0]
    return alone[source] and sketch.layers[source].kind in ("conv", "depthwise", "add")


def _joins(sketch: Sketch, index: int, alone: list[bool]) -> bool:
    parts = sketch.layers[index].inputs
    return all(alone[x] and sketch.layers[x].kind != "input" for x in parts) and len(set(parts)) == len(parts)


def _step(sketch: Sketch, index: int, place: list[int]) -> OrderStep:
    layer = sketch.layers[index]
    reads, result = tuple(dict.fromkeys(place[x] for x in layer.inputs)), place[index]
    if layer.kind not in ("relu", "add", "depthwise") or layer.stride > 1:
        return OrderStep(reads, (result,))
    pairs = tuple(
        (place[x], result)
        for x in dict.fromkeys(layer.inputs)
        if {sketch.layers[b].nbytes for b in (x, place[x], result)} == {layer.nbytes}
    )
    rows = layer.dilation * (layer.kernel // 2) + 1 if pairs and layer.kind == "depthwise" else 0
    return OrderStep(reads, (result,), rows * layer.shape[1] * layer.shape[2], pairs)


def _numbered(sketch: Sketch, steps: list[OrderStep], place: list[int]) -> OrderProblem:
    used = sorted({b for step in steps for b in (*step.reads, *step.writes)})
    number = {buffer: i for i, buffer in enumerate(used)}
    inputs = [i for i, layer in enumerate(sketch.layers) if layer.kind == "input"]
    return OrderProblem(
        tuple(
            OrderStep(
                tuple(sorted({number[b] for b in step.reads})),
                tuple(number[b] for b in step.writes),
                step.scratch,
                tuple((number[a], number[b]) for a, b in step.in_place),
            )
            for step in steps
        ),
        tuple(sketch.layers[b].nbytes for b in used),
        keep=frozenset(number[place[x]] for x in sketch.outputs),
        start=frozenset(number[place[x]] for x in inputs),
    )


def as_onnx(sketch: Sketch) -> onnx.ModelProto:
    """The same graph as ONNX with random weights and a classifier for every output."""
    net = Net(sketch.name, 17)
    names: list[str] = []
    for layer in sketch.layers:
        names.append(_as_node(net, layer, [names[x] for x in layer.inputs]))
    return net.model(*(net.classifier(names[x]) for x in sketch.outputs))


def _as_node(net: Net, layer: Layer, inputs: list[str]) -> str:
    height, width, channels = layer.shape
    window = {"stride": layer.stride, "dilation": layer.dilation}
    pad = layer.dilation * (layer.kernel // 2)
    match layer.kind:
        case "input":
            return net.input(1, channels, height, width)
        case "conv":
            return net.batch_norm(net.conv(inputs[0], channels, layer.kernel, bias=False, **window))
        case "depthwise":
            return net.conv(inputs[0], channels, layer.kernel, bias=False, groups=channels, **window)
        case "relu":
            return net.relu(inputs[0])
        case "add":
            return net.add(*inputs)
        case "concat":
            return net.concat(*inputs)
        case "node":
            total = net.op("Sum", *inputs)
            deep = net.conv(net.relu(total), net.channels[total], groups=net.channels[total], **window)
            return net.conv(deep, channels, 1)
        case _:
            operator = {"max": "MaxPool", "mean": "AveragePool"}[layer.kind]
            return net.op(
                operator, inputs[0], kernel_shape=[layer.kernel] * 2, strides=[layer.stride] * 2,
                pads=[pad] * 4,
            )  # fmt: skip
