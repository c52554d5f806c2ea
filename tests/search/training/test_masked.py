"""Masked networks compute what their slices compute."""

from __future__ import annotations

import random

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from tinycompile.search.space import Task, get_space  # noqa: E402
from tinycompile.search.spaces.mcunet import MCUNet  # noqa: E402
from tinycompile.search.training.masked import run_masked  # noqa: E402
from tinycompile.search.training.supernet import Supernet  # noqa: E402


@pytest.mark.parametrize("name", ["mcunet", "excite", "resnet", "dscnn"])
def test_values_and_gradients(name: str) -> None:
    space = MCUNet(excite=True) if name == "excite" else get_space(name)
    task = Task((3, 16, 16), 5)
    shared = Supernet.of(space, task, 0).shared.double()
    x = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    rng = random.Random(2)
    for _ in range(6):
        network = space.network(space.sample(rng), task)
        found = []
        for run in (shared.run, lambda n, x: run_masked(shared, n, x)):
            shared.zero_grad()
            scores = run(network, x)
            scores.square().sum().backward()
            found.append((scores, {n: p.grad for n, p in shared.named_parameters()}))
        (sliced, wanted), (masked, gradients) = found
        torch.testing.assert_close(masked, sliced)
        for key, grad in wanted.items():
            if grad is not None:
                torch.testing.assert_close(gradients[key], grad, msg=key)
