"""Order the steps of a schedule so that the peak of the memory that is live at one time is least.

Nothing here knows the graph: a step reads and writes buffers, and a buffer has a size. ``order_space`` gives
the costs, ``order_greedy`` the upper bounds, ``order_search`` the exact search.
"""

from __future__ import annotations

from collections.abc import Sequence

from tinycompile.plan.order_greedy import greedy_orders
from tinycompile.plan.order_search import search
from tinycompile.plan.order_space import OrderSpace
from tinycompile.plan.order_types import OrderProblem, OrderResult, OrderStep

__all__ = ["OrderProblem", "OrderResult", "OrderStep", "best_order", "order_peak"]


def best_order(
    problem: OrderProblem, *, time_limit_s: float | None = None, state_limit: int = 100_000
) -> OrderResult:
    """Return an order of least peak, or the best found within the limits together with a proven lower bound.

    The original order is kept when no order is better. ``state_limit`` bounds the work in expanded down-sets
    and so deterministically; ``time_limit_s`` (seconds of wall time) is for interactive use. Raises
    ``ValueError`` when the steps depend on each other in a circle, or a buffer is read that nothing fills.
    """
    space = OrderSpace(problem)
    best = min(greedy_orders(space), key=space.peak)
    return search(space, best, time_limit_s=time_limit_s, state_limit=state_limit)


def order_peak(problem: OrderProblem, order: Sequence[int]) -> int:
    """Return the peak in bytes of ``order``; raises ``ValueError`` when it breaks a dependence."""
    return OrderSpace(problem).peak(order)
