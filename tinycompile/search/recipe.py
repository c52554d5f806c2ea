"""How networks are trained, as plain numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self

Schedule = Literal["cosine", "one-cycle"]
#: Called with the name of a phase, steps done, steps in all, and figures such as loss and accuracy.
Progress = Callable[[str, int, int, Mapping[str, float]], None]


@dataclass(frozen=True)
class Augment:
    """What is done to samples while training, each time anew.

    Attributes:
        shift: most rows and columns that a sample is moved by.
        flip: mirror half of the samples left to right.
        cutout: side of a square that is blanked (DeVries, Taylor 2017), 0 for none.
        mixup: parameter of the beta distribution that pairs are mixed by (Zhang et al. 2018), 0 for none.
        rotate: most degrees.
        zoom: most relative change of size.
        noise: standard deviation of Gaussian noise, in standard deviations of the data.
        colour: most relative change of the contrast of each channel, and of its level in standard deviations
            of the data.
    """

    shift: tuple[int, int] = (0, 0)
    flip: bool = False
    cutout: int = 0
    mixup: float = 0.0
    rotate: float = 0.0
    zoom: float = 0.0
    noise: float = 0.0
    colour: float = 0.0


@dataclass(frozen=True)
class _Run:
    """What limits a training run: passes over the samples, and billions of elements computed."""

    epochs: float
    work: float = field(default=math.inf, kw_only=True)

    def scaled(self, factor: float) -> Self:
        """The same with `factor` times the epochs and the work."""
        return replace(self, epochs=self.epochs * factor, work=self.work * factor)

    def within(self, activations: float, samples: int) -> Self:
        """The same with as many epochs as its work allows, for values of so many elements a sample."""
        return replace(self, epochs=min(self.epochs, self.work * 1e9 / (activations * samples)))


@dataclass(frozen=True)
class Recipe(_Run):
    """One training run.

    Attributes:
        epochs: passes over the training samples, the last of them maybe in part.
        work: most elements of all values to compute, forwards, in billions; epochs are cut to it.
        batch: samples a step.
        rate: highest learning rate.
        optimiser: SGD with Nesterov momentum 0.9, or AdamW.
        schedule: cosine to zero after `warmup`, or one-cycle (Smith, Topin 2018): up for 30 % of the steps,
            then down to zero.
        warmup: share of the steps in which the rate rises linearly.
        decay: weight decay, for weights but not for biases and normalisations.
        smoothing: of labels.
        average: decay of the moving average of the weights a step; 0 takes the last weights.
        distil: share of the loss that follows the teacher's probabilities, where there is a teacher.
        temperature: that both are softened by.
        clip: largest norm of the gradient; 0 does not limit it.
    """

    batch: int = 128
    rate: float = 0.1
    optimiser: Literal["sgd", "adamw"] = "sgd"
    schedule: Schedule = "cosine"
    warmup: float = 0.05
    decay: float = 1e-4
    smoothing: float = 0.0
    average: float = 0.0
    distil: float = 0.0
    temperature: float = 1.0
    clip: float = 0.0
    augment: Augment = Augment()


@dataclass(frozen=True)
class QuantRecipe(_Run):
    """Quantisation-aware training of a network that was trained in float.

    Attributes:
        rate: highest learning rate of weights and biases (SGD with momentum, cosine).
        range_rate: of the logarithms of scales (Adam); 0 keeps the calibrated ones.
        calibration: samples from which the first scales are found.
        work: as of a `Recipe`.
    """

    batch: int = 128
    rate: float = 0.005
    range_rate: float = 0.003
    decay: float = 1e-5
    distil: float = 0.0
    temperature: float = 1.0
    smoothing: float = 0.0
    calibration: int = 1024
    augment: Augment = Augment()
