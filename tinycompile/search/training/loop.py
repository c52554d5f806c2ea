"""The loop over batches that all kinds of training share: schedule, checkpoints, progress."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tinycompile.errors import Diagnostic, UsageError
from tinycompile.search.recipe import Augment, Progress, Schedule
from tinycompile.search.training import TC_DIVERGED
from tinycompile.search.training.batches import Batches
from tinycompile.search.training.optimise import Average, share_at
from tinycompile.search.training.replay import Replay

#: Samples, labels [batch, 2], weight [] of the first label or None -> the loss; leaves gradients behind.
Step = Callable[[Tensor, Tensor, Tensor | None], Tensor]
_SECONDS_BETWEEN = 30.0
_ROUND = 100  # steps between two looks at the clock


def silent(phase: str, done: int, total: int, figures: object) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, eq=False)
class Loop:
    """What is run, and how.

    Attributes:
        phase: name for progress.
        optimisers: each with its highest learning rate.
        epochs: passes over the samples, the last of them maybe in part.
        seed: of the order of samples and of augmentation; every round of steps has its own, so that a run
            that is resumed sees what it would have seen.
        average: moving average to keep, if any.
        clip: largest norm of the gradient, 0 for any.
        begin: called before each round with the number of steps done.
        replayed: the step runs the same kernels each time, so a GPU can record them.
        checkpoint: where to keep what is needed to go on, written every half minute and at the end.
    """

    phase: str
    module: nn.Module
    data: Batches
    optimisers: Sequence[tuple[torch.optim.Optimizer, float]]
    epochs: float
    batch: int
    schedule: Schedule
    warmup: float
    augment: Augment
    seed: int
    average: Average | None = None
    clip: float = 0.0
    checkpoint: Path | None = None
    progress: Progress = silent
    begin: Callable[[int], None] = lambda step: None
    replayed: bool = False

    @property
    def total(self) -> int:
        """Steps of the whole run."""
        return max(1, round(self.epochs * self.data.steps(self.batch)))

    def run(self, step: Step) -> None:
        """All steps that are left; afterwards the module has its averaged weights.

        Raises:
            UsageError: TC822.
        """
        saved, done, total = time.monotonic(), self._resume(), self.total
        replay = Replay(step) if self.replayed and self.data.device.type == "cuda" else None
        while done < total:
            epoch, first = divmod(done, self.data.steps(self.batch))
            last = min(first + _ROUND, self.data.steps(self.batch), first + total - done)
            loss = self._round(epoch, range(first, last), step, replay)
            done += last - first
            if not math.isfinite(loss):
                message = f"the loss is {loss} after {done:,} of {total:,} steps of '{self.phase}'"
                raise UsageError(Diagnostic(TC_DIVERGED, message, (self.phase,), "lower the learning rate"))
            due = done == total or time.monotonic() - saved > _SECONDS_BETWEEN
            if self.checkpoint is not None and due:
                self._save(self.checkpoint, done)
                saved = time.monotonic()
            self.progress(self.phase, done, total, {"loss": loss})
        if self.average is not None:
            self.average.apply(self.module)

    def _round(self, epoch: int, steps: range, step: Step, replay: Replay | None) -> float:
        """Mean loss of some batches of an epoch."""
        before = epoch * self.data.steps(self.batch) + steps.start
        self.begin(before)
        losses = torch.zeros((), device=self.data.device)
        batches = self.data.shuffled(self.batch, self.augment, self.seed * 100_003 + epoch, steps)
        for index, (x, labels, share) in enumerate(batches):
            part = share_at(self.schedule, self.warmup, (before + index + 0.5) / self.total)
            for optimiser, rate in self.optimisers:
                if replay is None or not replay.recorded:
                    optimiser.zero_grad(set_to_none=True)
                for group in optimiser.param_groups:
                    group["lr"] = rate * part
            losses += (step if replay is None else replay)(x, labels, share).detach()
            if self.clip:
                nn.utils.clip_grad_norm_(self.module.parameters(), self.clip)
            for optimiser, _ in self.optimisers:
                optimiser.step()
            if self.average is not None:
                self.average.update(self.module)
        return float(losses) / len(steps)

    def _save(self, path: Path, done: int) -> None:
        """Replace the checkpoint at once, so that there is always a whole one."""
        state: dict[str, Any] = {
            "done": done,
            "module": self.module.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser, _ in self.optimisers],
        }
        if self.average is not None:
            state |= {"average": self.average.values, "steps": self.average.steps}
        replace_with(path, state)

    def _resume(self) -> int:
        """Steps that are done."""
        if self.checkpoint is None or not self.checkpoint.exists():
            return 0
        state = torch.load(self.checkpoint, map_location=self.data.device, weights_only=True)
        self.module.load_state_dict(state["module"])
        for (optimiser, _), found in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(found)
        if self.average is not None:
            self.average.values, self.average.steps = state["average"], state["steps"]
        return int(state["done"])


def load_trained(module: nn.Module, path: Path, device: torch.device) -> None:
    """Give a module the weights that a run left in its checkpoint.

    Raises:
        RuntimeError: they are of another module.
    """
    state = torch.load(path, map_location=device, weights_only=True)
    module.load_state_dict(state["module"])
    if "average" in state:
        average = Average(module, 0.0)
        average.values = state["average"]
        average.apply(module)


def replace_with(path: Path, state: object) -> None:
    """Store with torch.save, in one step."""
    part = path.with_name(f"{path.name}.part{os.getpid()}")
    torch.save(state, part)
    part.replace(path)
