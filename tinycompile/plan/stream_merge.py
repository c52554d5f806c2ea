"""Neighbouring streams as one, where that costs nothing and fills no moment further.

A shortest path by cycles cannot tell one stream from two that do the same. The result between two streams is
whole, and the streams behind it grow into what is left of it, which fixes where all of them lie. One stream
leaves the packing that buffer less.
"""

from __future__ import annotations

from tinycompile.plan.path import Path, PathPart
from tinycompile.plan.stages import StagePlanner
from tinycompile.plan.tiling_choice import Option

#: Cycles by which sums of estimates may differ without a meaning.
_ROUNDING = 0.5


def merged(planner: StagePlanner, path: Path) -> Path:
    """The path with neighbouring streams merged as often as possible, of the same cycles."""
    parts: list[PathPart] = []
    for part in path.parts:
        while parts and (joined := _joined(planner, parts[-1], part)) is not None:
            parts.pop()
            part = joined
        parts.append(part)
    return Path(tuple(parts), path.cycles)


def _joined(planner: StagePlanner, before: PathPart, after: PathPart) -> PathPart | None:
    """Both as one stream with the same tilings; None where it costs more or is fuller than the fuller one."""
    if before.tilings is None or after.tilings is None:
        return None
    one, two = _option(planner, before.first, before.end), _option(planner, after.first, after.end)
    both = _option(planner, before.first, after.end)
    if one is None or two is None or both is None or both.cycles > one.cycles + two.cycles + _ROUNDING:
        return None
    tilings = before.tilings + after.tilings
    peak = planner.peak(before.first, after.end, tilings)
    most = max(
        planner.peak(before.first, before.end, before.tilings),
        planner.peak(after.first, after.end, after.tilings),
    )
    return PathPart(before.first, after.end, peak, tilings) if peak <= most else None


def _option(planner: StagePlanner, first: int, end: int) -> Option | None:
    """The stream of single calls [first, end)."""
    return next((option for option in planner.options.get(end, ()) if option.first == first), None)
