"""One set of weights for all networks of a space."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import torch
from torch import Tensor

from tinycompile.search.network import Network
from tinycompile.search.recipe import Progress, Recipe
from tinycompile.search.resample import resampling
from tinycompile.search.space import Space, Task
from tinycompile.search.training.batches import Batches
from tinycompile.search.training.device import Device
from tinycompile.search.training.fit import calibrate
from tinycompile.search.training.loop import Loop, silent
from tinycompile.search.training.masked import run_masked
from tinycompile.search.training.optimise import Average, distillation, loss_of, optimiser_of
from tinycompile.search.training.store import NetworkModule, SharedWeights

_DRAWN = 200


@dataclass(frozen=True, eq=False)
class Supernet:
    """The shared weights of a space.

    Attributes:
        largest, smallest: the networks at the ends of the space.
    """

    space: Space
    task: Task
    shared: SharedWeights
    largest: Network
    smallest: Network

    @staticmethod
    def of(space: Space, task: Task, seed: int) -> Supernet:
        """Untrained weights, large enough for all networks of the space.

        Raises:
            UsageError: TC821.
        """
        largest, smallest = (space.network(p, task) for p in (space.largest(), space.smallest()))
        shared = SharedWeights(_extremes(space, task), seed)
        return Supernet(space, task, shared, largest, smallest)

    @property
    def activations(self) -> float:
        """Elements of all values of the networks of one step, about."""
        return 2.0 * (self.largest.activations + self.smallest.activations)

    def subnet(self, network: Network, data: Batches, device: Device, samples: int) -> NetworkModule:
        """A network of the space with its slices of the weights, and its own statistics.

        Args:
            data: training samples, at the size of the network's input.
            samples: to take the statistics from.

        Raises:
            UsageError: TC821.
        """
        module = self.shared.extract(network)
        calibrate(module, data, device, samples)
        return module

    def train(
        self,
        data: Batches,
        recipe: Recipe,
        device: Device,
        seed: int,
        *,
        progress: Progress = silent,
        checkpoint: Path | None = None,
    ) -> None:
        """Train all networks at once by the sandwich rule, the smaller ones led by the largest.

        Every step runs the largest, the smallest and two random networks (Yu, Huang: Universally Slimmable
        Networks, 2019; Yu et al.: BigNAS, 2020).

        Args:
            data: training samples at the size of the largest network's input.

        Raises:
            UsageError: TC822.
        """
        rng = random.Random()
        run = partial(run_masked, self.shared) if device.device.type == "cuda" else self.shared.run

        def step(x: Tensor, labels: Tensor, share: float) -> Tensor:
            with device.precision():
                scores = run(self.largest, x)
            loss = loss_of(scores.float(), labels, share, recipe.smoothing)
            loss.backward()
            for network in (self.smallest, *self._drawn(rng, 2)):
                with device.precision():
                    small = run(network, at_size(x, network.input[1:]))
                distillation(small.float(), scores.float(), 1.0).backward()
            return loss

        self.shared.train()
        average = Average(self.shared, recipe.average) if recipe.average else None
        Loop(
            "supernet", self.shared, data, [(optimiser_of(self.shared, recipe), recipe.rate)], recipe.epochs,
            recipe.batch, recipe.schedule, recipe.warmup, recipe.augment, seed, average, recipe.clip,
            checkpoint, progress, lambda step: rng.seed(f"{seed}/{step}"),
        ).run(step)  # fmt: skip

    def _drawn(self, rng: random.Random, count: int) -> Iterator[Network]:
        for _ in range(count):
            yield self.space.network(self.space.sample(rng), self.task)


def at_size(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Samples at another height and width, interpolated as `resampled` does it."""
    if x.shape[2:] == size:
        return x
    rows, columns = (_resampling(a, b, x.device) for a, b in zip(x.shape[2:], size, strict=True))
    return rows @ x @ columns.T


@cache
def _resampling(before: int, after: int, device: torch.device) -> Tensor:
    """On the device, where a step that is recorded must find it."""
    return torch.from_numpy(resampling(before, after)).to(device)


def _extremes(space: Space, task: Task) -> Iterator[Network]:
    """Networks among which every layer has its largest weights: every value of every choice once, the rest
    largest, then some at random, because layers may depend on several choices."""
    largest = space.largest()
    yield space.network(largest, task)
    for choice in space.choices():
        for value in choice.values[:-1]:
            yield space.network({**largest, choice.name: value}, task)
    rng = random.Random(0)
    for _ in range(_DRAWN):
        yield space.network(space.sample(rng), task)
