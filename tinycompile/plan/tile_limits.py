"""What tiling can change in a stream: which rings may vanish into tiles, and what is made in bands then.

These are necessary conditions, read off the geometry; `tilings` says what is really tiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tinycompile.plan.geometry import Layer, needed
from tinycompile.plan.lives import Lives
from tinycompile.plan.tiling_rules import BANDS, LONGEST, WIDTHS, pays


@dataclass(frozen=True, slots=True)
class Chain:
    """Layers [first, last] that may be one tiled operator.

    Attributes:
        source: the value that it reads.
        stride, pad, extent: the rows of it that a row of the result needs, as `Window.row_reach`.
        halo: some layer behind the first reads windows, so several rows may be made at once.
        buffers: bytes of what lies between the layers for the narrowest tile.
        extra: multiply-accumulates that are executed again where it makes single rows.
    """

    first: int
    last: int
    source: int
    stride: int
    pad: int
    extent: int
    halo: bool
    buffers: int
    extra: int


@dataclass(frozen=True, eq=False)
class TileLimits:
    """For all streams of a geometry in its order.

    `recompute`: the share of multiply-accumulates that may be executed again.
    """

    lives: Lives
    recompute: float

    @cached_property
    def chains(self) -> Sequence[Chain]:
        """All that may be tiled, by their last layers."""
        found: list[Chain] = []
        for first in range(len(self._rows)):
            found += self._from(first)
        return sorted(found, key=lambda chain: chain.last)

    @cached_property
    def _rows(self) -> Sequence[int]:
        """Bytes of a row of each result."""
        geometry = self.lives.geometry
        return [geometry.planes[layer.output].row for layer in geometry.layers]

    @cached_property
    def _last(self) -> Sequence[int]:
        """Per layer the last reader of its result; none lies behind the end."""
        geometry, readers = self.lives.geometry, self.lives.readers
        count = len(geometry.layers)
        values = [layer.output for layer in geometry.layers]
        return [count if v in geometry.outputs or not readers[v] else readers[v][-1] for v in values]

    @cached_property
    def _reaches(self) -> Sequence[tuple[int, int, int] | None]:
        """Per layer the rows that it reads; None where it cannot be part of a chain."""
        layers = self.lives.geometry.layers
        return [
            None if layer.window is None or layer.aside or layer.carried else layer.window.row_reach
            for layer in layers
        ]

    def _from(self, first: int) -> list[Chain]:
        layers, rows, found = self.lives.geometry.layers, self._rows, list[Chain]()
        head, sources, made = (
            self._reaches[first],
            dict.fromkeys(layers[first].inputs),
            {layers[first].output},
        )
        if head is None:
            return found
        stride, pad, extent = head
        widest, until, reach = rows[first], self._last[first], 1
        for last in range(first + 1, min(len(layers), first + LONGEST)):
            layer, own = layers[last], self._reaches[last]
            if own is None or rows[last] > widest:
                break
            sources |= dict.fromkeys(v for v in layer.inputs if v not in made)
            made.add(layer.output)
            step, over, span = own
            pad, extent, stride = pad + stride * over, extent + stride * (span - 1), stride * step
            reach = max(reach, span)
            wide = self.lives.geometry.planes[layer.output].width > WIDTHS[0]
            if until <= last and wide and len(sources) == 1:
                source = next(iter(sources))
                if pays(widest, rows[last], self.lives.geometry.planes[source].row, reach):
                    largest, size, extra = self._between(first, last)
                    if largest < sum(rows[first:last]):
                        found.append(Chain(first, last, source, stride, pad, extent, reach > 1, size, extra))
            until = max(until, self._last[last])
        return [chain for chain in found if self._once(chain) or self.recompute > 0]

    def _between(self, first: int, last: int) -> tuple[int, int, int]:
        """(bytes of the largest value between and of all, multiply-accumulates that are executed again).

        For single rows of the narrowest tile, in the middle of the image.
        """
        geometry = self.lives.geometry
        result = geometry.planes[geometry.layers[last].output]
        row, column = result.height // 2, result.width // 2 // WIDTHS[0] * WIDTHS[0]
        tall, wide = (row, row + 1), (column, min(result.width, column + WIDTHS[0]))
        largest, size, extra, times = 0, 0, 0.0, 1.0
        for at in range(last, first, -1):
            window, layer = geometry.layers[at].window, geometry.layers[at - 1]
            assert window is not None
            plane = geometry.planes[layer.output]
            tall = needed(window, 0, tall, plane.height)
            wide = needed(window, 1, wide, plane.width)
            own = (tall[1] - tall[0]) * (wide[1] - wide[0]) * plane.channels * plane.itemsize
            largest, size = max(largest, own), size + own
            times *= max(1.0, window.extent[0] / window.strides[0])
            extra += (times - 1.0) * layer.macs
        return largest, size, int(extra)

    def _once(self, chain: Chain) -> bool:
        """Whether tiles may compute no more than whole rows do, as far as that counts."""
        geometry = self.lives.geometry
        layers = geometry.layers[chain.first : chain.last + 1]
        short = geometry.planes[layers[-1].output].height <= BANDS[-1]
        if not chain.halo or short or not all(map(self._covers, layers)):
            return True
        counted = False
        for before, layer in pairwise(layers):
            assert layer.window is not None
            counted = counted or before.macs > 0
            if counted and layer.window.extent[0] > layer.window.strides[0]:
                return False
        return True

    def _covers(self, layer: Layer) -> bool:
        """Whether it reads every row and column of its operands."""
        window, planes = layer.window, self.lives.geometry.planes
        assert window is not None
        result = planes[layer.output]
        for axis, count in enumerate((result.height, result.width)):
            stride, extent = window.strides[axis], window.extent[axis]
            end = (count - 1) * stride - window.pads[axis] + extent
            size = max((planes[v].height, planes[v].width)[axis] for v in layer.inputs)
            if stride > extent or end < size:
                return False
        return True

    @cached_property
    def vanishes(self) -> Sequence[bool]:
        """Per layer whether its result may exist in tiles only."""
        found = [False] * len(self._rows)
        for chain in self.chains:
            found[chain.first : chain.last] = [True] * (chain.last - chain.first)
        return found

    def hidden(self, index: int) -> bool:
        """Whether the result of a layer may exist in tiles only; not so for -1, an input."""
        return index >= 0 and self.vanishes[index]

    @cached_property
    def bands(self) -> Sequence[bool]:
        """Per layer whether its rows may be made several at once."""
        found = [False] * len(self._rows)
        for chain in self.chains:
            found[chain.last] |= chain.halo
        return found

    @cached_property
    def first(self) -> NDArray[np.int64]:
        """Per layer its most rows that a band behind it asks for at once."""
        geometry = self.lives.geometry
        heights = [geometry.planes[layer.output].height for layer in geometry.layers]
        found = [1] * len(heights)
        for chain in self.chains:
            rows = step = BANDS[-1] if chain.halo else 1
            for at in range(chain.last, chain.first, -1):
                window = geometry.layers[at].window
                assert window is not None
                stride, pad, extent = window.row_reach
                rows = max(1, min(heights[at - 1], (rows - 1) * stride - pad + extent))
                step *= stride
                found[at - 1] = max(found[at - 1], rows, step)
            found[chain.last] = max(found[chain.last], BANDS[-1] if chain.halo else 1)
        return np.array(found, np.int64)
