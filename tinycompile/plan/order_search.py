"""The exact search: best-first on the peak over the states between events, with moves that cost nothing.

Let the *budget* be the peak that is already known to be unavoidable.

1. A run to the next event that fits the budget and leaves no more memory than before is taken at once and
   alone. Memory is submodular, so such a run, moved to the front of any completion, raises no other step's
   cost.
2. The same holds for several runs: when a down-set X above the root is reached within the budget, and no
   down-set between the root and X has less memory than X (X itself not more than the root), the search starts
   afresh from X and forgets the rest. Residual blocks, cells and stages fall apart in this way.
3. When nothing is left within the budget, it rises to the least cost that was turned away.

When that takes too long, the budget is bisected between the proven bound and the best peak known.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, field

from tinycompile.plan.order_events import Events, State
from tinycompile.plan.order_types import OrderResult


@dataclass(frozen=True, slots=True)
class _Visit:
    """A state; ``parent`` and ``steps`` say how it was reached."""

    state: State
    parent: int
    steps: tuple[int, ...]


@dataclass(slots=True)
class Limits:
    """Work done, in visited down-sets, and the end in wall time."""

    deadline: float | None
    spent: int = 0

    @classmethod
    def of(cls, time_limit_s: float | None) -> Limits:
        """Return limits that start now."""
        return cls(None if time_limit_s is None else time.monotonic() + time_limit_s)

    def hit(self, cap: int) -> bool:
        """Count one visited down-set; return whether ``cap`` of them or the time are spent."""
        self.spent += 1
        if self.spent > cap:
            return True
        return self.spent % 64 == 0 and self._late()

    def left(self, cap: int) -> bool:
        """Return whether another run may start."""
        return self.spent < cap and not self._late()

    def _late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline


#: Part of the state limit that one trial budget may use.
_SHARES = 16


class _LimitError(Exception):
    """A limit of the search was passed."""


@dataclass(slots=True)
class _Front:
    """The search above one root: the states reached, and those that wait, least peak first."""

    root: State
    reached: dict[int, _Visit] = field(default_factory=dict)
    queued: dict[int, int] = field(default_factory=dict)
    heap: list[tuple[int, int, int, int, _Visit]] = field(default_factory=list)
    pushes: int = 0

    def push(self, peak: int, visit: _Visit) -> None:
        state = visit.state
        if self.queued.get(state.done, peak + 1) <= peak:
            return
        self.queued[state.done] = peak
        self.pushes += 1
        heapq.heappush(self.heap, (peak, -state.done.bit_count(), state.memory, self.pushes, visit))

    def path(self, done: int) -> tuple[int, ...]:
        parts: list[tuple[int, ...]] = []
        while done != self.root.done:
            visit = self.reached[done]
            parts.append(visit.steps)
            done = visit.parent
        return tuple(step for part in reversed(parts) for step in part)


def search(events: Events, incumbent: tuple[int, ...], lower: int, limits: Limits, cap: int) -> OrderResult:
    """Improve ``incumbent`` to an order of least peak, or as far as the limits allow.

    No order is below ``lower``; ``cap`` is what the limits may have spent at the end.
    """
    space, order = events.space, incumbent
    run = _Search(events, lower, space.peak(order), limits, (limits.spent + cap) // 2)
    try:
        order = run.solve() or order
        peak = space.peak(order)
        return OrderResult(order, peak, peak, True, limits.spent)
    except _LimitError:
        return _bisect(events, order, run.budget, limits, cap)


def _bisect(events: Events, order: tuple[int, ...], lower: int, limits: Limits, cap: int) -> OrderResult:
    """Ask for orders at budgets between the proven bound and the best peak, with what is left of the limits.

    A budget that is too generous makes more steps free, and so often finds an order where the exact search is
    stuck below; a budget that is refused raises the bound. The first budgets lie just below the best peak.
    """
    space = events.space
    peak, share = space.peak(order), max((cap - limits.spent) // 2, 1)
    trial = peak - 1
    while lower < peak and limits.left(cap):
        budget = (trial + peak - 1) // 2
        run = _Search(events, budget, budget + 1, limits, min(limits.spent + share, cap))
        try:
            found = run.solve()
        except _LimitError:
            trial = budget + 1
            if trial == peak:
                trial, share = lower, max(cap // _SHARES, 1)
            continue
        if found is None:
            lower = trial = budget + 1
        else:
            below = trial == peak - 1
            order, peak = found, space.peak(found)
            trial = peak - 1 if below or trial >= peak else trial
    return OrderResult(order, peak, lower, lower == peak, limits.spent)


class _Search:
    def __init__(self, events: Events, bound: int, ceiling: int, limits: Limits, cap: int) -> None:
        self.events = events
        self.full = events.space.full
        self.ceiling = ceiling
        self.limits = limits
        self.cap = cap
        self.budget = bound

    def solve(self) -> tuple[int, ...] | None:
        """Return an order whose peak is below the ceiling and least, or None when there is none."""
        root, order, _ = self.events.settle(self.events.start(), self.full, self.budget)
        while root.done != self.full:
            advance = self._advance(root)
            if advance is None:
                return None
            path, root = advance
            order += path
        return order

    def _advance(self, root: State) -> tuple[tuple[int, ...], State] | None:
        """Search from ``root`` to the end or to a down-set from which to start afresh."""
        front = self._front(root)
        while front.heap and self.budget < self.ceiling:
            peak, *_, waiting = heapq.heappop(front.heap)
            self.budget = max(self.budget, peak)
            state = self._visit(front, waiting, self.full)
            if state is None:
                continue
            if state.done == self.full:
                return front.path(state.done), state
            if state.memory <= root.memory and state.done != root.done:
                return self._valley(root, state.done)
        return None

    def _valley(self, root: State, top: int) -> tuple[tuple[int, ...], State]:
        """Return the path to the largest down-set of least memory between ``root`` and ``top``.

        All of the sublattice that fits the budget is visited; the least of it is the least of the whole
        sublattice, for the steps below a minimum never cost more when the others are left out.
        """
        front = self._front(root)
        while front.heap:
            *_, waiting = heapq.heappop(front.heap)
            self._visit(front, waiting, top)
        states = [visit.state for visit in front.reached.values()]
        best = min(states, key=lambda state: (state.memory, -state.done.bit_count(), state.done))
        return front.path(best.done), best

    def _front(self, root: State) -> _Front:
        front = _Front(root)
        front.push(self.budget, _Visit(root, root.done, ()))
        return front

    def _visit(self, front: _Front, waiting: _Visit, within: int) -> State | None:
        """Settle a waiting state and queue what follows it; None when it was reached before."""
        if waiting.state.done in front.reached:
            return None
        if self.limits.hit(self.cap):
            raise _LimitError
        state, steps, runs = self.events.settle(waiting.state, within, self.budget, self.ceiling)
        if state.done in front.reached:
            return None
        front.reached[state.done] = _Visit(state, waiting.parent, waiting.steps + steps)
        for run in runs:
            if run.done in front.reached:
                continue
            if within == self.full or run.peak <= self.budget:
                after = State(run.done, run.memory, state.over, state.open)
                front.push(max(self.budget, run.peak), _Visit(after, state.done, run.steps))
        return state
