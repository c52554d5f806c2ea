"""Quantisation in the loop: what is trained is what onnxruntime, the program and the C compute."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from tests.networks.quantised import run_onnxruntime  # noqa: E402
from tests.search.training.conftest import Samples, blobs  # noqa: E402
from tinycompile.compiler import compile  # noqa: E402
from tinycompile.data import to_port_type  # noqa: E402
from tinycompile.search import Activation, Network, NetworkBuilder, PoolKind  # noqa: E402
from tinycompile.search.encoding import encoding_of  # noqa: E402
from tinycompile.search.network import OUTPUT  # noqa: E402
from tinycompile.search.network_onnx import onnx_model  # noqa: E402
from tinycompile.search.recipe import QuantRecipe, Recipe  # noqa: E402
from tinycompile.search.training.batches import Batches  # noqa: E402
from tinycompile.search.training.device import Device  # noqa: E402
from tinycompile.search.training.fake_quant import best_range, rounded_bias, stored, weight_scales  # noqa: E402
from tinycompile.search.training.fit import accuracy, fit  # noqa: E402
from tinycompile.search.training.qat import quantise  # noqa: E402
from tinycompile.search.training.quant_module import QuantModule  # noqa: E402
from tinycompile.search.training.store import NetworkModule  # noqa: E402

CPU = Device.named("cpu")
SHAPE = (2, 10, 8)


def network() -> Network:
    """Every kind of layer and activation."""
    n = NetworkBuilder(SHAPE)
    x = n.conv("a", n.input, 8, 3, activation=Activation.RELU6)
    y = n.squeeze_excite("b", n.depthwise("c", x, 5), 4)
    y = n.conv("d", y, 8, 1, activation=Activation.NONE)
    x = n.pool("f", n.add("e", x, y), PoolKind.MAX)
    x = n.add("g", x, n.conv("h", x, 8, 2, activation=Activation.NONE), Activation.RELU)
    x = n.dense("i", n.pool("j", x, PoolKind.MEAN), 12, Activation.RELU)
    n.dense("k", x, 4)
    return n.build()


def _converted(samples: Samples, dtype: str) -> Samples:
    """The same samples in another type."""
    match dtype:
        case "int8":
            return Samples((samples.x.astype(int) - 128).astype(np.int8), samples.y)
        case "float32":
            return Samples((samples.x.astype(np.float32) - 60) / 7, samples.y)
        case _:
            return samples


@pytest.fixture(scope="module", params=["uint8", "int8", "float32"])
def trained(request: pytest.FixtureRequest) -> tuple[QuantModule, NetworkModule, Samples, Batches]:
    """A network after quantisation-aware training, with samples it has not seen."""
    train, held = (
        _converted(blobs(count, seed, SHAPE), request.param) for count, seed in ((256, 0), (96, 1))
    )
    encoding = encoding_of(train.x)
    data, test = (Batches.of(part, encoding, CPU, SHAPE[1:]) for part in (train, held))
    module = NetworkModule(network(), seed=1)
    fit(module, data, Recipe(6, 32, 0.05), CPU, 0)
    return quantise(module, encoding, data, QuantRecipe(3, 32, 0.01), CPU, 0), module, held, test


def test_accuracy_is_kept(trained: tuple[QuantModule, NetworkModule, Samples, Batches]) -> None:
    quantised, module, _, test = trained
    assert accuracy(module, test, CPU) > 0.95
    assert accuracy(quantised, test, CPU) >= accuracy(module, test, CPU) - 0.02


def test_onnxruntime_computes_what_was_trained(
    trained: tuple[QuantModule, NetworkModule, Samples, Batches],
) -> None:
    quantised, _, held, test = trained
    exported = quantised.export()
    model, scale = onnx_model(exported), exported.values[network().output].scale0
    with torch.no_grad():
        scores = quantised(test.reals(test.x)).numpy()
    steps = [
        (run_onnxruntime(model, {"input": x.transpose(1, 2, 0)[None]})[OUTPUT][0] - s) / scale
        for x, s in zip(held.x, scores, strict=True)
    ]
    assert np.abs(steps).max() < 1.01  # float sums differ within their rounding, so ties may go either way
    assert np.mean(np.abs(steps) > 0.01) < 0.02


def test_the_program_computes_what_was_trained(
    trained: tuple[QuantModule, NetworkModule, Samples, Batches],
) -> None:
    quantised, _, held, test = trained
    exported = quantised.export()
    compiled = compile(onnx_model(exported).SerializeToString(), "host")
    quant = exported.values[network().output]
    (port,) = compiled.program.inputs
    with torch.no_grad():
        scores = quantised(test.reals(test.x)).numpy()
    expected = np.rint(scores / quant.scale0).astype(int) + quant.zero0
    samples = to_port_type(held.x.transpose(0, 2, 3, 1), port.type)
    found = np.stack([compiled.simulate({"input": x[None]})[OUTPUT][0] for x in samples])
    assert np.abs(found - expected).max() <= 1
    assert (found != expected).mean() < 0.05  # means of four have ties in the C's direction
    assert abs((found.argmax(1) == held.y).mean() - (scores.argmax(1) == held.y).mean()) <= 1 / 96


def test_the_largest_values_keep_the_scale_they_are_taken_from(
    trained: tuple[QuantModule, NetworkModule, Samples, Batches],
) -> None:
    values = trained[0].export().values
    assert values["f"] == values["e"]
    assert values["a"].zero0 == values["i"].zero0 == -128


def test_what_is_stored_is_on_the_grid() -> None:
    x = torch.linspace(-3, 3, 1001, requires_grad=True)
    logarithm = torch.tensor(float(np.log(0.02)), requires_grad=True)
    y = stored(x, logarithm, torch.tensor(-10, dtype=torch.int32))
    steps = y.detach().numpy() / 0.02
    assert np.abs(steps - np.rint(steps)).max() < 1e-3
    assert (steps.min(), steps.max()) == pytest.approx((-118, 137))
    y.sum().backward()
    inside = (x.detach() >= -118.5 * 0.02) & (x.detach() <= 137.5 * 0.02)
    assert torch.equal(x.grad, inside.float())


def test_the_gradient_of_a_scale_is_that_of_the_clipped_and_the_rounded() -> None:
    logarithm = torch.tensor(0.0, requires_grad=True)
    zero = torch.tensor(0, dtype=torch.int32)
    for value, expected in ((200.0, 127.0), (-300.0, -128.0), (1.25, -0.25), (1.75, 0.25)):
        logarithm.grad = None
        stored(torch.tensor([value]), logarithm, zero).sum().backward()
        assert float(logarithm.grad) == pytest.approx(expected)


def test_biases_fit_their_integers() -> None:
    weight, bias = torch.tensor([[1e-9, 0.0], [0.5, -1.27]]), torch.tensor([100.0, 0.1])
    step = torch.tensor(0.01)
    scales = weight_scales(weight, bias, step)
    assert float(scales[1]) == pytest.approx(0.01)
    assert float(bias[0] / (scales[0] * step)) <= 2**24
    assert torch.allclose(rounded_bias(bias, scales * step), bias, rtol=1e-3)


def test_ranges_leave_out_what_is_rare() -> None:
    x = torch.randn(1 << 16, generator=torch.Generator().manual_seed(0))
    x[7] = 12.0
    scale, zero = best_range(x)
    whole = float(x.max() - x.min()) / 255

    def error(step: float, at: int) -> float:
        held = stored(x, torch.tensor(float(np.log(step))), torch.tensor(at, dtype=torch.int32))
        return float(((held - x) ** 2).mean())

    assert scale < whole
    assert error(scale, zero) < error(whole, round(-128 - float(x.min()) / whole))
    assert best_range(x.relu())[1] == -128
    assert best_range(torch.zeros(5))[0] > 0
