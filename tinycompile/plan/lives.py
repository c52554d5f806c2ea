"""When the values of a geometry are there, in its own order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tinycompile.plan.call_bytes import call_bytes
from tinycompile.plan.geometry import Geometry, Layer
from tinycompile.plan.rules import Edge, Rules

#: More than any live bytes.
NEVER = 1 << 40


@dataclass(frozen=True, eq=False)
class Lives:
    """When the values of a geometry are there, in its own order.

    Attributes:
        fed, leaving: the input and the output that come and go in parts, which never are there as a whole.
    """

    geometry: Geometry
    fed: int | None = None
    leaving: int | None = None

    @staticmethod
    def of(geometry: Geometry, rules: Rules) -> Lives:
        """With the edges that the rules ask for."""
        fed = geometry.inputs[0] if rules.input is not Edge.RAM and geometry.inputs else None
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

    def alone(self, layer: Layer) -> int:
        """Bytes of a layer on whole tensors with nothing else around it."""
        sizes = self.sizes
        reads = sum(sizes[v] for v in dict.fromkeys(layer.reads))
        saved = max((sizes[v] for v in layer.in_place), default=0)
        return call_bytes(reads, sizes[layer.output], saved)

    @cached_property
    def folded(self) -> dict[int, int]:
        """Layer that begins a running sum -> live bytes while sum and rest are one call on whole tensors."""
        layers, found = self.geometry.layers, dict[int, int]()
        for index, layer in enumerate(layers):
            if layer.carried and not self.passing(layer.inputs[0]):
                total = layers[index + 1].output
                found[index] = sum(self.sizes[v] for v in self.alive[index]) + self.sizes[total]
        return found

    @cached_property
    def likely(self) -> list[int]:
        """As `plain`, with the scratch that the calls will probably need."""
        layers = self.geometry.layers
        return [live - layer.scratch + layer.likely for live, layer in zip(self.plain, layers, strict=True)]

    def _plain(self, index: int, layer: Layer) -> int:
        if self.passing(layer.output) or any(map(self.passing, layer.reads)):
            return NEVER
        sizes, dies = self.sizes, self.dies
        live = sum(sizes[v] for v in self.alive[index])
        dying = (v for v in layer.in_place if dies[v] == index)
        return call_bytes(live, sizes[layer.output], max((sizes[v] for v in dying), default=0), layer.scratch)
