"""Plans of every kind, compiled once, and what each must have to be of its kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import onnx
import pytest

from tests.boards import resized
from tests.codegen.networks import network
from tests.networks.archs import arch_model, mobilenet_v2
from tests.networks.builders import BUILDERS
from tests.networks.net import Net
from tests.networks.sequences import SEQUENCES
from tinycompile.check.document import PlanFile, StageEntry
from tinycompile.check.text import read_plan
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.errors import DoesNotFitError
from tinycompile.plan.rules import Edge, StageKind
from tinycompile.planfile import plan_json
from tinycompile.target import Board

Plan = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A network, how it is compiled, and the feature that its plan must show; `least` asks for least RAM."""

    model: Callable[[], onnx.ModelProto]
    has: Callable[[PlanFile], object]
    options: Options = field(default_factory=Options)
    least: bool = False
    board: str | Board = "mps2-an385"


def _residual() -> onnx.ModelProto:
    """Stem, inverted residual, strides and a pool, NHWC outside."""
    n = Net("residual")
    x = n.relu(n.conv(_image(n, 20, 18, 3), 8, stride=2))
    y = n.relu(n.conv(n.relu(n.conv(x, 24, 1)), 24, 5, groups=24))
    y = n.conv(n.add(n.conv(y, 8, 1), x), 16, stride=2, pads=[0, 0, 0, 0])
    y = n.op("MaxPool", y, kernel_shape=[2, 2])
    return n.model(n.transpose(n.conv(y, 3, 1), 0, 2, 3, 1))


def _passing() -> onnx.ModelProto:
    """Rows in, rows out, through one stage."""
    n = Net("passing")
    x = n.relu(n.conv(_image(n, 20, 18, 2), 8, 3))
    return n.model(n.transpose(n.conv(x, 3, 5, stride=2), 0, 2, 3, 1))


def _two_sources() -> onnx.ModelProto:
    """A sum of two whole tensors, one of them from a transposed convolution, in front of wide layers."""
    n = Net("sources")
    x = n.relu(n.conv(_image(n, 24, 24, 1), 4, stride=2))
    small = n.relu(n.conv(x, 4, stride=2))
    up = n.op("ConvTranspose", small, n.weights(4, 4, 2, 2, fan_in=4), kernel_shape=[2, 2], strides=[2, 2])
    y = n.add(n.conv(n.relu(n.conv(n.add(x, up), 24, 3)), 4, 3), x)
    return n.model(n.transpose(y, 0, 2, 3, 1))


def _excite() -> onnx.ModelProto:
    """Squeeze and excitation ahead of wide layers."""
    n = Net("excite")
    x = n.relu(n.conv(_image(n, 24, 24, 1), 4, stride=2))
    gate = n.op("Sigmoid", n.conv(n.op("GlobalAveragePool", x), 4, 1))
    y = n.add(n.conv(n.relu(n.conv(n.mul(x, gate), 24, 3)), 4, 3), x)
    return n.model(n.transpose(y, 0, 2, 3, 1))


def _slices() -> onnx.ModelProto:
    """Halves of rows, seen in place, and joined again in the other order."""
    n = Net("slices")
    x = n.relu(n.linear(n.input(8, 16), 16, 16))
    top, bottom = (n.op("Slice", x, n.ints(a), n.ints(a + 4), n.ints(0)) for a in (0, 4))
    a, b = n.linear(top, 16, 16), n.linear(bottom, 16, 16)
    return n.model(n.op("Relu", n.concat(b, a, axis=0)))


def _separable() -> onnx.ModelProto:
    """Five layers of windows in a row, of one size."""
    n = Net("separable")
    x = n.relu(n.conv(_image(n, 25, 5, 1), 32))
    for _ in range(4):
        x = n.relu(n.conv(n.relu(n.conv(x, 32, groups=32)), 32, 1))
    return n.model(n.op("GlobalAveragePool", x))


def _image(n: Net, height: int, width: int, channels: int) -> str:
    x = n.transpose(n.input(1, height, width, channels), 0, 3, 1, 2)
    n.channels[x] = channels
    return x


def _mobile(size: int) -> Callable[[], onnx.ModelProto]:
    return lambda: arch_model(mobilenet_v2(0.35, size, 10))


def _stage(test: Callable[[StageEntry], object]) -> Callable[[PlanFile], object]:
    return lambda plan: any(map(test, plan.stages))


def _operators(plan: PlanFile) -> set[str]:
    return {plan.graph.nodes[view.node].op for view in plan.views}


def _left(stage: StageEntry) -> bool:
    """Whether some tile leaves columns to the next one: two buffers of a value at one place."""
    places = [(b.value, b.offset) for op in stage.ops if op.tiles for b in op.tiles.buffers]
    return len(set(places)) < len(places)


KINDS = {
    "whole": Kind(_mobile(48), lambda p: not p.stages and any(s.scratch for s in p.steps)),
    "in place": Kind(_mobile(48), lambda p: any(s.in_place for s in p.steps)),
    "views": Kind(_slices, lambda p: {"Slice", "Concat"} <= _operators(p)),
    "copies": Kind(BUILDERS["inception"], lambda p: any(s.kernel == "tc_concat" for s in p.steps)),
    "branches": Kind(SEQUENCES["siamese"], lambda p: len(p.inputs) > 1),
    # With 10,000 bytes the first stage ends earlier, which is faster; the changed plans need it in full.
    "streams": Kind(
        _mobile(48),
        lambda p: p.overlaps and p.stages and (p.stages[0].first, p.stages[0].last) == (0, 2),
        Options(ram=9_500),
    ),
    "row in place": Kind(
        _residual, _stage(lambda s: max(len(o.rows) for o in s.ops) > 1), Options(ram=9_000)
    ),
    "rings in each other": Kind(
        _separable,
        lambda p: (
            _stage(lambda s: any(r.eager for r in s.rings) and any(r.first for r in s.rings))(p)
            and _stage(lambda s: any(o.short for o in s.ops))(p)
        ),
        Options(ram=10_500),
    ),
    "rows in and out": Kind(
        _passing,
        _stage(lambda s: s.fed and s.leaving is not None),
        Options(ram=4_000, input=Edge.ROWS, output=Edge.ROWS),
    ),
    "sources": Kind(_two_sources, _stage(lambda s: s.sources > 1 and not s.fed), Options(ram=8_000)),
    "excite": Kind(_excite, _stage(lambda s: len(s.ops) > 2), Options(ram=7_000)),
    "tiles": Kind(_mobile(48), _stage(_left), Options(recompute=0.1), least=True),
    "bands": Kind(
        _mobile(48),
        lambda p: p.recomputed and any(o.band > 1 and o.tiles for s in p.stages for o in s.ops),
        Options(stages=StageKind.PATCH, input=Edge.ROWS),
        least=True,
    ),
    "patches": Kind(
        _mobile(48),
        lambda p: any(s.remote for s in p.stages),
        Options(stages=StageKind.PATCH, patches=(3, 4), split=6, input=Edge.PATCHES),
    ),
    "running sums": Kind(
        _mobile(96),
        lambda p: any(n.op == "RowSums" for n in p.graph.nodes),
        Options(ram=12_000, input=Edge.ROWS),
    ),
    "memories": Kind(
        network,
        lambda p: len(p.regions) > 1,
        Options(regions=("dtcm", "sram4", "axi_sram")),
        board=resized("nucleo-h743zi2", dtcm="640", sram4="4K"),
    ),
}


@cache
def compilation(kind: str) -> Compilation:
    """The network of a kind, compiled."""
    found, model = KINDS[kind], KINDS[kind].model()
    options = found.options
    if found.least:
        with pytest.raises(DoesNotFitError) as caught:
            compile(model, found.board, options=replace(options, ram=8))
        options = replace(options, ram=int(caught.value.diagnostics[0].hint.split()[-1]))
    return compile(model, found.board, options=options, check=False)


@cache
def text_of(kind: str) -> str:
    """Its plan.json."""
    found = compilation(kind)
    return plan_json(found.program, found.board)


@cache
def plan_of(kind: str) -> PlanFile:
    """Its plan.json, read."""
    return read_plan(text_of(kind), kind)
