"""Points of a space in words: only what makes a difference to the network."""

from __future__ import annotations

from tinycompile.search.space import Point, Space, Task


def architecture(space: Space, point: Point, task: Task) -> str:
    """`width 0.5; stage0: depth 2, width 0.75; stage0.block0: kernel 5, expand 4`."""
    digest = space.network(point, task).digest
    groups: dict[str, list[str]] = {}
    for choice in space.choices():
        others = (v for v in choice.values if v != point[choice.name])
        changed = (space.network({**point, choice.name: v}, task).digest for v in others)
        if len(choice.values) > 1 and all(found == digest for found in changed):
            continue
        place, _, name = choice.name.rpartition(".")
        groups.setdefault(place, []).append(f"{name} {point[choice.name]}")
    return "; ".join(
        f"{place}: {', '.join(parts)}" if place else ", ".join(parts) for place, parts in groups.items()
    )
