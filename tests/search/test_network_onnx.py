"""Quantised networks as ONNX: onnxruntime, the compiled program and the C agree on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings

from tests.networks.quantised import float_operators, pieces, run_onnxruntime
from tests.search.tasks import GREY, IMAGES, MOTION, SPECTROGRAM, networks
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.data import to_port_type
from tinycompile.frontends import load_model
from tinycompile.ir import DType
from tinycompile.passes import lower, strip_float_edges
from tinycompile.plan.peak import lower_bound
from tinycompile.plan.rules import StageKind
from tinycompile.search import (
    Activation,
    Dense,
    Network,
    NetworkBuilder,
    PoolKind,
    Space,
    Task,
    get_space,
)
from tinycompile.search.network import OUTPUT
from tinycompile.search.network_geometry import network_geometry
from tinycompile.search.network_onnx import onnx_model, random_weights
from tinycompile.search.quantised import QuantisedNetwork
from tinycompile.search.spaces import MCUNet
from tinycompile.sim.reference import evaluate


def every_layer() -> Network:
    """All kinds of layers, an even kernel and a classifier over several places."""
    n = NetworkBuilder((2, 13, 10))
    x = n.conv("a", n.input, 8, 4, (2, 1), Activation.RELU6)
    y = n.squeeze_excite("b", n.depthwise("c", x, 5), 4)
    x = n.add("d", x, y, Activation.RELU)
    x = n.pool("g", n.pool("e", x, PoolKind.MAX, (1, 2)), PoolKind.MEAN, 2)
    x = n.dense("f", n.conv("h", x, 12, 1, activation=Activation.NONE), 16, Activation.RELU)
    n.append(Dense("last", (x,), 5))
    return n.build()


def mixed() -> list[tuple[Network, DType]]:
    """One network of every kind, with samples of every type."""
    found = []
    for space, task, dtype in (
        (MCUNet(excite=True), GREY, DType.UINT8),
        (get_space("resnet"), IMAGES, DType.INT8),
        (get_space("dscnn"), SPECTROGRAM, DType.FLOAT32),
        (get_space("dscnn"), MOTION, DType.INT8),
    ):
        point = {c.name: c.values[len(c.values) // 2] for c in space.choices()} | {"width": 0.5}
        found.append((space.network(point, task), dtype))
    return [(every_layer(), DType.INT8), *found]


def _samples(network: Network, dtype: DType, count: int) -> np.ndarray:
    channels, height, width = network.input
    integers = np.random.default_rng(5).integers(-128, 128, (count, height, width, channels))
    if dtype is DType.FLOAT32:
        return (integers / 64).astype(np.float32)
    return (integers + (128 if dtype is DType.UINT8 else 0)).astype(dtype.numpy)


def _compiled(quantised: QuantisedNetwork, **options: object) -> Compilation:
    model = onnx_model(quantised)
    onnx.checker.check_model(model, full_check=True)
    return compile(model.SerializeToString(), "host", options=Options(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize(("network", "dtype"), mixed(), ids=["layers", "mcunet", "resnet", "audio", "motion"])
def test_every_layer_gives_the_bytes_of_onnxruntime(network: Network, dtype: DType) -> None:
    cut = pieces(onnx_model(random_weights(network, 3, dtype)), {"input": _samples(network, dtype, 1)})
    lowered = lower(load_model(cut.model, name="pieces"))
    assert not float_operators(lowered)
    graph = strip_float_edges(lowered)
    got = evaluate(graph, {n: to_port_type(cut.feeds[n], graph.type(n)) for n in graph.inputs})
    assert len(cut.expected) >= len(network.layers)
    for output, want in cut.expected.items():
        apart = np.abs(got[output].astype(int) - want.astype(int))
        assert apart.max() <= 1, output
        # Means of windows have many ties, which onnxruntime rounds to even.
        ties = "Pool" in cut.operators[output]
        assert (apart == 0).mean() >= (0.7 if ties else 0.995), output


@pytest.mark.parametrize(("network", "dtype"), mixed(), ids=["layers", "mcunet", "resnet", "audio", "motion"])
def test_compiled_scores_are_those_of_onnxruntime(network: Network, dtype: DType) -> None:
    quantised = random_weights(network, 3, dtype)
    model, compiled = onnx_model(quantised), _compiled(quantised)
    assert compiled.program.dtype == "int8"
    quant = quantised.values[network.output]
    (port,) = compiled.program.inputs
    for sample in _samples(network, dtype, 4):
        expected = run_onnxruntime(model, {"input": sample[None]})[OUTPUT]
        found = compiled.simulate({"input": to_port_type(sample[None], port.type)})[OUTPUT]
        steps = found.astype(int) - np.rint(expected / quant.scale0 + quant.zero0).astype(int)
        assert np.abs(steps).max() <= 2  # differences of early layers may add up


@given(networks())
@settings(max_examples=8, deadline=None)
def test_networks_compile_as_they_are(found: tuple[Space, Task, Network]) -> None:
    network = found[2]
    compiled = _compiled(random_weights(network, 1), keep_dead_channels=True)
    assert compiled.summary["macs"] == network.macs
    assert compiled.summary["flash"]["weights"] >= network.weight_bytes
    whole = _compiled(random_weights(network, 1), keep_dead_channels=True, stages=StageKind.WHOLE)
    bound = lower_bound(network_geometry(network), whole.options.rules)
    assert bound <= whole.summary["ram"]["arena"]
    assert lower_bound(network_geometry(network)) <= compiled.summary["ram"]["arena"]


def test_quantised_networks_are_read_back(tmp_path: Path) -> None:
    quantised = random_weights(every_layer(), 2, DType.UINT8)
    again = QuantisedNetwork.load(quantised.save(tmp_path / "network.npz"))
    assert again.network == quantised.network
    assert again.values == quantised.values
    assert onnx_model(again).SerializeToString() == onnx_model(quantised).SerializeToString()
