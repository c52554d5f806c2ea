"""Weights by name: slices of a supernet are networks of their own."""

from __future__ import annotations

import random

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from tests.search.tasks import PAIRS  # noqa: E402
from tinycompile.errors import UsageError  # noqa: E402
from tinycompile.search import Conv, Dense, NetworkBuilder, Space, Task  # noqa: E402
from tinycompile.search.training.store import NetworkModule, SharedWeights  # noqa: E402
from tinycompile.search.training.supernet import Supernet  # noqa: E402


@pytest.mark.parametrize(("space", "task"), PAIRS, ids=lambda v: getattr(v, "name", None))
def test_slices_compute_what_the_extracted_network_computes(space: Space, task: Task) -> None:
    supernet = Supernet.of(space, task, seed=1)
    rng = random.Random(4)
    for _ in range(3):
        network = space.network(space.sample(rng), task)
        x = torch.randn(3, *network.input, generator=torch.Generator().manual_seed(2))
        alone = supernet.shared.extract(network)
        for training in (True, False):
            supernet.shared.train(training)
            alone.train(training)
            with torch.no_grad():
                # Batch statistics, so that both see the same.
                assert torch.equal(supernet.shared.run(network, x), alone.run(network, x))


def test_slices_are_leading_channels_and_the_middle_of_kernels() -> None:
    def net(channels: int, kernel: int) -> NetworkBuilder:
        n = NetworkBuilder((2, 9, 9))
        n.conv("b", n.conv("a", n.input, channels, kernel), 4, 1)
        return n

    large, small = net(8, 7).build(), net(4, 3).build()
    shared = SharedWeights([large, small], seed=0)
    alone = shared.extract(small)
    assert torch.equal(alone.layer("a").weight, shared.layer("a").weight[:4, :, 2:5, 2:5])
    assert torch.equal(alone.layer("b").weight, shared.layer("b").weight[:, :4])
    assert shared.extract(large).layer("a").weight.shape == (8, 2, 7, 7)


def test_networks_that_share_nothing_are_refused() -> None:
    n = NetworkBuilder((1, 8, 8))
    n.conv("a", n.input, 4, 3)
    shared = SharedWeights([n.build()], seed=0)
    wide, other, flat = (NetworkBuilder((1, 8, 8)) for _ in range(3))
    wide.conv("a", wide.input, 8, 3)
    other.conv("b", other.input, 4, 3)
    flat.dense("a", flat.input, 4)
    x = torch.zeros(1, 1, 8, 8)
    with pytest.raises(UsageError, match=r"TC821.*needs weights \[8, 1, 3, 3\]"):
        shared.run(wide.build(), x)
    with pytest.raises(UsageError, match=r"TC821.*no weights for layer 'b'"):
        shared.extract(other.build())
    with pytest.raises(UsageError, match=r"TC821.*of two kinds"):
        SharedWeights([n.build(), flat.build()], seed=0)


def test_slices_that_would_mix_up_their_inputs_are_refused() -> None:
    def grouped(channels: int) -> NetworkBuilder:
        n = NetworkBuilder((4, 4, 4))
        n.append(Conv("a", ("input",), channels, groups=2))
        return n

    def several(channels: int) -> NetworkBuilder:
        n = NetworkBuilder((1, 4, 4))
        n.append(Dense("b", (n.conv("a", n.input, channels),), 2))
        return n

    for make, words in ((grouped, "has 2 groups"), (several, "several places")):
        large, small = make(8).build(), make(4).build()
        with pytest.raises(UsageError, match=f"TC821.*{words}"):
            SharedWeights([large, small], 0).run(small, torch.zeros(1, *small.input))


def test_folded_weights_compute_the_same() -> None:
    n = NetworkBuilder((3, 6, 6))
    n.conv("a", n.input, 5, 3)
    module = NetworkModule(n.build(), seed=3)
    generator = torch.Generator().manual_seed(1)
    found = module.layer("a")
    with torch.no_grad():
        for tensor in (found.gain, found.shift, found.mean):
            tensor.copy_(torch.randn(5, generator=generator))
        found.variance.copy_(torch.rand(5, generator=generator) + 0.1)
    x = torch.randn(2, 3, 6, 6, generator=generator)
    weight, bias = module.folded("a")
    expected = torch.relu(torch.nn.functional.conv2d(x, weight, bias, padding=1)).flatten(1)
    with torch.no_grad():
        assert torch.allclose(module.eval()(x), expected, atol=1e-5)
