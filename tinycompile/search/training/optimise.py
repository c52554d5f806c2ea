"""Optimisers, schedules and moving averages."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from tinycompile.search.recipe import Recipe, Schedule

_RISE = 0.3  # share of a one-cycle schedule that goes up


def optimiser_of(module: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimiser; parameters of one dimension (biases, normalisations) do not decay."""
    groups = [
        {"params": [p for p in module.parameters() if p.dim() > 1], "weight_decay": recipe.decay},
        {"params": [p for p in module.parameters() if p.dim() <= 1], "weight_decay": 0.0},
    ]
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.rate)
    return torch.optim.SGD(groups, lr=recipe.rate, momentum=0.9, nesterov=True)


def share_at(schedule: Schedule, warmup: float, done: float) -> float:
    """What share of the highest learning rate is used after a share `done` of all steps."""
    if schedule == "one-cycle":
        if done < _RISE:
            return 0.04 + 0.96 * _half_cosine(1 - done / _RISE)
        return _half_cosine((done - _RISE) / (1 - _RISE))
    if done < warmup:
        return done / warmup
    return _half_cosine((done - warmup) / (1 - warmup))


def _half_cosine(done: float) -> float:
    """From 1 at 0 to 0 at 1."""
    return 0.5 * (1 + math.cos(math.pi * done))


def loss_of(scores: Tensor, labels: Tensor, share: Tensor | None, smoothing: float) -> Tensor:
    """Cross entropy with labels [batch, 2], the first weighted `share` [], or alone."""
    first = functional.cross_entropy(scores, labels[:, 0], label_smoothing=smoothing)
    if share is None:
        return first
    second = functional.cross_entropy(scores, labels[:, 1], label_smoothing=smoothing)
    return share * first + (1 - share) * second


def distillation(scores: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Cross entropy with the teacher's softened probabilities (Hinton, Vinyals, Dean 2015)."""
    soft = functional.softmax(teacher.detach() / temperature, 1)
    logarithms = functional.log_softmax(scores / temperature, 1)
    return -(soft * logarithms).sum(1).mean() * temperature**2


class Average:
    """A moving average of all weights and statistics of a module."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.values = [value.detach().clone() for value in _floats(module)]

    def update(self, module: nn.Module) -> None:
        """Take in the present values; early steps count more than `decay` says."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            present = [value.detach() for value in _floats(module)]
            torch._foreach_lerp_(self.values, present, 1 - decay)

    def apply(self, module: nn.Module) -> None:
        """Give the module the averaged values."""
        with torch.no_grad():
            for value, mean in zip(_floats(module), self.values, strict=True):
                value.copy_(mean)


def _floats(module: nn.Module) -> Iterable[Tensor]:
    return [v for v in module.state_dict(keep_vars=True).values() if v.is_floating_point()]
