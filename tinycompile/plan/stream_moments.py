"""How full every stream of a network is at chosen moments, exactly, and the streams of least peak.

A stream pulls (`rows.Links.pull`): a row is made when something behind needs it. So at the moment when layer
j is about to make row r, the rows that exist of every other value follow, whatever stream it happens in:
values before j have been made as far as row r asks for, values behind j as far as r rows let them. All
streams are then sums of the same terms. That holds where every layer reads what the one before it has made, besides what
else it reads (`Geometry.forced`): where nothing happens beside the way from the first layer to the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tinycompile.plan.geometry import Geometry, Layer
from tinycompile.plan.rules import Edge, Rules

Bytes = NDArray[np.int64]

#: More than any live bytes.
NEVER = 1 << 60


@dataclass(frozen=True, eq=False)
class Lives:
    """When the values of a geometry are there, in its own order.

    Attributes:
        fed, leaving: the input and the output that come and go row by row, which never are there as a whole.
    """

    geometry: Geometry
    fed: int | None = None
    leaving: int | None = None

    @staticmethod
    def of(geometry: Geometry, rules: Rules) -> Lives:
        """With the edges that the rules ask for."""
        fed = geometry.inputs[0] if rules.input is Edge.ROWS and geometry.inputs else None
        leaving = geometry.outputs[0] if rules.output is Edge.ROWS else None
        return Lives(geometry, fed, leaving)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Bytes per value."""
        return tuple(plane.nbytes for plane in self.geometry.planes)

    @cached_property
    def born(self) -> dict[int, int]:
        """Value -> the layer that makes it, -1 for inputs."""
        found = dict.fromkeys(self.geometry.inputs, -1)
        found.update((layer.output, index) for index, layer in enumerate(self.geometry.layers))
        return found

    @cached_property
    def readers(self) -> dict[int, list[int]]:
        """Value -> the layers that read it, in order."""
        found: dict[int, list[int]] = {value: [] for value in self.born}
        for index, layer in enumerate(self.geometry.layers):
            for value in dict.fromkeys(layer.reads):
                found[value].append(index)
        return found

    @cached_property
    def dies(self) -> dict[int, int]:
        """Value -> the last layer that reads it, or its maker; the number of layers for outputs."""
        found = {v: at[-1] if at else self.born[v] for v, at in self.readers.items()}
        found.update(dict.fromkeys(self.geometry.outputs, len(self.geometry.layers)))
        return found

    def passing(self, value: int) -> bool:
        """Whether a value never is there as a whole."""
        return value in (self.fed, self.leaving)

    @cached_property
    def alive(self) -> list[list[int]]:
        """Per layer the values from before it that it or a later layer reads."""
        found: list[list[int]] = [[] for _ in range(len(self.geometry.layers) + 1)]
        for value, first in self.born.items():
            if not self.passing(value):
                for index in range(first + 1, min(self.dies[value], len(found) - 1) + 1):
                    found[index].append(value)
        return found

    @cached_property
    def plain(self) -> list[int]:
        """Per layer the live bytes while it works on whole tensors; NEVER where one is not there."""
        return [self._plain(index, layer) for index, layer in enumerate(self.geometry.layers)]

    def _plain(self, index: int, layer: Layer) -> int:
        if self.passing(layer.output) or any(map(self.passing, layer.reads)):
            return NEVER
        sizes, dies = self.sizes, self.dies
        live = sum(sizes[v] for v in self.alive[index]) + sizes[layer.output]
        dying = (v for v in layer.in_place if dies[v] == index)
        return live + layer.scratch - min(sizes[layer.output], max((sizes[v] for v in dying), default=0))


class Moments:
    """Streams at the moments when each layer is about to make its row 0, and the rows `shares` of the way."""

    def __init__(self, lives: Lives, shares: tuple[float, ...] = ()) -> None:
        self.lives, self.layers, self.planes = lives, lives.geometry.layers, lives.geometry.planes
        self.count, self.step = len(self.layers), 1 + len(shares)
        heights = np.array([self.planes[layer.output].height for layer in self.layers], np.int64)
        rows = [np.zeros(self.count, np.int64)]
        rows += [np.minimum(heights - 1, (heights * share).astype(np.int64)) for share in shares]
        self.rows = np.stack(rows, axis=1).ravel()

    @cached_property
    def made(self) -> dict[int, Bytes]:
        """Value -> the rows of it that exist at every moment; those of inputs as they are asked for."""
        found: dict[int, Bytes] = {}
        for index in range(self.count - 1, -1, -1):
            output, at = self.layers[index].output, (index + 1) * self.step
            rows = self._asked(output, found, at)
            rows[at - self.step : at] = self.rows[at - self.step : at]
            found[output] = rows
        for value in self.lives.geometry.inputs:
            found[value] = self._asked(value, found, 0)
        for index, layer in enumerate(self.layers):
            found[layer.output][: index * self.step] = self._makeable(index, layer, found)
        return found

    def _asked(self, value: int, made: dict[int, Bytes], at: int) -> Bytes:
        """Rows of a value that moments from `at` on ask for."""
        height, rows = self.planes[value].height, np.zeros(len(self.rows), np.int64)
        for reader in self.lives.readers[value]:
            layer = self.layers[reader]
            if layer.window is None or value not in layer.inputs:
                continue
            stride, pad, extent = layer.window.row_reach
            # While it is its turn, a reader asks for the row it is about to make; behind its turn for none.
            begin = reader * self.step
            count = made[layer.output][begin:].copy()
            count[: self.step] += 1
            need = _within((count - 1) * stride - pad + extent, height)
            need[count == 0] = 0
            np.maximum(rows[begin:], need, out=rows[begin:])
        rows[:at] = 0
        return rows

    def _makeable(self, index: int, layer: Layer, made: dict[int, Bytes]) -> Bytes:
        """Rows that a layer has made while earlier ones are at work."""
        height = self.planes[layer.output].height
        end = index * self.step
        rows = np.full(end, height if layer.window is not None else 0, np.int64)
        for value in layer.inputs if layer.window is not None else ():
            assert layer.window is not None
            stride, pad, extent = layer.window.row_reach
            # What was made before the layer at work is asked for first, and never is waited for.
            at = min(end, (self.lives.born[value] + 1) * self.step)
            there = made[value][:at]
            count = _within((there + pad - extent) // stride + 1, height)
            count[there >= self.planes[value].height] = height
            np.minimum(rows[:at], count, out=rows[:at])
        return rows

    def low(self, value: int, first: int = 0) -> Bytes:
        """The first row of a value that a layer from `first` on still needs; its height when none does."""
        height = self.planes[value].height
        found = np.full(len(self.rows), height, np.int64)
        for reader in self.lives.readers[value]:
            if reader < first:
                continue
            layer = self.layers[reader]
            if layer.window is None or value not in layer.inputs:
                found[:] = 0
                continue
            stride, pad, _ = layer.window.row_reach
            count = self.made[layer.output]
            needed = _within(count * stride - pad, height)
            needed[count >= self.planes[layer.output].height] = height
            np.minimum(found, needed, out=found)
        return found

    def ring(self, index: int) -> Bytes:
        """Bytes of the result of a layer where it is passed on in a ring."""
        layer = self.layers[index]
        plane = self.planes[layer.output]
        rows = self.made[layer.output] - self.low(layer.output)
        if not layer.elementwise:
            rows[index * self.step : (index + 1) * self.step] += 1
        return _within(rows, 1 if layer.carried else plane.height) * plane.row

    def whole(self, index: int) -> Bytes:
        """Bytes of the result of a layer where it is held whole."""
        return self.made[self.layers[index].output] * self.planes[self.layers[index].output].row

    def rest(self, value: int, first: int) -> Bytes:
        """Bytes of a whole value that a stream from layer `first` on uses up."""
        plane = self.planes[value]
        return (plane.height - self.low(value, first)) * plane.row

    def fed(self, value: int) -> Bytes:
        """Bytes of the rows that have arrived of an input and are still needed."""
        return np.maximum(self.made[value] - self.low(value), 0) * self.planes[value].row


def _within(rows: Bytes, height: int) -> Bytes:
    """Rows clipped to [0, height]; `numpy.clip` takes five times as long."""
    found: Bytes = np.minimum(np.maximum(rows, 0), height)
    return found
