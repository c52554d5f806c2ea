"""Programs whose reports are looked at: whole tensors, streams, arriving rows, branches, concats."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.networks import builders
from tests.networks.net import Net
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.plan.rules import Edge

BOARD = "nucleo-f446re"


def images() -> onnx.ModelProto:
    """NHWC images through convolutions: they can be made from rows that arrive."""
    n = Net("images", 17)
    x = n.op("Transpose", n.input(1, 32, 32, 3), perm=[0, 3, 1, 2], channels=3)
    x = n.relu(n.conv(x, 8, stride=2))
    x = n.relu(n.conv(x, 64, 1))
    x = n.conv(n.relu(n.conv(x, 64, stride=2, groups=64)), 8, 1)
    return n.model(n.classifier(x))


#: Name -> network and what is asked of the planner.
PLANS: dict[str, tuple[Callable[[], onnx.ModelProto], Options]] = {
    "whole": (builders.mobilenet_v2, Options(name="net")),
    "ring": (builders.mobilenet_v2, Options(name="net", ram=28_000)),
    "two stages": (builders.mobilenet_v2, Options(name="net", ram=52_000)),
    "rows": (images, Options(name="net", ram=16_000, input=Edge.ROWS)),
    "branches": (builders.inception, Options(name="net")),
    "concats": (builders.densenet, Options(name="net")),
}


#: Names that would leave their place in a page if they were not escaped.
HOSTILE = (
    "</title><script>window.hacked=1</script>",
    "\"><img src=x onerror='window.hacked=2'>",
    "&lt;b&gt; 'quoted' {{ 7 * 7 }} \x1b[31m",
)


def hostile() -> Compilation:
    """A model whose nodes, tensors, input and output are all named to do harm."""
    names = list(HOSTILE)
    w = np.random.default_rng(0).normal(0, 0.3, (4, 1, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", [names[0], "w"], [names[1]], name=names[2], pads=[1] * 4),
            helper.make_node("Sigmoid", [names[1]], [names[2]], name=names[0]),
        ],
        "net",
        [helper.make_tensor_value_info(names[0], TensorProto.FLOAT, [1, 1, 8, 8])],
        [helper.make_empty_tensor_value_info(names[2])],
        [helper.make_tensor("w", TensorProto.FLOAT, w.shape, w.ravel())],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return compile(model, BOARD, options=Options(name="net"))


def without_calls() -> Compilation:
    """A model that is all view: its output lies where its input does."""
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["x", "shape"], ["y"])],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, 1])],
        [helper.make_tensor("shape", TensorProto.INT64, [2], [4, 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return compile(model, "host", options=Options(name="net"))


@cache
def plan(name: str) -> Compilation:
    """The compilation of one of PLANS."""
    build, options = PLANS[name]
    return compile(build(), BOARD, options=options)
