"""The exact search: best-first on the peak over down-sets, with moves that are proven to cost nothing.

Let the *budget* be the peak that is already known to be unavoidable.

1. A ready step that fits the budget and does not raise the live memory is taken at once and alone. Memory is
   submodular, so such a step, moved to the front of any completion, raises no other step's cost.
2. The same holds for a whole set of steps: when a down-set X above the root is reached within the budget, and
   no down-set between the root and X has less memory than X (X itself not more than the root), the search
   starts afresh from X and forgets the rest. Residual blocks, cells and stages fall apart in this way.
3. When nothing is left within the budget, it rises to the least cost that was turned away.

When that takes too long, the budget is bisected between the proven bound and the best peak known.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, field

from tinycompile.plan.order_bound import cut_bound
from tinycompile.plan.order_space import OrderSpace, bits
from tinycompile.plan.order_types import OrderResult


@dataclass(frozen=True, slots=True)
class _State:
    """A down-set, its live memory and ready steps; ``parent`` and ``steps`` say how it was reached."""

    done: int
    memory: int
    ready: int
    parent: int
    steps: tuple[int, ...]


@dataclass(slots=True)
class _Limits:
    """Work left, in expanded down-sets and in wall time."""

    states: int
    deadline: float | None
    spent: int = 0

    def hit(self, cap: int) -> bool:
        """Count one expanded down-set; return whether ``cap`` of them or the time are spent."""
        self.spent += 1
        if self.spent > cap:
            return True
        return self.spent % 64 == 0 and self._late()

    def left(self) -> bool:
        """Return whether another run may start."""
        return self.spent < self.states and not self._late()

    def _late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline


#: Part of the state limit that one trial budget may use.
_SHARES = 16


def _start(state: _State) -> _State:
    """The state as the root of a search of its own: paths end there."""
    return _State(state.done, state.memory, state.ready, state.done, ())


class _LimitError(Exception):
    """A limit of the search was passed."""


@dataclass(slots=True)
class _Front:
    """The search above one root: the states reached, and those that wait, least peak first."""

    root: _State
    reached: dict[int, _State] = field(default_factory=dict)
    queued: dict[int, int] = field(default_factory=dict)
    heap: list[tuple[int, int, int, int, _State]] = field(default_factory=list)
    pushes: int = 0

    def push(self, peak: int, state: _State) -> None:
        if state.done in self.reached or self.queued.get(state.done, peak + 1) <= peak:
            return
        self.queued[state.done] = peak
        self.pushes += 1
        entry = (peak, -state.done.bit_count(), state.memory, self.pushes, state)
        heapq.heappush(self.heap, entry)

    def path(self, done: int) -> tuple[int, ...]:
        parts: list[tuple[int, ...]] = []
        while done != self.root.done:
            state = self.reached[done]
            parts.append(state.steps)
            done = state.parent
        return tuple(step for part in reversed(parts) for step in part)


def search(
    space: OrderSpace, incumbent: tuple[int, ...], *, time_limit_s: float | None, state_limit: int
) -> OrderResult:
    """Improve ``incumbent`` to an order of least peak, or as far as the limits allow."""
    deadline = None if time_limit_s is None else time.monotonic() + time_limit_s
    limits = _Limits(state_limit, deadline)
    order, peak = incumbent, space.peak(incumbent)
    run = _Search(space, cut_bound(space, incumbent), peak, limits, state_limit // 2)
    try:
        order = run.solve() or order
        peak = space.peak(order)
        return OrderResult(order, peak, peak, True, limits.spent)
    except _LimitError:
        return _bisect(space, order, run.budget, limits)


def _bisect(space: OrderSpace, order: tuple[int, ...], lower: int, limits: _Limits) -> OrderResult:
    """Ask for orders at budgets between the proven bound and the best peak, with what is left of the limits.

    A budget that is too generous makes more steps free, and so often finds an order where the exact search is
    stuck below; a budget that is refused raises the bound.
    """
    peak, trial, share = space.peak(order), lower, max(limits.states // _SHARES, 1)
    while lower < peak and limits.left():
        budget = (trial + peak - 1) // 2
        run = _Search(space, budget, budget + 1, limits, min(limits.spent + share, limits.states))
        try:
            found = run.solve()
        except _LimitError:
            trial = budget + 1
            if trial == peak:
                trial, share = lower, 2 * share
            continue
        if found is None:
            lower = trial = budget + 1
        else:
            order, peak = found, space.peak(found)
            trial = trial if trial < peak else lower
    return OrderResult(order, peak, lower, lower == peak, limits.spent)


class _Search:
    def __init__(self, space: OrderSpace, bound: int, ceiling: int, limits: _Limits, cap: int) -> None:
        self.space = space
        self.ceiling = ceiling
        self.limits = limits
        self.cap = cap
        self.budget = bound

    def solve(self) -> tuple[int, ...] | None:
        """Return an order whose peak is below the ceiling and least, or None when there is none."""
        space = self.space
        root = self._settle(_State(0, space.initial, space.ready_at(0), 0, ()), space.full)
        order = root.steps
        while root.done != space.full:
            advance = self._advance(root)
            if advance is None:
                return None
            path, root = advance
            order += path
        return order

    def _advance(self, root: _State) -> tuple[tuple[int, ...], _State] | None:
        """Search from ``root`` to the end or to a down-set from which to start afresh."""
        front = _Front(_start(root))
        front.push(self.budget, front.root)
        while front.heap and self.budget < self.ceiling:
            peak, *_, waiting = heapq.heappop(front.heap)
            self.budget = max(self.budget, peak)
            state = self._settle(waiting, self.space.full)
            if state.done in front.reached:
                continue
            front.reached[state.done] = state
            if state.done == self.space.full:
                return front.path(state.done), state
            if state.memory <= root.memory and state.done != root.done:
                return self._valley(root, state.done)
            self._expand(front, state, self.space.full)
        return None

    def _valley(self, root: _State, top: int) -> tuple[tuple[int, ...], _State]:
        """Return the path to the largest down-set of least memory between ``root`` and ``top``.

        All of the sublattice that fits the budget is visited; the least of it is the least of the whole
        sublattice, for the steps below a minimum never cost more when the others are left out.
        """
        front = _Front(_start(root))
        front.push(self.budget, front.root)
        best = (root.memory, -root.done.bit_count(), root.done)
        while front.heap:
            *_, waiting = heapq.heappop(front.heap)
            state = self._settle(waiting, top)
            if state.done in front.reached:
                continue
            front.reached[state.done] = state
            best = min(best, (state.memory, -state.done.bit_count(), state.done))
            self._expand(front, state, top)
        return front.path(best[2]), front.reached[best[2]]

    def _expand(self, front: _Front, state: _State, within: int) -> None:
        if self.limits.hit(self.cap):
            raise _LimitError
        for index in bits(state.ready & within):
            need, delta = self.space.move(state.done, index)
            cost = state.memory + need
            if cost >= self.ceiling or (within != self.space.full and cost > self.budget):
                continue
            done = state.done | 1 << index
            ready = self.space.next_ready(state.ready, done, index)
            child = _State(done, state.memory + delta, ready, state.done, (index,))
            front.push(max(self.budget, cost), child)

    def _settle(self, state: _State, within: int) -> _State:
        """Take every step that fits the budget and does not raise the live memory."""
        space, done, memory, ready = self.space, state.done, state.memory, state.ready
        taken: list[int] = []
        progress = True
        while progress:
            progress = False
            for index in bits(ready & within):
                need, delta = space.move(done, index)
                if delta <= 0 and memory + need <= self.budget:
                    done |= 1 << index
                    memory += delta
                    ready = space.next_ready(ready, done, index)
                    taken.append(index)
                    progress = True
        return _State(done, memory, ready, state.parent, state.steps + tuple(taken)) if taken else state
