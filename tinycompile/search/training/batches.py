"""Labelled samples on the device, and batches of them, augmented there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from tinycompile.search.encoding import Array, Encoding
from tinycompile.search.recipe import Augment
from tinycompile.search.resample import resampled
from tinycompile.search.training.device import Device


class Labelled(Protocol):
    """Samples x [count, channels, height, width] of uint8, int8 or float32, and labels y int64[count]."""

    @property
    def x(self) -> Array:
        """The samples."""

    @property
    def y(self) -> Array:
        """The labels."""


@dataclass(frozen=True, eq=False)
class Batches:
    """A data set that lies on the device as a whole, in int8.

    Attributes:
        x: int8[count, channels, height, width].
        y: int64[count].
        zero, step: the network sees (x - zero) * step.
        layout: memory format of what it sees.
    """

    x: Tensor
    y: Tensor
    zero: int
    step: float
    layout: torch.memory_format

    @staticmethod
    def of(data: Labelled, encoding: Encoding, device: Device, size: tuple[int, int]) -> Batches:
        """Samples at a size (height, width), encoded."""
        integers = encoding.integers(resampled(data.x, *size))
        x, y = (torch.from_numpy(a).to(device.device) for a in (integers, np.asarray(data.y, np.int64)))
        return Batches(x, y, encoding.quant.zero0, encoding.step, device.layout)

    def with_(self, others: Batches) -> Batches:
        """These samples and others of the same encoding."""
        return replace(self, x=torch.cat([self.x, others.x]), y=torch.cat([self.y, others.y]))

    def __len__(self) -> int:
        return len(self.y)

    @property
    def device(self) -> torch.device:
        """Where the samples lie."""
        return self.x.device

    def reals(self, x: Tensor) -> Tensor:
        """float32 samples."""
        return ((x.float() - self.zero) * self.step).contiguous(memory_format=self.layout)

    def in_order(self, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """All samples as they are; the last batch may be smaller."""
        for start in range(0, len(self), batch):
            part = slice(start, start + batch)
            yield self.reals(self.x[part]), self.y[part]

    def steps(self, batch: int) -> int:
        """Batches of an epoch."""
        return max(1, len(self) // batch)

    def shuffled(
        self, batch: int, augment: Augment, seed: int, steps: range | None = None
    ) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
        """An epoch in an order of its own: samples, labels [batch, 2], and the weight [] of the first label.

        The weight is None where both labels are the same.

        The last batch is left out when it is not full, unless it is the only one.

        Args:
            seed: of the order, and of augmentation.
            steps: which batches of the epoch; all if not given.
        """
        steps = range(self.steps(batch)) if steps is None else steps
        generator = torch.Generator(self.device).manual_seed(seed)
        order = torch.randperm(len(self), generator=generator, device=self.device)
        generator.manual_seed(seed * 65_537 + steps.start)
        for index, share in zip(steps, self._shares(augment.mixup, seed, steps), strict=True):
            chosen = order[index * batch : (index + 1) * batch]
            x = self.reals(_moved(self.x[chosen], augment, self.zero, generator))
            x = _disturbed(x, augment, generator)
            y = self.y[chosen]
            if share is None:
                yield x, torch.stack([y, y], 1), None
            else:
                yield x * share + x.flip(0) * (1 - share), torch.stack([y, y.flip(0)], 1), share

    def _shares(self, mixup: float, seed: int, steps: range) -> Sequence[Tensor | None]:
        """float32[] for each step, drawn and copied to the device together."""
        if not mixup:
            return [None] * len(steps)
        drawn = np.random.default_rng((seed, steps.start)).beta(mixup, mixup, len(steps))
        return list(torch.from_numpy(drawn.astype(np.float32)).to(self.device))


def _moved(x: Tensor, augment: Augment, blank: int, generator: torch.Generator) -> Tensor:
    """Shifted and mirrored samples; what comes in at the sides is blank."""
    (down, right), (count, _, height, width) = augment.shift, x.shape
    if not (down or right or augment.flip):
        return x
    device = x.device
    padded = functional.pad(x, (right, right, down, down), value=blank)
    rows = torch.arange(height, device=device) + _whole(2 * down, count, generator, device)
    columns = torch.arange(width, device=device).expand(count, width)
    if augment.flip:
        mirrored = torch.rand(count, 1, generator=generator, device=device) < 0.5
        columns = torch.where(mirrored, width - 1 - columns, columns)
    columns = columns + _whole(2 * right, count, generator, device)
    number = torch.arange(count, device=device)[:, None, None]
    return padded[number, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _whole(most: int, count: int, generator: torch.Generator, device: torch.device) -> Tensor:
    """int64[count, 1] from 0 to `most`."""
    return torch.randint(0, most + 1, (count, 1), generator=generator, device=device)


def _disturbed(x: Tensor, augment: Augment, generator: torch.Generator) -> Tensor:
    """Rotated, zoomed, recoloured, noisy samples with a blank square; blank is zero."""
    count, channels, height, width = x.shape
    device = x.device
    if augment.rotate or augment.zoom:
        angle = _spread(count, augment.rotate * math.pi / 180, generator, device)
        size = 1 + _spread(count, augment.zoom, generator, device)
        cosine, sine, none = torch.cos(angle) / size, torch.sin(angle) / size, torch.zeros_like(angle)
        aspect = height / width
        upper = torch.stack([cosine, -sine * aspect, none], 1)
        matrix = torch.stack([upper, torch.stack([sine / aspect, cosine, none], 1)], 1)
        grid = functional.affine_grid(matrix, list(x.shape), align_corners=False)
        x = functional.grid_sample(x, grid, align_corners=False)
    if augment.colour:
        contrast, level = _spread(2 * count * channels, augment.colour, generator, device).reshape(
            2, count, channels, 1, 1
        )
        x = x * (1 + contrast) + level
    if augment.noise:
        x = x + augment.noise * torch.randn(x.shape, generator=generator, device=device)
    if augment.cutout:
        rows = _inside(height, augment.cutout, count, generator, device)
        columns = _inside(width, augment.cutout, count, generator, device)
        x = x * ~(rows[:, None, :, None] & columns[:, None, None, :])
    return x


def _spread(count: int, most: float, generator: torch.Generator, device: torch.device) -> Tensor:
    """float32[count] in -most..most."""
    return (2 * torch.rand(count, generator=generator, device=device) - 1) * most


def _inside(size: int, side: int, count: int, generator: torch.Generator, device: torch.device) -> Tensor:
    """bool[count, size]: in a stretch of `side` around a place drawn for each."""
    start = torch.randint(0, size, (count, 1), generator=generator, device=device) - side // 2
    place = torch.arange(size, device=device)
    return (place >= start) & (place < start + side)
