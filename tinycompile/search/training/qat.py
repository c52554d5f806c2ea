"""Quantisation-aware training."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from tinycompile.search.encoding import Encoding
from tinycompile.search.recipe import Progress, QuantRecipe, Recipe
from tinycompile.search.training.batches import Batches
from tinycompile.search.training.device import Device
from tinycompile.search.training.fit import Teacher, student_loss
from tinycompile.search.training.loop import Loop, silent
from tinycompile.search.training.quant_module import QuantModule
from tinycompile.search.training.store import NetworkModule


def quantise(
    module: NetworkModule,
    encoding: Encoding,
    data: Batches,
    recipe: QuantRecipe,
    device: Device,
    seed: int,
    *,
    teacher: Teacher | None = None,
    progress: Progress = silent,
    checkpoint: Path | None = None,
) -> QuantModule:
    """The network in int8: ranges from samples, then trained with all rounding in place (Jacob et al. 2018).

    Raises:
        UsageError: TC822.
    """
    module.eval()
    network = QuantModule(module, encoding, data.reals(data.x[: recipe.calibration]))
    losses = Recipe(
        recipe.epochs, distil=recipe.distil, temperature=recipe.temperature, smoothing=recipe.smoothing
    )

    def step(x: Tensor, labels: Tensor, share: Tensor | None) -> Tensor:
        loss = student_loss(network(x), x, labels, share, losses, teacher, device)
        loss.backward()
        return loss

    network.train()
    Loop(
            "quantise", network, data, _optimisers(network, recipe), recipe.epochs, recipe.batch, "cosine",
            0.05, recipe.augment, seed, None, 0.0, checkpoint, progress, replayed=True,
        ).run(step)  # fmt: skip
    network.eval()
    return network


def _optimisers(network: QuantModule, recipe: QuantRecipe) -> list[tuple[torch.optim.Optimizer, float]]:
    """SGD for weights and biases; Adam, whose steps do not depend on units, for the logarithms of scales."""
    groups = [
        {"params": list(network.weights.parameters()), "weight_decay": recipe.decay},
        {"params": list(network.biases.parameters()), "weight_decay": 0.0},
    ]
    weights = torch.optim.SGD(groups, lr=recipe.rate, momentum=0.9, nesterov=True)
    logarithms = [p for p in network.logarithms.values() if p.requires_grad]
    return [(weights, recipe.rate), (torch.optim.Adam(logarithms, lr=recipe.range_rate), recipe.range_rate)]
