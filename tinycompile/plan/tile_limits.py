"""What tiling can change in a stream: which values may vanish into tiles, and what may be made in bands.

These are necessary conditions, read off the geometry; `tilings` says what is really tiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tinycompile.plan.geometry import Layer
from tinycompile.plan.lives import Lives
from tinycompile.plan.tilings import BANDS, LONGEST


@dataclass(frozen=True, eq=False)
class TileLimits:
    """For all streams of a geometry in its order; `recompute` says whether anything may be computed twice."""

    lives: Lives
    recompute: bool

    @cached_property
    def last(self) -> Sequence[int]:
        """Per layer the last reader of its result; the number of layers where it has none or leaves."""
        geometry, readers = self.lives.geometry, self.lives.readers
        count = len(geometry.layers)
        return [
            count
            if layer.output in geometry.outputs or not readers[layer.output]
            else readers[layer.output][-1]
            for layer in geometry.layers
        ]

    @cached_property
    def vanishes(self) -> Sequence[bool]:
        """Per layer whether its result may exist in tiles only."""
        return [self._vanishes(index) for index in range(len(self.last))]

    def hidden(self, index: int) -> bool:
        """Whether the result of a layer may exist in tiles only; not so for -1, an input."""
        return index >= 0 and self.vanishes[index]

    def _vanishes(self, index: int) -> bool:
        layers = self.lives.geometry.layers
        if self.last[index] >= min(len(layers), index + LONGEST) or layers[index].window is None:
            return False
        if any(layers[at].aside for at in (index, *self._reading(index))):
            return False
        return self.recompute or not self._twice(index)

    def _reading(self, index: int) -> list[int]:
        return self.lives.readers[self.lives.geometry.layers[index].output]

    def _twice(self, index: int) -> bool:
        """Whether tiles compute rows of a result again, and that counts."""
        layers, heights = self.lives.geometry.layers, self.heights
        near = range(max(0, index - LONGEST + 1), min(len(layers), index + LONGEST))
        if not layers[index].macs or not all(self.full[i] for i in near):
            return False
        if any(heights[i] <= BANDS[-1] for i in near if i > index):
            return False
        return any(self._overlaps(reader) for reader in self._reading(index))

    def _overlaps(self, index: int) -> bool:
        window = self.lives.geometry.layers[index].window
        return window is not None and window.extent[0] > window.strides[0]

    @cached_property
    def heights(self) -> Sequence[int]:
        """Rows of the results."""
        geometry = self.lives.geometry
        return [geometry.planes[layer.output].height for layer in geometry.layers]

    @cached_property
    def full(self) -> Sequence[bool]:
        """Per layer whether it reads every row and column of its operands."""
        return [self._covers(layer) for layer in self.lives.geometry.layers]

    def _covers(self, layer: Layer) -> bool:
        window, planes = layer.window, self.lives.geometry.planes
        if window is None:
            return False
        result = planes[layer.output]
        for axis, count in enumerate((result.height, result.width)):
            stride, extent = window.strides[axis], window.extent[axis]
            end = (count - 1) * stride - window.pads[axis] + extent
            size = max((planes[v].height, planes[v].width)[axis] for v in layer.inputs)
            if stride > extent or end < size:
                return False
        return True

    @cached_property
    def bands(self) -> Sequence[bool]:
        """Per layer whether its rows may be made several at once."""
        return [self._banded(index) for index in range(len(self.last))]

    def _banded(self, index: int) -> bool:
        layers = self.lives.geometry.layers
        for at in range(max(1, index - LONGEST + 2), index + 1):
            window = layers[at].window
            if window is None or window.extent[0] == 1:
                continue
            if self.recompute or not self._overlaps(at) or self.heights[index] <= BANDS[-1]:
                return True
            near = range(max(0, index - LONGEST + 1), index + 1)
            if not layers[at - 1].macs or not all(self.full[i] for i in near):
                return True
        return False

    @cached_property
    def first(self) -> NDArray[np.int64]:
        """Per layer its most rows that are made before any behind it are."""
        layers, heights = self.lives.geometry.layers, self.heights
        found = []
        for index in range(len(layers)):
            most = 1
            for end in range(index, min(len(layers), index + LONGEST)):
                if not self.bands[end]:
                    continue
                rows = min(BANDS[-1], heights[end])
                for at in range(end, index, -1):
                    window = layers[at].window
                    if window is None:
                        break
                    stride, pad, extent = window.row_reach
                    rows = max(1, min(heights[at - 1], (rows - 1) * stride - pad + extent))
                else:
                    most = max(most, rows)
            found.append(most)
        return np.array(found, np.int64)
