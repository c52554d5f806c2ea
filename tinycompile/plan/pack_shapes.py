"""Give byte offsets to items whose occupied bytes vary over time.

When a row-wise stage consumes its input from the first row on, the output may grow into the rows that are
dead. Seen over time the input is a staircase that sinks, the output one that grows, and the two share an
arena of about one of them plus a row when the offsets fit. Packing such shapes generalises the packing of
buffers: two shapes forbid each other a few intervals of distances instead of one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from tinycompile.plan.pack_shape_climb import Climb
from tinycompile.plan.pack_shape_conflicts import Conflicts, shapes_max_load
from tinycompile.plan.pack_shape_greedy import Placer, Recipe
from tinycompile.plan.pack_shape_types import Shape, ShapePacking

__all__ = ["Shape", "ShapePacking", "pack_shapes"]

_Key = Callable[[Shape], tuple[int, ...]]
_Start = tuple[int, str, Recipe, list[int]]

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

#: Placements of one climb: some 600 moves in a network of 60 items.
_CLIMB = 24_000


def pack_shapes(
    items: Sequence[Shape], *, lower_bound: int | None = None, restarts: int = 2, climb: int = _CLIMB
) -> ShapePacking:
    """Return offsets for ``items`` at which no two of them occupy the same byte at the same step.

    Args:
        items: the shapes; steps may be any integers.
        lower_bound: bytes that the caller knows to be needed; reaching it counts as proven.
        restarts: how many of the best first attempts a local search tries to improve.
        climb: the length of one local search in placements, so that the result is the same on every machine.
    """
    load = shapes_max_load(items)
    conflicts = Conflicts.of(items)
    largest = max((item.size for item in items), default=0)
    bound = max(load, largest, conflicts.pair_bound(items), lower_bound or 0)
    placer = Placer(items, conflicts)
    starts = _starts(placer, bound)
    peak, method, _, offsets = starts[0]
    for seed, (start_peak, name, recipe, at) in enumerate(starts[:restarts]):
        if peak <= bound:
            break
        walk = Climb(placer, recipe, start_peak, at, random.Random(seed))
        walk.run(bound, climb)
        if walk.peak < peak:
            peak, method, offsets = walk.peak, f"{name}, improved", walk.offsets
    return ShapePacking(tuple(offsets), peak, load, bound, peak <= bound, method, placer.placements)


def _starts(placer: Placer, goal: int) -> list[_Start]:
    """Return the different first attempts, the lowest peak first; one that reaches ``goal`` ends the list."""
    found: list[_Start] = []
    seen: set[tuple[int, ...]] = set()
    best = 2 * sum(shape.size + shape.align for shape in placer.shapes)
    for name, recipe in _recipes(placer.shapes):
        # With nothing hung the ceiling does not matter.
        for ceiling in sorted({goal, best - 1}) if recipe.hung else [goal]:
            attempt = recipe.under(ceiling)
            placed = placer.place(attempt, limit=2 * best)
            if placed is None or tuple(placed[1]) in seen:
                continue
            peak, offsets = placed
            seen.add(tuple(offsets))
            found.append((peak, name, attempt, offsets))
            best = min(best, peak)
            if best <= goal:
                return [found[-1]]
    return sorted(found, key=lambda start: start[0])


def _recipes(shapes: Sequence[Shape]) -> Iterator[tuple[str, Recipe]]:
    for suffix, hangs in _HUNG.items():
        hung = frozenset(index for index, shape in enumerate(shapes) if hangs(shape))
        if suffix and not hung:
            continue
        for name, key in _ORDERS.items():
            yield f"greedy by {name}{suffix}", Recipe(_ordered(shapes, key), hung, 0)


def _ordered(shapes: Sequence[Shape], key: _Key) -> tuple[int, ...]:
    return tuple(sorted(range(len(shapes)), key=lambda index: (*key(shapes[index]), index)))
