"""Orders as sequences of events: which steps must run before the next buffer dies, and nothing else.

Call a step *quiet* when no buffer of positive size dies with it and it has no scratch. What a quiet step
costs is what is live after it, and only more is live until the next step that is not quiet. Let f be that
step, and take the quiet steps before it that neither f nor the death (of one buffer, or of those that lend f
their place) waits for: run behind f they cost no more than f did, and all between costs less. So some best
order goes from one *event* to the next and runs only the event's ancestors between: the last users of a
buffer, or a step with scratch. Random graphs have few unions of such ancestor sets, however many down-sets
they have.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from tinycompile.plan.order_space import OrderSpace, bits


@dataclass(frozen=True, slots=True)
class State:
    """A down-set, its live memory, and masks of the events known to be over and of those that may be next."""

    done: int
    memory: int
    over: int
    open: int


@dataclass(frozen=True, slots=True)
class Run:
    """Steps from a state to the next event, the peak in bytes on the way, and the memory after it.

    ``free`` says that no set of steps between the state and the event has less memory than after the event,
    and the state has not less either: when the run fits the budget, nothing is gained by any other.
    """

    steps: tuple[int, ...]
    done: int
    peak: int
    memory: int
    free: bool


class Events:
    """The events of one problem; event i is over when all of ``closures[i]`` is done.

    Where an operand may lend its place to a result, the saving asks for a step that runs last: ``lasts[i]``,
    else -1.
    """

    def __init__(self, space: OrderSpace) -> None:
        self.space = space
        ranked = sorted(range(space.count), key=lambda i: (space.ancestors[i].bit_count(), i))
        self._rank = [0] * space.count
        for rank, index in enumerate(ranked):
            self._rank[index] = rank
        events = self._all()
        self.closures = [closure for closure, _ in events]
        self.lasts = [last for _, last in events]
        below = [self._below(index) for index in range(len(events))]
        self._needs = [mask & ~_union(below, mask) for mask in below]
        self._frees: list[list[int]] = [[] for _ in events]
        for index, mask in enumerate(self._needs):
            for before in bits(mask):
                self._frees[before].append(index)

    def start(self) -> State:
        """Return the state before any step."""
        first = sum(1 << i for i, mask in enumerate(self._needs) if not mask)
        return State(0, self.space.initial, 0, first)

    def settle(
        self, state: State, within: int, budget: int, ceiling: int = sys.maxsize
    ) -> tuple[State, tuple[int, ...], list[Run]]:
        """Take the free runs that fit the budget; return the state, the steps taken, and all runs from there
        whose peak is below the ceiling.

        Only steps of ``within`` take part. What is free stays free when other free runs come before it.
        """
        steps: tuple[int, ...] = ()
        while True:
            state = self._opened(state)
            runs: list[Run] = []
            free: list[Run] = []
            for mask, last, minimal in self._choices(state, within):
                if free and mask & (mask - 1):
                    continue  # more than one step: again with the next state
                run = self._run(state, mask, last, minimal, ceiling)
                if run is not None:
                    (free if run.free and run.peak <= budget else runs).append(run)
            if not free:
                return state, steps, runs
            done, memory = state.done, state.memory
            for run in free:
                for index in run.steps:
                    if not done >> index & 1:
                        memory += self.space.move(done, index)[1]
                        done |= 1 << index
                        steps += (index,)
            state = State(done, memory, state.over, state.open)

    def _choices(self, state: State, within: int) -> list[tuple[int, int, bool]]:
        """Return the events that can be the next: steps to run, the step to run last, and whether the steps
        hold no other event.
        """
        pending: dict[int, list[int]] = {}
        done, closures, lasts = state.done, self.closures, self.lasts
        for event in bits(state.open):
            closure, last = closures[event], lasts[event]
            if not closure & ~within and (last < 0 or not done >> last & 1):
                pending.setdefault(closure & ~done, []).append(last)
        least: list[int] = []
        choices: list[tuple[int, int, bool]] = []
        for steps in sorted(pending, key=int.bit_count):
            minimal = True
            for other in least:
                if other & steps == other:
                    minimal = False
                    break
            if minimal:
                least.append(steps)
            for last in pending[steps]:
                rest = steps & ~(1 << last) if last >= 0 else steps
                if minimal or (last >= 0 and not any(other & rest == other for other in least)):
                    choices.append((steps, last, minimal))
        return choices

    def _all(self) -> list[tuple[int, int]]:
        space, problem = self.space, self.space.problem
        found: dict[tuple[int, int], None] = {}
        for buffer, size in enumerate(problem.buffers):
            if size and space.users[buffer] and buffer not in problem.keep:
                found[self._closed(space.users[buffer]), -1] = None
        for index, step in enumerate(problem.steps):
            if step.scratch:
                found[self._closed(1 << index), -1] = None
            for sources in _lenders(space.lending(index)):
                closure = self._closed(1 << index | _union(space.users, sum(1 << b for b in sources)))
                if not space.descendants[index] & closure:
                    found[closure, index] = None
                    if self._closed(1 << index) == closure:
                        found.pop((closure, -1), None)
        found[space.full, -1] = None
        return sorted(found, key=lambda event: (event[0].bit_count(), event))

    def _closed(self, steps: int) -> int:
        return steps | _union(self.space.ancestors, steps)

    def _below(self, index: int) -> int:
        """Return the mask of the events that are over before the last step of this one."""
        closure, last = self.closures[index], self.lasts[index]
        rest = closure & ~(1 << last) if last >= 0 else closure
        return sum(
            1 << other
            for other, inner in enumerate(self.closures)
            if not inner & ~rest and (last >= 0 or inner != closure)
        )

    def _opened(self, state: State) -> State:
        """Bring the events that are over and open up to date with the steps that are done."""
        waiting, over, ready = ~state.done, state.over, state.open
        fresh = ready
        while fresh:
            low = fresh & -fresh
            fresh ^= low
            event = low.bit_length() - 1
            if self.closures[event] & waiting:
                continue
            over |= low
            ready ^= low
            for later in self._frees[event]:
                if not self._needs[later] & ~over:
                    ready |= 1 << later
                    fresh |= 1 << later
        return State(state.done, state.memory, over, ready)

    def _run(self, state: State, mask: int, last: int, minimal: bool, ceiling: int) -> Run | None:
        """The run over the steps of a mask; None when it reaches the ceiling."""
        if mask & (mask - 1):
            steps = sorted(bits(mask), key=self._rank.__getitem__)
            if last >= 0:
                steps.remove(last)
                steps.append(last)
        else:
            steps = [mask.bit_length() - 1]
        done, memory, peak, move = state.done, state.memory, state.memory, self.space.move
        for index in steps:
            need, delta = move(done, index)
            if memory + need > peak:
                peak = memory + need
                if peak >= ceiling:
                    return None
            memory += delta
            done |= 1 << index
        return Run(tuple(steps), done, peak, memory, minimal and memory <= state.memory)


def _union(masks: Sequence[int], chosen: int) -> int:
    """Return the union of the chosen masks."""
    union = 0
    for index in bits(chosen):
        union |= masks[index]
    return union


def _lenders(pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, ...]]:
    """Yield the sets of operands that may lend their places at the same time, one a result."""
    sources = sorted({source for source, _ in pairs})
    results = len({result for _, result in pairs})
    for count in range(1, min(len(sources), results) + 1):
        yield from combinations(sources, count)
