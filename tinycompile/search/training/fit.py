"""Training, calibration and evaluation of one network in float."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from tinycompile.search.recipe import Progress, Recipe
from tinycompile.search.training.batches import Batches
from tinycompile.search.training.device import Device
from tinycompile.search.training.loop import Loop, silent
from tinycompile.search.training.optimise import Average, distillation, loss_of, optimiser_of
from tinycompile.search.training.store import NetworkModule, has_norm

#: Samples -> scores.
Teacher = Callable[[Tensor], Tensor]
_EVALUATED = 1000


def fit(
    module: NetworkModule,
    data: Batches,
    recipe: Recipe,
    device: Device,
    seed: int,
    *,
    teacher: Teacher | None = None,
    phase: str = "train",
    progress: Progress = silent,
    checkpoint: Path | None = None,
) -> None:
    """Train a network in place; it ends in evaluation mode, with statistics for the weights it has.

    Args:
        teacher: gives the scores to follow with the recipe's share `distil`.
        checkpoint: file to keep progress in, and to resume from.

    Raises:
        UsageError: TC822.
    """

    def step(x: Tensor, labels: Tensor, share: Tensor | None) -> Tensor:
        with device.precision():
            scores = module(x)
        loss = student_loss(scores, x, labels, share, recipe, teacher, device)
        loss.backward()
        return loss

    module.train()
    average = Average(module, recipe.average) if recipe.average else None
    Loop(
            phase, module, data, [(optimiser_of(module, recipe), recipe.rate)], recipe.epochs, recipe.batch,
            recipe.schedule, recipe.warmup, recipe.augment, seed, average, recipe.clip, checkpoint, progress,
            replayed=True,
        ).run(step)  # fmt: skip
    module.eval()


def student_loss(
    scores: Tensor,
    x: Tensor,
    labels: Tensor,
    share: Tensor | None,
    recipe: Recipe,
    teacher: Teacher | None,
    device: Device,
) -> Tensor:
    """Cross entropy, and a share of following the teacher."""
    loss = loss_of(scores.float(), labels, share, recipe.smoothing)
    if teacher is None or not recipe.distil:
        return loss
    with torch.no_grad(), device.precision():
        soft = teacher(x).float()
    followed = distillation(scores.float(), soft, recipe.temperature)
    return (1 - recipe.distil) * loss + recipe.distil * followed


def calibrate(module: NetworkModule, data: Batches, device: Device, samples: int, batch: int = 1024) -> None:
    """Take the statistics of all normalisations from samples, as means over batches.

    What a subnet of a supernet needs before it can be evaluated (Yu, Huang 2019).
    """
    for layer in module.network.layers:
        if has_norm(layer):
            found = module.layer(layer.name)
            found.mean.zero_()
            found.variance.fill_(1.0)
    before = module.momentum
    module.train()
    with torch.no_grad(), device.exact():
        for number, (x, _) in enumerate(data.in_order(batch), 1):
            if (number - 1) * batch >= samples:
                break
            module.momentum = 1 / number
            module(x)
    module.momentum = before
    module.eval()


def accuracy(module: nn.Module, data: Batches, device: Device) -> float:
    """Share of samples whose highest score is that of their label, computed in float32."""
    module.eval()
    right = torch.zeros((), dtype=torch.int64, device=data.device)
    with torch.no_grad(), device.exact():
        for x, y in data.in_order(_EVALUATED):
            right += (module(x).argmax(1) == y).sum()
    return int(right) / len(data)
