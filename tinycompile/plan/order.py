"""Order the steps of a schedule so that the peak of the memory that is live at one time is least.

Nothing here knows the graph: a step reads and writes buffers, and a buffer has a size. ``order_space`` gives
the costs, ``order_events`` the moves that suffice, ``order_greedy`` the upper bounds, ``order_bound`` and
``order_relax`` the lower ones, ``order_search`` the exact search.
"""

from __future__ import annotations

from collections.abc import Sequence

from tinycompile.plan.order_bound import cut_bound
from tinycompile.plan.order_events import Events
from tinycompile.plan.order_greedy import greedy_orders
from tinycompile.plan.order_relax import relaxed
from tinycompile.plan.order_search import Limits, search
from tinycompile.plan.order_space import OrderSpace
from tinycompile.plan.order_types import OrderProblem, OrderResult, OrderStep

__all__ = ["OrderProblem", "OrderResult", "OrderStep", "best_order", "order_peak"]


def best_order(
    problem: OrderProblem, *, time_limit_s: float | None = None, state_limit: int = 60_000
) -> OrderResult:
    """Return an order of least peak, or the best found within the limits together with a proven lower bound.

    The original order is kept when no order is better. ``state_limit`` bounds the work in visited down-sets
    and so deterministically; ``time_limit_s`` (seconds of wall time) is for interactive use. Raises
    ``ValueError`` when the steps depend on each other in a circle, or a buffer is read that nothing fills.
    """
    events = Events(OrderSpace(problem))
    limits = Limits.of(time_limit_s)
    order, lower = _first(events)
    simpler = relaxed(problem) if lower < events.space.peak(order) else None
    if simpler is not None:
        inner = Events(OrderSpace(simpler))
        result = search(inner, *_first(inner), limits, state_limit // 4)
        lower = max(lower, result.lower_bound)
        order = min(order, result.order, key=events.space.peak)
    return search(events, order, lower, limits, state_limit)


def _first(events: Events) -> tuple[tuple[int, ...], int]:
    """Return the best of the greedy orders and a lower bound; orders are drawn until they meet it."""
    space, lower = events.space, 0
    order: tuple[int, ...] | None = None
    for other in greedy_orders(events):
        if order is None:
            order, lower = other, cut_bound(space, other)
        order = min(order, other, key=space.peak)
        if space.peak(order) == lower:
            break
    assert order is not None
    return order, lower


def order_peak(problem: OrderProblem, order: Sequence[int]) -> int:
    """Return the peak in bytes of ``order``; raises ``ValueError`` when it breaks a dependence."""
    return OrderSpace(problem).peak(order)
