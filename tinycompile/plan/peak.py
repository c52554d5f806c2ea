"""What a plan of a network needs, from its geometry alone, in milliseconds.

A search calls these thousands of times, before anything is trained or compiled. `lower_bound` is certain: no
plan that the planner makes by the same rules is smaller. `peak` is close to what the planner reaches.
"""

from __future__ import annotations

from tinycompile.plan.call_bound import call_bound
from tinycompile.plan.geometry import Geometry
from tinycompile.plan.lives import Lives
from tinycompile.plan.order import OrderProblem, OrderStep, best_order
from tinycompile.plan.rules import Rules, StageKind
from tinycompile.plan.stream_moments import Moments
from tinycompile.plan.stream_paths import least_peak
from tinycompile.plan.tile_limits import TileLimits


def lower_bound(geometry: Geometry, rules: Rules | None = None) -> int:
    """Bytes of arena that no plan by `rules` can go below; the budget is not looked at.

    Kernels may need scratch on top, which a geometry need not know.
    """
    rules = rules or Rules()
    if rules.stages is StageKind.WHOLE:
        return _whole(geometry)
    geometry = geometry.split
    lives = Lives.of(geometry, rules)
    limits = TileLimits(lives, rules.recompute > 0) if rules.stages is StageKind.AUTO else None
    held = max(sum(lives.sizes[v] for v in alive) for alive in (lives.alive[0], lives.alive[-1]))
    least = max(held, *(call_bound(lives, index, rules, limits) for index in range(len(geometry.layers))))
    if not geometry.forced or rules.stages is StageKind.PATCH:
        return least
    return max(least, least_peak(Moments(lives, [(0,)] * len(geometry.layers), limits)))


def peak(geometry: Geometry, rules: Rules | None = None) -> int:
    """Bytes of arena that the smallest plan by `rules` is expected to have; the budget is not looked at."""
    rules = rules or Rules()
    if rules.stages is StageKind.WHOLE:
        return _whole(geometry)
    geometry = geometry.split
    rows = [_rows(geometry.planes[layer.output].height) for layer in geometry.layers]
    return least_peak(Moments(Lives.of(geometry, rules), rows))


def _rows(height: int) -> tuple[int, ...]:
    """Moments on the way through an image."""
    return tuple(sorted({0, height // 4, height // 2, 3 * height // 4, height - 1}))


def _whole(geometry: Geometry) -> int:
    """Whole tensors in the best order."""
    if geometry.forced:
        return max(Lives(geometry).plain)
    steps = [
        OrderStep(
            layer.reads, (layer.output,), layer.scratch, tuple((v, layer.output) for v in layer.in_place)
        )
        for layer in geometry.layers
    ]
    sizes = tuple(plane.nbytes for plane in geometry.planes)
    keep, start = frozenset(geometry.outputs), frozenset(geometry.inputs)
    return best_order(OrderProblem(tuple(steps), sizes, keep, start)).lower_bound
