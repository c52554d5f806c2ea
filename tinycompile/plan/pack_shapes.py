"""Give byte offsets to items whose occupied bytes vary over time.

When a row-wise stage consumes its input from the first row on, the output may grow into the rows that are
dead. Seen over time the input is a staircase that sinks, the output one that grows, and the two share an
arena of about one of them plus a row when the offsets fit. Packing such shapes generalises the packing of
buffers: two shapes forbid each other a few intervals of distances instead of one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from tinycompile.plan.pack_shape_conflicts import Conflicts, shapes_max_load
from tinycompile.plan.pack_shape_descent import Descent
from tinycompile.plan.pack_shape_disjunctions import Disjunctions
from tinycompile.plan.pack_shape_eject import Ejector
from tinycompile.plan.pack_shape_greedy import Placer, Recipe
from tinycompile.plan.pack_shape_orders import OrderSearch
from tinycompile.plan.pack_shape_types import Shape, ShapePacking

__all__ = ["Shape", "ShapePacking", "pack_shapes"]

_Key = Callable[[Shape], tuple[int, ...]]
_Start = tuple[int, str, list[int]]

#: The orders of the first attempts; earlier ones win ties.
_ORDERS: dict[str, _Key] = {
    "size": lambda shape: (-shape.size, shape.start),
    "area": lambda shape: (-shape.area, shape.start),
    "staircases, then size": lambda shape: (not shape.staircase, -shape.size),
    "buffers, then size": lambda shape: (shape.staircase, -shape.size),
    "lifetime": lambda shape: (shape.start - shape.end, -shape.size),
    "start": lambda shape: (shape.start, -shape.size),
    "end": lambda shape: (-shape.end, -shape.size),
    "sinking last, then size": lambda shape: (shape.sinks, -shape.size),
}

#: Which shapes hang from the ceiling in the first attempts.
_HUNG: dict[str, Callable[[Shape], bool]] = {
    "": lambda shape: False,
    ", sinking ones on top": lambda shape: shape.sinks,
    ", buffers on top": lambda shape: not shape.staircase,
}

#: Decisions of the exact search in all: below a second on a desktop machine.
EFFORT = 2_000

#: Disjunctions that problems of stages have at most; of more, each decision takes longer, so there are fewer.
_USUAL = 500

#: Placements of the ejection search for every decision of the exact one; it is ten times as fast.
_EJECTIONS = 2


def pack_shapes(
    items: Sequence[Shape],
    *,
    lower_bound: int | None = None,
    capacity: int | None = None,
    effort: int = EFFORT,
) -> ShapePacking:
    """Return offsets for ``items`` at which no two of them occupy the same byte at the same step.

    Args:
        items: the shapes; steps may be any integers.
        lower_bound: bytes that the caller knows to be needed; reaching it counts as proven.
        capacity: bytes that are good enough: the search ends once the peak is not above.
        effort: the length of the search in decisions, so that the result is the same on every machine; 0 is
            greedy packing alone.
    """
    load = shapes_max_load(items)
    conflicts = Conflicts.of(items)
    largest = max((item.size for item in items), default=0)
    bound = max(load, largest, conflicts.pair_bound(items), lower_bound or 0)
    enough = max(bound, capacity or 0)
    placer = Placer(items, conflicts)
    peak, method, offsets = _start(placer, enough)
    given = Disjunctions.of(items, conflicts)
    effort = effort * _USUAL // max(_USUAL, len(given.every))
    descent = Descent(OrderSearch(items, given), peak, offsets, bound)
    if peak > enough:
        descent.run(capacity or 0, effort)
    if descent.peak < peak:
        peak, method = descent.peak, f"{method}, then exact search"
    search = Ejector(items, conflicts, descent.offsets, random.Random(0))
    search.run(max(descent.bound, enough), _EJECTIONS * effort)
    if search.peak < peak:
        peak, method = search.peak, f"{method}, then ejection"
    count = placer.placements + descent.search.nodes + search.placements
    bound = descent.bound
    return ShapePacking(tuple(search.offsets), peak, load, bound, peak <= bound, method, count)


def _start(placer: Placer, goal: int) -> _Start:
    """Return the first attempt with the lowest peak; one that reaches ``goal`` ends the search."""
    found: _Start | None = None
    for name, recipe in _recipes(placer.shapes):
        # With nothing hung the ceiling does not matter.
        ceilings = {goal, found[0] - 1} if recipe.hung and found else {goal}
        for ceiling in sorted(ceilings):
            placed = placer.place(recipe.under(ceiling), None if found is None else found[0] - 1)
            if placed is not None:
                found = (placed[0], name, placed[1])
            if found is not None and found[0] <= goal:
                return found
    assert found is not None, "without a limit every recipe ends in a packing"
    return found


def _recipes(shapes: Sequence[Shape]) -> Iterator[tuple[str, Recipe]]:
    for suffix, hangs in _HUNG.items():
        hung = frozenset(index for index, shape in enumerate(shapes) if hangs(shape))
        if suffix and not hung:
            continue
        for name, key in _ORDERS.items():
            yield f"greedy by {name}{suffix}", Recipe(_ordered(shapes, key), hung, 0)


def _ordered(shapes: Sequence[Shape], key: _Key) -> tuple[int, ...]:
    return tuple(sorted(range(len(shapes)), key=lambda index: (*key(shapes[index]), index)))
