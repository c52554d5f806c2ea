"""The trainer of a search, by its strategy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tinycompile.search.context import Job
from tinycompile.search.plans import default_plan
from tinycompile.search.settings import Strategy
from tinycompile.search.training import require_torch

if TYPE_CHECKING:
    from tinycompile.search.training.trainer import TrainEachTrainer


def make_trainer(job: Job, *, final: float = 1.0) -> TrainEachTrainer:
    """The trainer with the recipes for the task and the device.

    Args:
        final: factor on the epochs of the last training of a network.

    Raises:
        ToolchainError: TC820.
        UsageError: TC823.
    """
    require_torch()
    from tinycompile.search.training.device import Device
    from tinycompile.search.training.trainer import OneShotTrainer, TrainEachTrainer

    gpu = Device.named(job.device).device.type == "cuda"
    data, settings = job.data, job.settings
    plan = default_plan(job.task, len(data.train), gpu=gpu).scaled(settings.effort)
    plan = replace(plan, final=plan.final.scaled(final), quantised=plan.quantised.scaled(final))
    kind = OneShotTrainer if settings.strategy is Strategy.ONE_SHOT else TrainEachTrainer
    return kind(
        job.space, job.task, data.train, data.validation, plan, device=job.device, seed=settings.seed,
        folder=job.folder, proxy=settings.proxy, progress=job.progress, pool=job.pool,
        shared=job.shared, refit=settings.refit,
    )  # fmt: skip
