"""Exact packing of shapes: which of every two that exclude each other lies below.

Once that is decided for all disjunctions, the lowest offsets are longest paths from the bottom of the arena.
That is the disjunctive formulation of scheduling with sequence-dependent set-up times, with bytes for time,
and it is searched as there. Every shape has a *head*, the lowest offset that it may have, and a *tail*, the
bytes from its offset to the top that it and what lies above it need; a way that leads beyond the capacity
leaves the other one (Carlier and Pinson, "An algorithm for solving the job-shop problem", Management Science
35, 1989). Among shapes of which no two may have the same offset, those from some head on need at least the
sum of their smallest distances (the one-machine bound of the same paper). Branching takes a disjunction with
little room that led to failures before (Boussemart et al., "Boosting systematic search by weighting
constraints", ECAI 2004).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tinycompile.plan.pack_fit import align_up
from tinycompile.plan.pack_shape_disjunctions import Clique, Disjunctions
from tinycompile.plan.pack_shape_types import Shape

_FAR = 1 << 60

#: How often the consequences of one decision may change a shape, on the average, before they are given up.
_ROUNDS = 20


#: A disjunction with its number: (number, a, b, up, down).
_Numbered = tuple[int, int, int, int, int]

#: A clique: (its shapes as bits, per shape (shape, its sides as (number, least distance, sign))).
_Masked = tuple[int, tuple[tuple[int, tuple[tuple[int, int, int], ...]], ...]]


@dataclass(slots=True)
class _State:
    """What is decided.

    Attributes:
        heads, tails: in bytes, per shape.
        ways: per disjunction 1 for ``up``, -1 for ``down``, 0 while it is open.
        above: per shape, as bits, those that lie above it and cannot have its offset, as far as decided.
        open: all disjunctions that are open, and maybe some that are not any more; never changed in place.
    """

    heads: list[int]
    tails: list[int]
    ways: list[int]
    above: list[int]
    open: Sequence[_Numbered]

    def copy(self) -> _State:
        return _State(self.heads[:], self.tails[:], self.ways[:], self.above[:], self.open)


@dataclass(slots=True)
class OrderSearch:
    """Decides whether shapes fit into a capacity.

    What it learns about hard disjunctions is kept from one capacity to the next.

    Attributes:
        shapes, given: what is packed.
        nodes: decisions tried so far.
        offsets: bytes, one per shape, as found last.
    """

    shapes: Sequence[Shape]
    given: Disjunctions
    nodes: int = 0
    offsets: list[int] = field(default_factory=list)
    _weights: list[float] = field(init=False)
    _capacity: int = field(init=False, default=0)
    _complete: bool = field(init=False, default=True)
    _every: list[_Numbered] = field(init=False)
    _cliques: list[_Masked] = field(init=False)
    _aligns: list[int] = field(init=False)
    _touched: set[int] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._weights = [1.0] * len(self.given.every)
        self._every = [(n, one.a, one.b, one.up, one.down) for n, one in enumerate(self.given.every)]
        self._aligns = [shape.align for shape in self.shapes]
        self._cliques = [_masked(clique) for clique in self.given.cliques]

    def fits(self, capacity: int, nodes: int) -> bool | None:
        """Return True with ``offsets`` filled, False when there is no packing, None after that many nodes."""
        self._capacity, self._complete = capacity, True
        sizes = [shape.size for shape in self.shapes]
        root = _State([0] * len(sizes), sizes, [0] * len(self._every), [0] * len(sizes), self._every)
        if max(sizes, default=0) > capacity:
            return False
        stack = [root] if self._infer_all(root) and not self._overfull(root, self._cliques) else []
        last = self.nodes + nodes
        while stack:
            if self.nodes >= last:
                return None
            self.nodes += 1
            state = stack.pop()
            branch = self._branch(state)
            if branch is None:
                self.offsets = state.heads
                return True
            number, way = branch
            # The way with more room is tried first, so it goes onto the stack last.
            for chosen in (-way, way):
                after = state.copy()
                self._touched.clear()
                # Cliques that the decision did not touch are as full as before.
                if self._decide(after, number, chosen) and not self._overfull(after, self._met()):
                    stack.append(after)
        return False if self._complete else None

    def _branch(self, state: _State) -> tuple[int, int] | None:
        """Return a disjunction that the heads violate and the way with more room; None for a packing."""
        heads, tails, ways = state.heads, state.tails, state.ways
        capacity, weights = self._capacity, self._weights
        best, least = None, float(_FAR)
        state.open = [one for one in state.open if not ways[one[0]]]
        for number, a, b, up, down in state.open:
            low, high = heads[a], heads[b]
            if low + up <= high or high + down <= low:
                continue
            upward = capacity - low - up - tails[b]
            downward = capacity - high - down - tails[a]
            if upward >= downward:
                room = (downward + 0.5 * upward + 1) / weights[number]
            else:
                room = (upward + 0.5 * downward + 1) / weights[number]
            if room < least:
                least = room
                best = number, 1 if upward >= downward else -1
        return best

    def _infer_all(self, state: _State) -> bool:
        """Decide what the sizes alone decide; False when there is no packing."""
        for number, one in enumerate(self.given.every):
            if state.ways[number]:
                continue
            up = state.heads[one.a] + one.up + state.tails[one.b] <= self._capacity
            down = state.heads[one.b] + one.down + state.tails[one.a] <= self._capacity
            if not up and not down:
                return False
            if up != down and not self._decide(state, number, 1 if up else -1):
                return False
        return True

    def _decide(self, state: _State, number: int, way: int) -> bool:
        """Decide a disjunction and all that follows; False on a contradiction, which gains weight.

        A circle of decisions whose distances sum up to little more than nothing is a contradiction that takes
        long to show; it is given up.
        """
        pending = self._fix(state, number, way)
        for _ in range(_ROUNDS * len(self.shapes)):
            if not pending:
                return True
            index = pending.pop()
            blamed = self._spread(state, index, pending)
            if blamed is not None:
                self._weights[number] += 1
                if blamed >= 0:
                    self._weights[blamed] += 1
                return False
        self._complete = False
        return False

    def _spread(self, state: _State, index: int, pending: list[int]) -> int | None:
        """Carry one shape's head and tail to its neighbours; None when that leads to no contradiction.

        Otherwise returns the disjunction with no way left, or -1 when the shape itself has none. Shapes whose
        head or tail has changed are put on ``pending``.
        """
        heads, tails, ways, capacity = state.heads, state.tails, state.ways, self._capacity
        head, tail = heads[index], tails[index]
        if head + tail > capacity:
            return -1
        touched = self._touched
        for number, other, below, above, sign in self.given.sides[index]:
            way = ways[number] * sign
            if way > 0:
                if head + below > heads[other]:
                    heads[other] = align_up(head + below, self._aligns[other])
                    pending.append(other)
                    touched.add(other)
            elif way < 0:
                if tail + above > tails[other]:
                    tails[other] = tail + above
                    pending.append(other)
                    touched.add(other)
            else:
                under = head + below + tails[other] <= capacity
                over = heads[other] + above + tail <= capacity
                if under and over:
                    continue
                if not under and not over:
                    return number
                pending += self._fix(state, number, sign if under else -sign)
                if heads[index] != head or tails[index] != tail:
                    # The shape itself is on ``pending`` again.
                    break
        return None

    def _fix(self, state: _State, number: int, way: int) -> list[int]:
        """Note the decision of a disjunction; returns the shapes whose head or tail it changes."""
        _, a, b, up, down = self._every[number]
        low, high, distance = (a, b, up) if way > 0 else (b, a, down)
        state.ways[number] = way
        self._touched.update((a, b))
        if up > 0 and down > 0:
            state.above[low] |= 1 << high
        changed = []
        head = align_up(state.heads[low] + distance, self._aligns[high])
        if head > state.heads[high]:
            state.heads[high] = head
            changed.append(high)
        tail = state.tails[high] + distance
        if tail > state.tails[low]:
            state.tails[low] = tail
            changed.append(low)
        return changed

    def _met(self) -> Iterable[_Masked]:
        """Return the cliques with a shape whose head, tail or ways have changed."""
        numbers = {number for index in self._touched for number in self.given.cliques_of[index]}
        return (self._cliques[number] for number in numbers)

    def _overfull(self, state: _State, cliques: Iterable[_Masked]) -> bool:
        """Return whether some part of one of the cliques needs more than the capacity.

        In a clique all shapes lie one above the other. Each but the last keeps the next at least at its
        smallest distance to any that may still follow; the last needs its tail. A shape that is decided to
        lie below another one has the lower head, so among the shapes from some head on it is not the last.
        """
        heads, tails, ways, above = state.heads, state.tails, state.ways, state.above
        capacity = self._capacity
        for members, clique in cliques:
            rows = []
            for index, sides in clique:
                rest = _FAR if above[index] & members else tails[index]
                distance = 0
                for number, below, sign in sides:
                    if ways[number] * sign >= 0:
                        distance = below
                        break
                rows.append((heads[index], distance, rest - distance))
            rows.sort(reverse=True)
            total, least = 0, _FAR
            for head, distance, rest in rows:
                total += distance
                if rest < least:
                    least = rest
                if head + total + least > capacity and least < _FAR // 2:
                    return True
        return False


def _masked(clique: Clique) -> _Masked:
    members = sum(1 << index for index, _ in clique)
    return members, tuple(
        (index, tuple((number, below, sign) for number, _, below, _, sign in sides))
        for index, sides in clique
    )
