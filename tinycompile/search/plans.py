"""Recipes for whole searches, by the size of the task and the machine."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tinycompile.search.recipe import Augment, QuantRecipe, Recipe
from tinycompile.search.space import Task

_SERIES_SHIFT = 0.1


@dataclass(frozen=True)
class TrainingPlan:
    """The runs of a search.

    Attributes:
        shared: the supernet.
        teacher: a large network that leads the last training; None does without.
        teacher_width: channels of its first layer.
        short: one candidate that is trained by itself, to be compared.
        final: the chosen network.
        quantised: quantisation-aware training of the chosen network.
        statistics: samples from which the normalisations of a subnet are taken.
    """

    shared: Recipe
    short: Recipe
    final: Recipe
    quantised: QuantRecipe
    teacher: Recipe | None = None
    teacher_width: int = 64
    statistics: int = 2048

    def scaled(self, factor: float) -> TrainingPlan:
        """The same with `factor` times the epochs of every run."""
        return replace(
            self,
            shared=self.shared.scaled(factor),
            short=self.short.scaled(factor),
            final=self.final.scaled(factor),
            quantised=self.quantised.scaled(factor),
            teacher=None if self.teacher is None else self.teacher.scaled(factor),
        )


def default_plan(task: Task, samples: int, *, gpu: bool, mirrored: bool | None = None) -> TrainingPlan:
    """Recipes that end in minutes: on a GPU for some ten thousand images, on the CPU for smaller tasks.

    Args:
        samples: to train on.
        mirrored: whether a sample seen in a mirror is one of the same class; None: colour images.
    """
    mirrored = task.shape[0] == 3 and min(task.shape[1:]) > 1 if mirrored is None else mirrored
    augment = augment_for(task, mirrored)
    return _on_gpu(task, samples, augment) if gpu else _on_cpu(samples, augment)


def augment_for(task: Task, mirrored: bool) -> Augment:
    """What leaves the class of a sample as it is, by its shape alone."""
    channels, height, width = task.shape
    if 1 in (height, width):
        return Augment((round(height * _SERIES_SHIFT), round(width * _SERIES_SHIFT)), noise=0.05)
    if channels == 1 and height >= 2 * width:  # a spectrogram: time moves, frequency does not
        return Augment((round(height * _SERIES_SHIFT), 0), noise=0.05)
    shift = (
        (max(1, height // 8), max(1, width // 8)) if mirrored else (max(1, height // 14), max(1, width // 14))
    )
    if mirrored:
        return Augment(shift, flip=True)
    return Augment(shift, rotate=8.0, zoom=0.08)


def _on_gpu(task: Task, samples: int, augment: Augment) -> TrainingPlan:
    """For a data-centre GPU: 50,000 images of 32x32 take about a quarter of an hour in all."""
    passes = 50_000 / samples
    strong = replace(augment, cutout=task.shape[1] // 4)
    return TrainingPlan(
        shared=Recipe(
            70 * passes,
            512,
            0.4,
            warmup=0.05,
            decay=1e-4,
            clip=5.0,
            distil=0.5,
            augment=augment,
        ),
        short=Recipe(12 * passes, 512, 0.4, "sgd", "one-cycle", decay=5e-4, augment=augment),
        final=Recipe(
            200 * passes,
            512,
            0.4,
            decay=8e-4,
            clip=5.0,
            distil=0.9,
            temperature=2.0,
            average=0.999,
            augment=augment,
        ),
        quantised=QuantRecipe(15 * passes, 512, 0.01, distil=0.9, temperature=2.0, augment=augment),
        teacher=Recipe(60 * passes, 512, 0.4, "sgd", "one-cycle", decay=5e-4, augment=strong),
        statistics=8192,
    )


def _on_cpu(samples: int, augment: Augment) -> TrainingPlan:
    """For one core: as many steps whatever the number of samples, twice as many where there are plenty, and
    fewer for large networks. It computes about 0.2 billion elements a second, forwards and backwards.
    """
    batch = 64
    passes = batch / samples * (1 if samples < 10_000 else 2)
    return TrainingPlan(
        shared=Recipe(
            2000 * passes,
            batch,
            0.2,
            warmup=0.1,
            decay=1e-5,
            clip=5.0,
            distil=0.3,
            augment=augment,
            work=16.0,
        ),
        short=Recipe(600 * passes, batch, 0.1, "sgd", "one-cycle", decay=5e-5, augment=augment, work=2.0),
        final=Recipe(
            4000 * passes,
            batch,
            0.1,
            "sgd",
            "one-cycle",
            decay=5e-5,
            average=0.998,
            augment=augment,
            work=32.0,
        ),
        quantised=QuantRecipe(800 * passes, batch, 0.005, augment=augment, work=5.0),
        statistics=512,
    )
