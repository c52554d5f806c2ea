"""Random small convolution networks: odd sizes, kernels 1 to 7, strides 1 to 3, uneven pads, skips, joins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

_Pair = tuple[int, int]


@dataclass
class _Draft:
    """A network that grows by one layer at a time; images are NCHW, batch 1."""

    data: st.DataObject
    channels: int
    height: int
    width: int
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)
    last: str = "x"
    skips: dict[tuple[int, int, int], list[str]] = field(default_factory=dict)

    def pick(self, strategy: st.SearchStrategy[Any]) -> Any:
        return self.data.draw(strategy)

    def layer(self) -> None:
        """One more convolution, pool, activation, residual sum, join, part or shuffle of channels."""
        shape = (self.channels, self.height, self.width)
        earlier = self.skips.get(shape, [])
        kinds = ["conv", "conv", "depthwise", "pointwise", "pool", "same"]
        # The image itself is read by the first layer alone: nothing else makes its rows those of an image.
        kinds += (["relu"] if self.nodes else []) + (["add", "join"] if earlier else [])
        kinds += ["part", "shuffle"] if self.nodes and self.channels % 2 == 0 else []
        kind = self.pick(st.sampled_from(kinds))
        if self.nodes:
            self.skips.setdefault(shape, []).append(self.last)
        if kind == "add":
            self._node("Add", [self.last, self.pick(st.sampled_from(earlier))])
        elif kind == "join":
            self._node("Concat", [self.last, self.pick(st.sampled_from(earlier))], axis=1)
            self.channels *= 2
        elif kind == "part":
            first = self.pick(st.integers(0, self.channels // 2))
            self._node("Slice", [self.last, *self._ints([first], [first + self.channels // 2], [1])])
            self.channels //= 2
        elif kind == "shuffle":
            self._shuffle()
        elif kind == "relu":
            self._node("Relu", [self.last])
        elif kind == "pool":
            self._pool()
        elif kind == "same":
            half, depthwise = self.pick(st.integers(0, 3)), self.pick(st.booleans())
            self._conv(self.channels, (2 * half + 1,) * 2, (1, 1), (half,) * 4, depthwise=depthwise)
        elif kind == "pointwise":
            channels = self.pick(st.sampled_from([1, 3, 4, 8, 24]))
            self._conv(channels, (1, 1), (1, 1), (0, 0, 0, 0), depthwise=False)
        else:
            channels = self.channels if kind == "depthwise" else self.pick(st.sampled_from([1, 2, 5, 8, 16]))
            rows, cols = self._window(self.height, 7), self._window(self.width, 7)
            pads = (rows[2], cols[2], rows[3], cols[3])
            self._conv(channels, (rows[0], cols[0]), (rows[1], cols[1]), pads, depthwise=kind == "depthwise")

    def _shuffle(self) -> None:
        apart = [1, 2, self.channels // 2, self.height, self.width]
        self._node("Reshape", [self.last, *self._ints(apart)])
        self._node("Transpose", [self.last], perm=[0, 2, 1, 3, 4])
        self._node("Reshape", [self.last, *self._ints([1, self.channels, self.height, self.width])])

    def _ints(self, *values: list[int]) -> list[str]:
        names = [f"i{len(self.nodes)}_{index}" for index in range(len(values))]
        self.weights += [numpy_helper.from_array(np.array(v), n) for v, n in zip(values, names, strict=True)]
        return names

    def _window(self, size: int, largest: int) -> tuple[int, int, int, int]:
        """Kernel, stride, pad before and behind, such that something is left."""
        kernel = self.pick(st.integers(1, largest))
        stride = self.pick(st.sampled_from([1, 1, 2, 3]))
        before, behind = self.pick(st.integers(0, kernel - 1)), self.pick(st.integers(0, kernel - 1))
        if size + before + behind < kernel:
            kernel, stride, before, behind = 1, 1, 0, 0
        return kernel, stride, before, behind

    def _pool(self) -> None:
        rows, cols = self._window(self.height, 3), self._window(self.width, 3)
        kind = self.pick(st.sampled_from(["MaxPool", "AveragePool"]))
        if kind == "AveragePool":
            # Its int8 kernels take a table that depends on the padding of a row: with rows of padding they
            # make whole tensors only.
            rows = (min(rows[0], self.height), rows[1], 0, 0)
        kernel, stride = (rows[0], cols[0]), (rows[1], cols[1])
        pads = (rows[2], cols[2], rows[3], cols[3])
        self._node(kind, [self.last], kernel_shape=list(kernel), strides=list(stride), pads=list(pads))
        self._shrink(kernel, stride, pads)

    def _conv(
        self,
        channels: int,
        kernel: _Pair,
        stride: _Pair,
        pads: tuple[int, int, int, int],
        *,
        depthwise: bool,
    ) -> None:
        groups = self.channels if depthwise else 1
        rng = np.random.default_rng(len(self.nodes))
        shape = (channels, self.channels // groups, *kernel)
        scale = 1.4 / np.sqrt(np.prod(shape[1:]))
        index = len(self.nodes)
        arrays = {f"w{index}": rng.normal(0, scale, shape), f"b{index}": rng.normal(0, 0.3, channels)}
        self.weights += [numpy_helper.from_array(a.astype(np.float32), n) for n, a in arrays.items()]
        self._node("Conv", [self.last, *arrays], strides=list(stride), pads=list(pads), group=groups)
        self.channels = channels
        self._shrink(kernel, stride, pads)

    def _shrink(self, kernel: _Pair, stride: _Pair, pads: tuple[int, int, int, int]) -> None:
        self.height = (self.height + pads[0] + pads[2] - kernel[0]) // stride[0] + 1
        self.width = (self.width + pads[1] + pads[3] - kernel[1]) // stride[1] + 1

    def _node(self, op: str, inputs: list[str], **attributes: Any) -> None:
        self.last = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [self.last], name=self.last, **attributes))


def draw_network(data: st.DataObject, layers: int = 6) -> onnx.ModelProto:
    """A float network x -> image of one to `layers` layers, drawn by hypothesis."""
    net = _Draft(
        data,
        data.draw(st.sampled_from([1, 3, 4])),
        data.draw(st.integers(7, 21)),
        data.draw(st.integers(5, 19)),
    )
    shape = [1, net.channels, net.height, net.width]
    for _ in range(data.draw(st.integers(1, layers))):
        net.layer()
    graph = helper.make_graph(
        net.nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_empty_tensor_value_info(net.last)],
        net.weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
