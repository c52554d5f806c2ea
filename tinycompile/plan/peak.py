"""What a plan of a network needs, from its geometry alone, in milliseconds.

A search calls these thousands of times, before anything is trained or compiled. `lower_bound` is certain: no
plan that the planner makes by the same rules is smaller. `peak` is close to what the planner reaches.
"""

from __future__ import annotations

from tinycompile.plan.call_bound import call_bound
from tinycompile.plan.geometry import Geometry
from tinycompile.plan.geometry_orders import orders
from tinycompile.plan.lives import NEVER, Lives
from tinycompile.plan.order import OrderProblem, OrderStep, best_order
from tinycompile.plan.rules import Rules, StageKind
from tinycompile.plan.schedule import BUFFER_ALIGN
from tinycompile.plan.stream_moments import Moments
from tinycompile.plan.stream_paths import least_peak
from tinycompile.plan.tile_limits import TileLimits

#: Orders that are all looked at; of more than that only single calls are.
_ORDERS = 9
#: What packing adds to the bytes that are live, and the share, as an exponent, that tiles save of what they
#: could save at best. Both are fitted to plans of the networks of `benchmarks.candidates`.
_LOSS, _TILED = 1.06, 0.33


def fits(geometry: Geometry, budget: int, rules: Rules | None = None) -> bool:
    """Whether a plan within `budget` bytes of arena is not ruled out: never False where there is one."""
    return lower_bound(geometry, rules, enough=budget) <= budget


def lower_bound(geometry: Geometry, rules: Rules | None = None, *, enough: int | None = None) -> int:
    """Bytes of arena that no plan by `rules` can go below; the budget is not looked at.

    Kernels may need scratch on top, which a geometry need not know. A compilation that removes dead channels
    plans a smaller geometry than the one described. With `enough`, it is only as tight as it
    takes to tell on which side of that it lies.
    """
    rules = rules or Rules()
    if rules.stages is StageKind.WHOLE:
        return _whole(geometry)
    geometry = geometry.split
    lives = Lives.of(geometry, rules)
    limits = _limits(lives, rules)
    held = max(sum(lives.sizes[v] for v in alive) for alive in (lives.alive[0], lives.alive[-1]))
    least = max(held, *(call_bound(lives, index, rules, limits) for index in range(len(geometry.layers))))
    known = orders(geometry, _ORDERS) if rules.stages is not StageKind.PATCH else None
    if known is None or (enough is not None and least > enough):
        return least
    streamed = NEVER
    for order in known:
        streamed = min(streamed, _streams(order, rules, enough or 0))
        if streamed <= max(least, enough or 0):
            break
    return max(least, streamed)


def _streams(geometry: Geometry, rules: Rules, enough: int) -> int:
    """Streams and whole tensors in one order."""
    lives = Lives.of(geometry, rules)
    rows = [_few(geometry, layer.output) for layer in geometry.layers]
    return least_peak(Moments(lives, rows, _limits(lives, rules)), enough)


def _limits(lives: Lives, rules: Rules) -> TileLimits | None:
    return TileLimits(lives, rules.recompute) if rules.stages is StageKind.AUTO else None


def peak(geometry: Geometry, rules: Rules | None = None) -> int:
    """Bytes of arena that the smallest plan by `rules` is expected to have; the budget is not looked at."""
    rules = rules or Rules()
    if rules.stages is StageKind.WHOLE:
        return _aligned(max(Lives(geometry).likely) if geometry.forced else _whole(geometry))
    geometry = geometry.split
    lives = Lives.of(geometry, rules)
    rows = [_many(geometry.planes[layer.output].height) for layer in geometry.layers]
    live: float = least_peak(Moments(lives, rows, certain=False))
    if rules.stages is StageKind.AUTO and rules.recompute > 0:
        tiled = least_peak(Moments(lives, rows, _limits(lives, rules), certain=False))
        live *= (tiled / live) ** _TILED
    return _aligned(int(live * _LOSS))


def _aligned(size: int) -> int:
    return -(-size // BUFFER_ALIGN) * BUFFER_ALIGN


def _few(geometry: Geometry, value: int) -> tuple[int, ...]:
    """Moments on the way through the rows of a value, for a bound."""
    middle = geometry.asked[value][0].middle
    return (0, middle) if middle and geometry.planes[value].height >= 8 else (0,)


def _many(height: int) -> tuple[int, ...]:
    """Moments on the way through an image, for an estimate."""
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
