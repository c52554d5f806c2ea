"""Networks as data: figures worked out by hand, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings

from tests.search.tasks import networks
from tinycompile.errors import ModelError
from tinycompile.search import INPUT, Activation, Conv, Dense, Network, NetworkBuilder, Pool, Space, Task


def small() -> Network:
    """5x7 with two channels: a strided convolution, a depthwise one, a shortcut, a classifier."""
    n = NetworkBuilder((2, 5, 7))
    x = n.conv("a", n.input, 4, 3, 2)
    y = n.depthwise("b", x, 5, activation=Activation.NONE)
    return n.classifier(n.add("c", x, y, Activation.RELU), 3)


def test_figures_are_those_worked_out_by_hand() -> None:
    network = small()
    assert network.shapes["a"] == (4, 3, 4)
    assert network.macs == 3 * 4 * 4 * (2 * 9) + 3 * 4 * 4 * 25 + 4 * 3
    assert network.parameters == (4 * 2 * 9 + 4) + (4 * 25 + 4) + (3 * 4 + 3)
    assert network.weight_bytes == 4 * 2 * 9 + 4 * 25 + 3 * 4 + 4 * (4 + 4 + 3)
    assert network.weighted["b"] == (4, 1, 5, 5)


def test_digest_is_the_same_on_every_machine() -> None:
    assert small().digest == "3c669229c00cb504"
    assert replace(small(), input=(2, 5, 8)).digest != small().digest


@given(networks())
@settings(max_examples=40, deadline=None)
def test_networks_are_read_back(found: tuple[Space, Task, Network]) -> None:
    network = found[2]
    again = Network.from_json(json.loads(json.dumps(network.to_json())))
    assert again == network
    assert hash(again) == hash(network)
    assert again.digest == network.digest


def _conv(name: str = "a", reads: tuple[str, ...] = (INPUT,), **kind: int) -> Conv:
    return Conv(name, reads, **{"channels": 4, **kind})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Network((1, 4, 4), ()), "needs a layer"),
        (lambda: Network((1, 0, 4), (_conv(),)), "the input has shape"),
        (lambda: Network((1, 4, 4), (_conv(), _conv())), "given twice"),
        (lambda: Network((1, 4, 4), (_conv(INPUT),)), "given twice"),
        (lambda: Network((1, 4, 4), (_conv("scores"),)), "no name"),
        (lambda: Network((1, 4, 4), (_conv("a:b"),)), "no name"),
        (lambda: Network((1, 4, 4), (_conv(reads=("b",)),)), "reads 'b'"),
        (lambda: Network((1, 4, 4), (_conv(reads=(INPUT, INPUT)),)), "reads 1 values, not 2"),
        (lambda: Network((3, 4, 4), (_conv(groups=2),)), "2 groups do not divide 3"),
        (lambda: Network((3, 4, 4), (_conv(channels=0),)), "must be positive"),
        (lambda: Network((1, 1, 4), (Pool("p", (INPUT,)),)), "does not fit into 1x4"),
        (lambda: Network((1, 4, 4), (Dense("d", (INPUT,), 0),)), "must be positive"),
        (lambda: Network.from_json({"input": [1, 2], "layers": []}), "no description"),
        (lambda: Network.from_json({"input": [1, 2, 2], "layers": [{"kind": "lstm"}]}), "no description"),
        (
            lambda: Network.from_json({"input": [1, 2, 2], "layers": [{"kind": "conv", "height": 1}]}),
            "no description",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make: Callable[[], Network], words: str) -> None:
    with pytest.raises(ModelError, match="TC810") as caught:
        make()
    assert words in str(caught.value)
