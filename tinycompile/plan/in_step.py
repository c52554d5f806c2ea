"""Bands of rows in step: an operator's bands end where those of its reader need them to.

A window of K rows reaches beyond the row that it is centred on. If all bands of an operator and its reader
began at row 0, a band of the reader would always end amid one of the operator's, whose rest would wait in the
ring. With a shorter first band that rest vanishes: a ring between bands of b rows holds b + K - 1 rows
instead of 2b + K - 2, and K - 1 of them between two bands.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from tinycompile.ir import Node
from tinycompile.plan.path import PathPart
from tinycompile.plan.units import Reach, Unit

#: Makes the unit of a node, by the rows of a band and how many the first one lacks; None if it cannot.
Make = Callable[[Node, int, int], Unit | None]


def units_in_step(order: Sequence[Node], part: PathPart, make: Make) -> list[Unit]:
    """The units of a stream in execution order; units in tiles are as they are."""
    ends, bands = {t.end: t for t in part.tilings or ()}, dict(part.bands)
    found: list[Unit] = []
    readers: dict[str, Reach] = {}
    index = part.end
    while index > part.first:
        if index in ends:
            unit: Unit | None = ends[index].unit
            index = ends[index].first
        else:
            index -= 1
            node, band = order[index], bands.get(index, 1)
            unit = make(node, band, _short(band, readers.get(node.outputs[0]))) or make(node, band, 0)
        assert unit is not None, "a band that cannot be made was chosen"
        found.append(unit)
        readers |= {reach.value: reach for reach in unit.reach}
    return found[::-1]


def _short(band: int, reader: Reach | None) -> int:
    """By how many rows the first band must be shorter so that bands end with the windows of the reader.

    A reader of single rows takes any. A first band of one row then lets those above be one row longer each,
    so that each is enough for the first band of the next.
    """
    if band == 1 or reader is None:
        return 0
    if reader.stride == 1:
        return band - 1
    return (reader.pad - reader.extent) % math.gcd(reader.stride, band)
