"""Networks that onnxruntime quantised: integers throughout, and operator by operator onnxruntime's bytes."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from tests.networks.builders import BUILDERS
from tests.networks.quantised import (
    SCHEMES,
    float_operators,
    pieces,
    quantised,
    random_samples,
    run_onnxruntime,
)
from tests.networks.sequences import SEQUENCES
from tinycompile.compiler import compile
from tinycompile.data import to_port_type
from tinycompile.frontends import load_model
from tinycompile.numeric import quantize
from tinycompile.passes import lower, strip_float_edges
from tinycompile.sim.reference import evaluate

NETWORKS = {**BUILDERS, **SEQUENCES}
#: Networks whose operator set has per-channel scales (13 and later).
CHANNELS = tuple(
    n
    for n in NETWORKS
    if n
    not in {
        "mobilenet_v2",
        "mobilenet_v3_parts",
        "resnet8",
        "squeezenet",
        "yolo_head",
        "mlp",
        "exported_shapes",
    }
)
#: onnxruntime leaves these as floats between their neighbours.
ISLANDS = {
    "audio_1d": {"Softmax"},
    "vit_native": {"Normalize"},
    "autoencoder": {"Reduce"},
    "siamese": {"Abs", "Sub", "Reduce", "Sqrt"},
    "vit_parts": {"Div", "Power", "Reduce", "Sqrt", "Sub"},
}
#: Least share of equal bytes where it is not 99.8 %: exact ties, which the contract rounds otherwise
#: than onnxruntime (docs/numerics.md), are common in averages and interpolations.
SHARES = {"AveragePool": 0.8, "Resize": 0.95, "PRelu": 0.99}
OTHER_SCHEMES = [
    ("mobilenet_v2", "int8_tensor"),
    ("squeezenet", "int8_tensor"),
    ("resnet8", "uint8_tensor_reduced"),
    ("mlp", "int8_tensor"),
    ("efficientnet", "uint8_channels"),
    ("inception", "uint8_tensor_reduced"),
    ("unet_linear", "uint8_channels"),
    ("detector", "int8_symmetric"),
    ("tcn", "int8_float_weights"),
    ("shufflenet_v2", "uint8_everywhere"),
    ("odd_windows", "int8_dedicated_pairs"),
]


@pytest.mark.parametrize("name", CHANNELS)
def test_computes_with_integers_and_ends_near_onnxruntime(name: str) -> None:
    model = NETWORKS[name]()
    int8 = quantised(model, SCHEMES["int8_channels"], 3)
    compilation = compile(int8, "mps2-an386", check=False)
    assert float_operators(compilation.graph) == ISLANDS.get(name, set())
    row = random_samples(model, 1, seed=7)[0]
    got = compilation.simulate(
        {p.name: to_port_type(row[p.name], p.type) for p in compilation.program.inputs}
    )
    want = run_onnxruntime(int8, row)
    for port in compilation.program.outputs:
        if port.type.quant is None:
            np.testing.assert_allclose(got[port.name], want[port.name], rtol=0.05, atol=0.05)
            continue
        steps = quantize(want[port.name], port.type.quant.scale0, port.type.quant.zero0, np.int8)
        apart = np.abs(got[port.name].astype(int) - steps.astype(int))
        assert apart.mean() <= 2.0


@pytest.mark.parametrize(("name", "scheme"), [*((n, "int8_channels") for n in CHANNELS), *OTHER_SCHEMES])
def test_every_operator_gives_the_bytes_of_onnxruntime(name: str, scheme: str) -> None:
    model = NETWORKS[name]()
    cut = pieces(quantised(model, SCHEMES[scheme], 3), random_samples(model, 1, seed=7)[0])
    lowered = lower(load_model(cut.model, name="pieces"))
    assert lower(lowered) is lowered
    graph = strip_float_edges(lowered)
    got = evaluate(graph, {n: to_port_type(cut.feeds[n], graph.type(n)) for n in graph.inputs})
    differing: dict[str, list[np.ndarray]] = defaultdict(list)
    for output, want in cut.expected.items():
        differing[cut.operators[output]].append(np.abs(got[output].astype(int) - want.astype(int)).ravel())
    for operator, parts in differing.items():
        apart = np.concatenate(parts)
        assert apart.max() <= 1, operator
        assert (apart == 0).mean() >= SHARES.get(operator, 0.998), operator


@pytest.mark.parametrize("scheme", ["operators_uint8", "operators_int8"])
@pytest.mark.parametrize("name", ["mobilenet_v2", "shufflenet_v1", "unet_nearest", "ds_cnn", "tcn"])
def test_quantised_operators_end_with_the_bytes_of_onnxruntime(name: str, scheme: str) -> None:
    model = NETWORKS[name]()
    int8 = quantised(model, SCHEMES[scheme], 3)
    compilation = compile(int8, "mps2-an386", check=False)
    assert not float_operators(compilation.graph)
    row = random_samples(model, 1, seed=7)[0]
    got = compilation.simulate(
        {p.name: to_port_type(row[p.name], p.type) for p in compilation.program.inputs}
    )
    for port in compilation.program.outputs:
        quant = port.type.quant
        assert quant is not None
        want = quantize(run_onnxruntime(int8, row)[port.name], quant.scale0, quant.zero0, np.int8)
        assert (got[port.name] == want).mean() >= 0.95
