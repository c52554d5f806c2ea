"""The states of the ordering problem: down-sets of the steps as bit masks, and the cost of one more step.

A down-set holds the steps that are done. What is live after it depends on the set alone, not on the order
inside it, and that memory is submodular: ``memory(A | B) + memory(A & B) <= memory(A) + memory(B)``. The
search rests on these two facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tinycompile.plan.order_types import OrderProblem


@dataclass(frozen=True, slots=True)
class _Pair:
    """An in-place pair: saves ``saving`` bytes once ``readers`` are done while ``writers`` are not begun."""

    source: int
    target: int
    readers: int
    writers: int
    saving: int


class _Move(NamedTuple):
    """What one step does to the live memory; masks name the *other* steps that use the same buffer."""

    fresh: int
    scratch: int
    joined: tuple[tuple[int, int], ...]
    dying: tuple[tuple[int, int], ...]
    pairs: tuple[_Pair, ...]


def bits(mask: int) -> Iterator[int]:
    """Yield the positions of the set bits, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class OrderSpace:
    """Precomputed masks of one problem. ``full`` is the set of all steps, ``initial`` the memory before any.

    Attributes:
        writers, users: for each buffer the mask of the steps that write it, and of all that touch it.
        preds, succs: for each step the masks of its direct dependences, and of the steps that wait for it.
        ancestors, descendants: the same, transitively.
        floor: bytes that every order needs at its beginning or its end.
    """

    def __init__(self, problem: OrderProblem) -> None:
        self.problem = problem
        self.count = len(problem.steps)
        self.full = (1 << self.count) - 1
        self.writers = [0] * len(problem.buffers)
        self.users = [0] * len(problem.buffers)
        for index, step in enumerate(problem.steps):
            for buffer in step.writes:
                self.writers[buffer] |= 1 << index
            for buffer in (*step.reads, *step.writes):
                self.users[buffer] |= 1 << index
        self._check()
        self.preds = [self._preds_of(index) for index in range(self.count)]
        self.succs = [0] * self.count
        for index, mask in enumerate(self.preds):
            for before in bits(mask):
                self.succs[before] |= 1 << index
        self.ancestors = self._closure()
        self.descendants = [0] * self.count
        for index, before in enumerate(self.ancestors):
            for ancestor in bits(before):
                self.descendants[ancestor] |= 1 << index
        self._moves = tuple(self._move_of(index) for index in range(self.count))
        sizes = problem.buffers
        self.initial = sum(sizes[b] for b in problem.start if self.users[b] or b in problem.keep)
        self.floor = max(sum(sizes[b] for b in problem.start), sum(sizes[b] for b in problem.keep))

    def _check(self) -> None:
        filled = {b for b, writers in enumerate(self.writers) if writers} | self.problem.start
        wanted = {b for step in self.problem.steps for b in step.reads} | self.problem.keep
        if wanted - filled:
            raise ValueError(f"buffers {sorted(wanted - filled)} are read or kept but nothing fills them")

    def _preds_of(self, index: int) -> int:
        mask = 0
        for buffer in self.problem.steps[index].reads:
            mask |= self.writers[buffer]
        return mask & ~(1 << index)

    def _closure(self) -> list[int]:
        ancestors = [0] * self.count
        done, ready = 0, [i for i in range(self.count) if not self.preds[i]]
        while ready:
            index = ready.pop()
            done |= 1 << index
            for before in bits(self.preds[index]):
                ancestors[index] |= ancestors[before] | 1 << before
            ready += [s for s in bits(self.succs[index]) if not self.preds[s] & ~done]
        if done != self.full:
            raise ValueError(f"steps {list(bits(self.full & ~done))} depend on each other in a circle")
        return ancestors

    def _move_of(self, index: int) -> _Move:
        problem, own = self.problem, 1 << index
        step, sizes = problem.steps[index], problem.buffers
        writes = [b for b in dict.fromkeys(step.writes) if b not in problem.start]
        touched = dict.fromkeys((*step.reads, *step.writes))
        pairs = tuple(
            _Pair(a, b, self.users[a] & ~own, self.writers[b] & ~own, min(sizes[a], sizes[b]))
            for a, b in step.in_place
            if a in touched and a not in problem.keep and b in writes and a != b
        )
        return _Move(
            fresh=sum(sizes[b] for b in writes if self.writers[b] == own),
            scratch=step.scratch,
            joined=tuple((self.writers[b] & ~own, sizes[b]) for b in writes if self.writers[b] != own),
            dying=tuple((self.users[b] & ~own, sizes[b]) for b in touched if b not in problem.keep),
            pairs=pairs,
        )

    def ready_at(self, done: int) -> int:
        """Return the mask of the steps that may come next."""
        return sum(1 << i for i in bits(self.full & ~done) if not self.preds[i] & ~done)

    def next_ready(self, ready: int, done: int, index: int) -> int:
        """Return the ready mask after step ``index``; ``done`` holds it already."""
        ready ^= 1 << index
        for after in bits(self.succs[index]):
            if not self.preds[after] & ~done:
                ready |= 1 << after
        return ready

    def move(self, done: int, index: int) -> tuple[int, int]:
        """Return (bytes needed beyond the live memory during the step, change of the live memory)."""
        fresh, scratch, joined, dying, pairs = self._moves[index]
        born = fresh
        for writers, size in joined:
            if not writers & done:
                born += size
        died, waiting = 0, ~done
        for users, size in dying:
            if not users & waiting:
                died += size
        saved = _saving(pairs, done) if pairs else 0
        return born + scratch - saved, born - died

    def peak(self, order: Sequence[int]) -> int:
        """Return the peak of an order in bytes; raises ``ValueError`` when it breaks a dependence."""
        peak, memory, done = self.floor, self.initial, 0
        for index in order:
            if self.preds[index] & ~done or done >> index & 1:
                raise ValueError(f"step {index} stands too early or twice in the order")
            need, delta = self.move(done, index)
            peak = max(peak, memory + need)
            memory += delta
            done |= 1 << index
        if done != self.full:
            raise ValueError("the order leaves out steps")
        return peak

    def lending(self, index: int) -> list[tuple[int, int]]:
        """Return the in-place pairs of a step that can save anything, as (operand, result)."""
        return [(pair.source, pair.target) for pair in self._moves[index].pairs if pair.saving]

    def most_saved(self, index: int) -> int:
        """Return the most bytes that the in-place pairs of a step can save in any order."""
        before, after = self.ancestors[index], self.descendants[index]
        pairs = self._moves[index].pairs
        return _best_matching([p for p in pairs if not p.readers & after and not p.writers & before])


def _saving(pairs: tuple[_Pair, ...], done: int) -> int:
    if len(pairs) == 1:
        only = pairs[0]
        return 0 if only.readers & ~done or only.writers & done else only.saving
    usable = [p for p in pairs if not p.readers & ~done and not p.writers & done]
    return _best_matching(usable) if usable else 0


def _best_matching(pairs: Sequence[_Pair]) -> int:
    """Return the most bytes that pairs with no buffer in common save."""
    if not pairs:
        return 0
    first, rest = pairs[0], pairs[1:]
    if not rest:
        return first.saving
    others = [p for p in rest if p.source != first.source and p.target != first.target]
    return max(first.saving + _best_matching(others), _best_matching(rest))
