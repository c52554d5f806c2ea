"""Kernels that a network can do without are given up, within its slack and only where it pays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from tinycompile.ir import DType, Graph, GraphBuilder, Node, Quant, Region, TensorType
from tinycompile.ops import Site
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.kernel_code import code_bytes
from tinycompile.ops.matmul import FullyConnected
from tinycompile.ops.pool import AveragePool2D
from tinycompile.ops.reshape import Reshape
from tinycompile.ops.spatial import Window
from tinycompile.plan.choice import Choice
from tinycompile.plan.parts import part_call
from tinycompile.plan.schedule import schedule
from tinycompile.plan.select import select
from tinycompile.plan.share import share
from tinycompile.target import CORES

_CORE = CORES["cortex-m4f"]
_SLACKS = (0.01, 0.05, 0.25, 1.0)


def _network(kernel: int = 3, strides: tuple[int, ...] = (2, 2), pooled: bool = False) -> Graph:
    """A stem, two depthwise blocks of `strides`, an average if `pooled`, and a small classifier, int8."""
    rng = np.random.default_rng(1)
    builder = GraphBuilder("net", fold=False)

    def weighted(op: Conv2D | FullyConnected, x: str, shape: tuple[int, ...]) -> str:
        w = builder.const(rng.integers(-64, 65, shape, dtype=np.int8), "w", Quant.tensor(0.01, 0))
        (out,) = op.infer((builder.type(x), builder.type(w)))
        return builder.add1(op, x, w, out_type=TensorType(out.shape, DType.INT8, Quant.tensor(0.05, -128)))

    x = builder.input("x", TensorType((1, 32, 32, 3), DType.INT8, Quant.tensor(0.05, -128)))
    x = weighted(Conv2D(Window((3, 3), (2, 2), (1, 1, 1, 1))), x, (8, 3, 3, 3))
    for stride, size in zip(strides, (16, 32), strict=True):
        channels = builder.type(x).shape[3]
        window = Window((kernel, kernel), (stride, stride), (kernel // 2,) * 4)
        x = weighted(Conv2D(window, channels), x, (channels, kernel, kernel, 1))
        x = weighted(Conv2D(Window((1, 1))), x, (size, 1, 1, channels))
    if pooled:
        x = builder.add1(AveragePool2D(Window((4, 4))), x, out_type=builder.type(x).with_shape((1, 1, 1, 32)))
    count = builder.type(x).elements
    flat = builder.add1(Reshape((1, count)), x, out_type=builder.type(x).with_shape((1, count)))
    return builder.graph([weighted(FullyConnected(), flat, (2, count))])


def _cost(choice: Choice) -> float:
    """Of the slower of two kernels."""
    kernels = (choice.plain, choice.aliased or choice.plain)
    return max(kernel.cycles(choice.site) if kernel.cycles else 0.0 for kernel in kernels)


def _row_cost(choice: Choice) -> float:
    """Of all rows as far as they are made one by one, each as the one in the middle."""
    out = choice.site.outs[0]
    if choice.in_parts is None:
        return _cost(choice)
    middle = out.shape[1] // 2
    call = part_call(
        choice.site.op,
        Region((middle, middle + 1), (0, out.shape[2])),
        choice.site.ins,
        choice.site.outs,
    )
    assert call is not None and choice.part.cycles is not None
    return out.shape[1] * choice.part.cycles(Site(call.op, call.ins, call.outs, choice.site.consts, _CORE))


def _arena(graph: Graph, chosen: Mapping[Node, Choice]) -> int:
    """Of whole tensors."""
    return schedule(graph, chosen, share(graph, join=True)).arena


def _peak(graph: Graph) -> int:
    """Bytes that the largest node reads and writes, its pair counted once where it may share storage."""
    sites = [(choice.site, choice.pairs) for choice in select(graph, _CORE, compact=True).values()]
    return max(
        sum(t.nbytes for t in (*s.ins, *s.outs))
        - max((min(s.ins[x].nbytes, s.outs[y].nbytes) for x, y in pairs), default=0)
        for s, pairs in sites
    )


@pytest.mark.parametrize("compact", [False, True])
def test_code_is_traded_for_time_within_the_slack(compact: bool) -> None:
    graph, code = _network(), []
    fastest = select(graph, _CORE, compact)
    for slack in (0.0, *_SLACKS):
        chosen = select(graph, _CORE, compact, slack)
        code.append(code_bytes({s for choice in chosen.values() for s in choice.symbols}))
        assert sum(map(_cost, chosen.values())) <= (1 + slack) * sum(map(_cost, fastest.values()))
        for node, choice in chosen.items():
            ins, outs = choice.site.ins, choice.site.outs
            full = {(x, y) for x, y in fastest[node].pairs if ins[x].nbytes <= outs[y].nbytes}
            small = 4 * sum(t.nbytes for t in (*ins, *outs)) <= 3 * _peak(graph)
            assert full <= set(choice.pairs) or (compact and small)
            assert choice.scratch <= max(c.scratch for c in fastest.values())
        assert _arena(graph, chosen) <= _arena(graph, fastest)
    assert compact or code[-1] < code[0]
    assert all(later <= code[0] for later in code)


@pytest.mark.parametrize("lean", [False, True])
@pytest.mark.parametrize("kernel", [3, 5, 7])
def test_rows_stay_within_the_slack_too(kernel: int, lean: bool) -> None:
    """Whole layers take a kernel that works in place; rows take another one, which is needed as well."""
    graph = _network(kernel, (1, 1))
    fastest = select(graph, _CORE, compact=True, lean=lean)
    assert any(choice.aliased is not None for choice in fastest.values())
    for slack in _SLACKS:
        chosen = select(graph, _CORE, True, slack, lean)
        assert sum(map(_row_cost, chosen.values())) <= (1 + slack) * sum(map(_row_cost, fastest.values()))


def test_layers_take_a_kernel_that_is_there_anyway() -> None:
    """Alone, 1x1 convolutions are fastest with a kernel of their own; that of the stem can do them too."""
    graph = _network()
    alone, together = select(graph, _CORE), select(graph, _CORE, slack=0.05)
    stem, *rest = [node for node in graph.nodes if isinstance(node.op, Conv2D)]
    pointwise = [node for node in rest if node.op.window.kernel == (1, 1)]
    assert {alone[node].plain.symbol for node in pointwise} == {"tc_conv2d_1x1_s8_dsp"}
    assert {together[node].plain.symbol for node in pointwise} == {alone[stem].plain.symbol}


def test_a_classifier_takes_the_kernel_of_the_convolutions() -> None:
    """The best that is left without its own kernel would bring code; one that is there anyway does not."""
    graph = _network(pooled=True)
    chosen = select(graph, _CORE, compact=True, slack=0.25)
    (dense,) = [node for node in graph.nodes if isinstance(node.op, FullyConnected)]
    assert select(graph, _CORE, compact=True)[dense].plain.symbol == "tc_fully_connected_small_s8_dsp"
    assert chosen[dense].plain.symbol == "tc_conv2d_small_s8_dsp"
    assert sum(choice.plain.symbol == chosen[dense].plain.symbol for choice in chosen.values()) > 1
