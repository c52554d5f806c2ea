"""One set of weights for all networks of a space."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator, Sequence
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
_TOGETHER = 2  # networks of one step


@dataclass(frozen=True, eq=False)
class Supernet:
    """The shared weights of a space.

    Attributes:
        largest: of the space, whose weights all share.
        trained: the networks that the weights are trained for, by ascending size, the first and the last of
            them most of all; draws from the space where there are only these two.
    """

    space: Space
    task: Task
    shared: SharedWeights
    largest: Network
    trained: Sequence[Network]

    @staticmethod
    def of(space: Space, task: Task, seed: int, pool: Sequence[Network] = ()) -> Supernet:
        """Untrained weights, large enough for all networks of the space.

        Args:
            pool: networks to train the weights for, by ascending size, where not all of the space matter.

        Raises:
            UsageError: TC821.
        """
        largest, smallest = (space.network(p, task) for p in (space.largest(), space.smallest()))
        shared = SharedWeights(_extremes(space, task), seed)
        return Supernet(space, task, shared, largest, pool or (smallest, largest))

    @property
    def activations(self) -> float:
        """Elements of all values of the networks of one step, about."""
        ends = (self.trained[0].activations + self.trained[-1].activations) / 2
        mean = statistics.fmean(n.activations for n in self.trained)
        return _TOGETHER * (ends + mean) / 2

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
        """Train all networks at once by the sandwich rule, spread over steps.

        Of two steps one trains the largest network and the other the smallest, each together with a random
        one (Yu, Huang: Universally Slimmable Networks, 2019, have all of these in every step; with few steps,
        more steps of two networks come further). All learn from labels. Beside the largest, a network also
        follows its probabilities (in-place distillation; Yu et al.: BigNAS, 2020), by a share that grows with
        the steps to the recipe's `distil`: at first there is nothing to learn from it.

        Args:
            data: training samples at the size of the largest network's input.

        Raises:
            UsageError: TC822.
        """
        run = partial(run_masked, self.shared) if device.device.type == "cuda" else self.shared.run
        total = max(1, round(recipe.epochs * data.steps(recipe.batch)))
        turns = _Turns(seed)

        def scores_of(network: Network, x: Tensor) -> Tensor:
            with device.precision():
                return run(network, at_size(x, network.input[1:])).float()

        def step(x: Tensor, labels: Tensor, share: Tensor | None) -> Tensor:
            number = turns.next()
            leads = number % 2 == 0
            first = scores_of(self.trained[-1 if leads else 0], x)
            loss = loss_of(first, labels, share, recipe.smoothing)
            loss.backward()
            other = scores_of(self._drawn(turns.rng), x)
            follows = recipe.distil * number / total if leads else 0.0
            taught = (1 - follows) * loss_of(other, labels, share, recipe.smoothing)
            if follows:
                taught = taught + follows * distillation(other, first, recipe.temperature)
            taught.backward()
            return loss

        self.shared.train()
        average = Average(self.shared, recipe.average) if recipe.average else None
        Loop(
            "supernet", self.shared, data, [(optimiser_of(self.shared, recipe), recipe.rate)], recipe.epochs,
            recipe.batch, recipe.schedule, recipe.warmup, recipe.augment, seed, average, recipe.clip,
            checkpoint, progress, turns.begin,
        ).run(step)  # fmt: skip

    def _drawn(self, rng: random.Random) -> Network:
        if len(self.trained) > 2:
            return rng.choice(self.trained)
        return self.space.network(self.space.sample(rng), self.task)


class _Turns:
    """Numbers of steps, and random numbers that a resumed run repeats."""

    def __init__(self, seed: int) -> None:
        self.rng, self._seed, self._number = random.Random(), seed, 0

    def begin(self, step: int) -> None:
        """A round of steps begins with this one."""
        self.rng.seed(f"{self._seed}/{step}")
        self._number = step

    def next(self) -> int:
        """The number of the step that begins."""
        self._number += 1
        return self._number - 1


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
