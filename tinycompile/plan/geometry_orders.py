"""The orders in which a network can be executed, where they are few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tinycompile.plan.geometry import Geometry, Layer


def orders(geometry: Geometry, most: int) -> list[Geometry] | None:
    """All orders of the layers; None when there are more than `most`."""
    if geometry.forced:
        return [geometry]
    found = list[Geometry]()
    for layers in _orders(geometry.layers, set(geometry.inputs)):
        if len(found) == most:
            return None
        found.append(replace(geometry, layers=layers))
    return found


def _orders(layers: tuple[Layer, ...], there: set[int]) -> Iterator[tuple[Layer, ...]]:
    """Depth first: each layer that can be next."""
    if not layers:
        yield ()
    for index, layer in enumerate(layers):
        if there.issuperset(layer.reads):
            rest = layers[:index] + layers[index + 1 :]
            for order in _orders(rest, there | {layer.output}):
                yield (layer, *order)
