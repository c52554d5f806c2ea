"""Row streams: the same bytes as whole tensors, in less memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from tinycompile.artifact import load
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.errors import DoesNotFitError
from tinycompile.execution import execute
from tinycompile.plan.rows import Feed, Links, occupancy
from tinycompile.plan.rules import Edge
from tinycompile.sim.machine import Machine
from tinycompile.sim.reference import evaluate

Array = npt.NDArray[Any]


class _Net:
    """Builds NCHW convolution networks."""

    def __init__(self, channels: int, height: int, width: int, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.shape = (1, channels, height, width)
        self.channels = channels
        self.last = "x"

    def conv(
        self, out: int, kernel: int, stride: int = 1, pad: int | None = None, depthwise: bool = False
    ) -> str:
        groups = self.channels if depthwise else 1
        out = self.channels if depthwise else out
        pad = kernel // 2 if pad is None else pad
        data = self.rng.normal(0, 0.4, (out, self.channels // groups, kernel, kernel)).astype(np.float32)
        index = len(self.nodes)
        self.weights.append(helper.make_tensor(f"w{index}", TensorProto.FLOAT, data.shape, data.ravel()))
        attributes = {"pads": [pad] * 4, "strides": [stride] * 2, "group": groups}
        self.channels = out
        return self._add("Conv", [self.last, f"w{index}"], **attributes)

    def relu(self) -> str:
        return self._add("Relu", [self.last])

    def pool(self, kernel: int, stride: int) -> str:
        return self._add("MaxPool", [self.last], kernel_shape=[kernel] * 2, strides=[stride] * 2)

    def add(self, other: str) -> str:
        return self._add("Add", [self.last, other])

    def _add(self, op: str, inputs: list[str], **attributes: Any) -> str:
        self.last = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [self.last], name=self.last, **attributes))
        return self.last

    def model(self) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "net",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)],
            [helper.make_empty_tensor_value_info(self.last)],
            self.weights,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _residual(int8: bool) -> tuple[onnx.ModelProto, dict[str, Array] | None]:
    """Stem, two inverted residuals, a pool: strides, paddings and a skip connection."""
    net = _Net(3, 20, 18)
    net.conv(8, 3, stride=2)
    net.relu()
    skip = net.last
    net.conv(24, 1)
    net.relu()
    net.conv(0, 5, depthwise=True)
    net.relu()
    net.conv(8, 1)
    net.add(skip)
    net.conv(16, 3, stride=2, pad=0)
    net.pool(2, 1)
    samples = np.random.default_rng(1).normal(size=(4, *net.shape)).astype(np.float32)
    return net.model(), {"x": samples} if int8 else None


def _streamed(
    model: onnx.ModelProto, calibration: dict[str, Array] | None
) -> tuple[Compilation, Compilation]:
    """The whole-tensor plan, and the smallest streamed one (found by asking for less than is possible)."""
    whole = compile(model, "mps2-an386", calibration=calibration, options=Options(name="net"))
    with pytest.raises(DoesNotFitError) as caught:
        compile(model, "mps2-an386", calibration=calibration, options=Options(name="net", ram=8))
    assert caught.value.diagnostics[0].code == "TC404"
    least = int(caught.value.diagnostics[0].hint.split()[-1])
    return whole, compile(
        model, "mps2-an386", calibration=calibration, options=Options(name="net", ram=least)
    )


def _inputs(compilation: Compilation) -> dict[str, Array]:
    rng = np.random.default_rng(5)
    found = {}
    for port in compilation.program.inputs:
        real = rng.normal(size=port.type.shape).astype(np.float32)
        found[port.name] = real if port.type.quant is None else (real * 40).astype(np.int8)
    return found


@pytest.mark.parametrize("int8", [False, True], ids=["float", "int8"])
def test_streams_give_the_same_bytes_everywhere(int8: bool, tmp_path: Path) -> None:
    whole, streamed = _streamed(*_residual(int8))
    assert streamed.program.stages and not whole.program.stages
    assert streamed.program.arena < 0.7 * whole.program.arena
    assert streamed.program.macs == whole.program.macs
    _agree(whole, streamed, tmp_path)


def _bands(compilation: Compilation) -> set[int]:
    return {band for stage in compilation.program.stages for band in (stage.links.bands or (1,))}


def test_room_within_the_budget_is_used_to_make_rows_several_at_once(tmp_path: Path) -> None:
    """The last band of 10 rows, or of 9, is a short one."""
    model, calibration = _residual(True)
    whole, least = _streamed(model, calibration)
    most = whole.program.arena
    options = Options(name="net", ram=(least.program.arena + most) // 2)
    streamed = compile(model, "mps2-an386", calibration=calibration, options=options)
    assert streamed.program.stages and max(_bands(streamed)) > 1
    assert streamed.program.arena <= (least.program.arena + most) // 2
    assert streamed.program.overhead < least.program.overhead
    assert streamed.program.macs == whole.program.macs
    _agree(whole, streamed, tmp_path)


def _separable() -> tuple[onnx.ModelProto, dict[str, Array]]:
    """Windows one behind the other, of one size, as in networks for key words."""
    net = _Net(1, 21, 5)
    net.conv(32, 3)
    for _ in range(4):
        net.relu()
        net.conv(0, 3, depthwise=True)
        net.relu()
        net.conv(32, 1)
    net.relu()
    net._add("GlobalAveragePool", [net.last])
    return net.model(), {"x": np.random.default_rng(1).normal(size=(4, *net.shape)).astype(np.float32)}


@pytest.mark.parametrize("edge", [Edge.RAM, Edge.ROWS])
def test_bands_in_step_and_rings_in_each_other(edge: Edge, tmp_path: Path) -> None:
    """1x1 convolutions work on the rows of the depthwise ones, bands end where those behind them need it."""
    model, calibration = _separable()
    plain = Options(name="net", input=edge)
    whole = compile(model, "mps2-an386", calibration=calibration, options=plain)
    options = replace(plain, ram=3_250)
    streamed = compile(model, "mps2-an386", calibration=calibration, options=options)
    (stage,) = streamed.program.stages
    assert max(stage.links.bands) > 1 and any(stage.links.shorts)
    assert stage.links.eager and stage.links.high
    assert sum(len(op.rows) == 2 for op in stage.ops) == 4
    rings = [ring.span for ring in stage.rings]
    meeting = [(a, b) for a in rings for b in rings if a[0] < b[0] < a[1]]
    assert meeting, "no rings lie in each other"
    _agree(whole, streamed, tmp_path)


def test_whole_tensors_of_1x1_convolutions_take_the_place_of_their_operands() -> None:
    model, calibration = _separable()
    whole = compile(model, "mps2-an386", calibration=calibration, options=Options(name="net"))
    largest = max(out.type.nbytes for call in whole.program.calls for out in call.outs)
    assert largest == 21 * 5 * 32 and whole.program.arena < 1.5 * largest


def _agree(whole: Compilation, streamed: Compilation, folder: Path) -> None:
    """The graph, the simulator, the host and the emulated core give the same bytes."""
    inputs = _inputs(streamed)
    expected = evaluate(whole.graph, inputs)
    run = Machine(streamed.program).run(inputs)
    assert run.high_water <= streamed.program.arena
    artifact = load(streamed.save(folder / "net"))
    # One channel lies in rows as the source model has it.
    shapes = {n: (1, *a.shape[1:3]) if a.shape[3] == 1 else a.shape[1:] for n, a in inputs.items()}
    samples = {n: a.reshape(1, 1, *shapes[n]) for n, a in inputs.items()}
    _, host = execute(artifact, "host", samples, sanitize=True)
    result, emulated = execute(artifact, "emulator", samples)
    for name, want in expected.items():
        assert run.outputs[name].tobytes() == want.tobytes()
        assert host[name][0].tobytes() == want.tobytes()
        assert emulated[name][0].tobytes() == want.tobytes()
    assert result.out_of_plan_accesses == 0


def test_a_generous_budget_changes_nothing() -> None:
    model, _ = _residual(False)
    whole = compile(model, "host", options=Options(name="net"))
    roomy = compile(model, "host", options=Options(name="net", ram=whole.program.arena + 4))
    assert roomy.tree.digest == whole.tree.digest


def test_code_does_not_grow_with_the_height() -> None:
    def source(height: int) -> str:
        net = _Net(1, height, 8)
        net.conv(4, 3)
        net.conv(1, 3)
        whole = compile(net.model(), "host", options=Options(name="net"))
        budget = Options(name="net", ram=whole.program.arena - 64)
        return compile(net.model(), "host", options=budget).tree.files["net.c"]

    assert source(256).count("\n") == source(64).count("\n")


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_random_chains_equal_the_untiled_graph(data: st.DataObject) -> None:
    height, width = data.draw(st.integers(9, 17)), data.draw(st.integers(9, 13))
    net = _Net(data.draw(st.sampled_from([1, 3, 4])), height, width)
    side = min(height, width)
    for _ in range(data.draw(st.integers(2, 4))):
        kernel = data.draw(st.integers(1, min(4, side)))
        stride, pad = data.draw(st.integers(1, 2)), data.draw(st.integers(0, kernel - 1))
        depthwise = data.draw(st.booleans())
        net.conv(data.draw(st.sampled_from([2, 5, 8])), kernel, stride, pad, depthwise=depthwise)
        side = (side + 2 * pad - kernel) // stride + 1
    whole = compile(net.model(), "host", options=Options(name="net"))
    options = Options(name="net", ram=max(64, whole.program.arena - data.draw(st.integers(8, 400))))
    try:
        streamed = compile(net.model(), "host", options=options)
    except DoesNotFitError:
        return
    inputs = _inputs(whole)
    for name, want in evaluate(whole.graph, inputs).items():
        assert Machine(streamed.program).run(inputs).outputs[name].tobytes() == want.tobytes()


def test_rings_hold_just_the_rows_that_are_needed() -> None:
    """3x3 stride 1 pad 1, then 1x1, then 3x3 stride 2: rings of 1 and 3 rows."""
    links = Links(
        (8, 8, 8, 4),
        ((Feed(0, 0, 1, 1, 3),), (Feed(0, 1, 1, 0, 1),), (Feed(0, 2, 2, 1, 3),)),
        kept=(3,),
    )
    found = occupancy(links)
    assert found.capacity == (8, 1, 3, 4)
    assert found.steps == 8 + 8 + 4
    assert list(links.pull())[:8] == [1, 2, 1, 2, 3, 1, 2, 1]
