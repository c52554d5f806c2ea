"""Which memory every cluster goes to: greedy rounds, ejections, and a branch and bound, all counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tinycompile.plan.pack_region_branch import Branches, State
from tinycompile.plan.pack_region_oracle import Members, Oracle
from tinycompile.plan.pack_region_types import Memory

#: Greedy rounds for each order; what found no place in one goes first in the next.
_ROUNDS = 6
#: More clusters than this are left to the local search, once it has found an assignment.
_BRANCHED = 60
#: Nodes times clusters of a branch and bound that only looks for something cheaper.
_NODES = 40_000
#: The branch and bound recurses once for each cluster.
_DEEPEST = 400
#: Sweeps over all clusters that look for a cheaper memory.
_SWEEPS = 4


@dataclass(slots=True)
class Search:
    """Looks for the assignment of least cost in which every memory can be packed.

    Attributes:
        heat: bytes read and written per run, per cluster.
        limit: attempts of the oracle before the branch and bound, and nodes of that.
        proven: whether the branch and bound ran to its end.
        weight: bytes of each cluster at its fullest step.
        area: bytes times steps of each cluster, steps counted between the events of all of them.
    """

    oracle: Oracle
    heat: Sequence[int]
    memories: Sequence[Memory]
    limit: int
    proven: bool = False
    method: str = "greedy"
    weight: list[int] = field(init=False)
    area: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.weight = [max(1, self.oracle.load([c])) for c in range(len(self.heat))]
        self.area = [max(1, int(row.sum())) for row in self.oracle.loads]

    def run(self) -> State:
        """The best assignment found; clusters without a memory are those that found none."""
        best = self._greedy()
        if not self._complete(best):
            best = self._repaired(best)
        if self._complete(best):
            best = self._improved(best)
        return self._branched(best)

    def _branched(self, best: State) -> State:
        """Something cheaper than a complete state, or something complete where there is none."""
        complete = self._complete(best)
        if len(self.heat) > (_BRANCHED if complete else _DEEPEST):
            return best
        nodes = min(_NODES // len(self.heat), self.limit) if complete else self.limit
        for order in [self._by_heat()] if complete else [self._by_time(), self._by_heat()]:
            branches = Branches(self, order, best if complete else None, nodes)
            found = branches.run()
            self.proven = branches.exhausted and branches.certain
            if found is not None:
                self.method = "branch and bound"
                return found if self.proven else self._improved(found)
            if self.proven:
                break
        return best

    def _by_heat(self) -> list[int]:
        return sorted(range(len(self.heat)), key=lambda c: (-self.heat[c], -self.weight[c], c))

    def _by_time(self) -> list[int]:
        """By the first step, so that what contradicts each other is met soon after."""
        starts = (self.oracle.loads > 0).argmax(axis=1).tolist()
        return sorted(range(len(self.heat)), key=lambda c: (starts[c], -self.weight[c], -self.heat[c], c))

    def cost(self, state: State) -> int:
        """Heat times the cost of a byte, over all placed clusters."""
        return sum(
            self.heat[c] * memory.cost
            for memory, members in zip(self.memories, state.members, strict=True)
            for c in members
        )

    def fits(self, memory: int, members: Members) -> bool:
        """Whether the memory can be packed with the clusters, as far as the limit lets us know."""
        capacity = self.memories[memory].capacity
        if self.spent and not self.oracle.knows(members, capacity):
            return False
        return self.oracle.fit(members, capacity).offsets is not None

    @property
    def spent(self) -> bool:
        """Whether the attempts are used up."""
        return self.oracle.attempts >= self.limit

    def _complete(self, state: State) -> bool:
        return len(state.placed) == len(self.heat)

    def _density(self, cluster: int) -> float:
        return self.heat[cluster] / self.area[cluster]

    def _orders(self) -> list[list[int]]:
        clusters = range(len(self.heat))
        return [
            sorted(clusters, key=lambda c: (-self._density(c), c)),
            sorted(clusters, key=lambda c: (-self.heat[c] / self.weight[c], c)),
            sorted(clusters, key=lambda c: (-self.weight[c], c)),
            sorted(clusters, key=lambda c: (-self.area[c], c)),
        ]

    def _greedy(self) -> State:
        """The cheapest complete assignment of all greedy rounds, or the one that lacks the fewest bytes."""
        best: tuple[tuple[int, int], State] | None = None
        for index in range(len(self.memories)):
            if self.fits(index, frozenset(range(len(self.heat)))):
                members = [frozenset[int]()] * len(self.memories)
                members[index] = frozenset(range(len(self.heat)))
                alone = State(members)
                best = min(best or ((0, self.cost(alone)), alone), ((0, self.cost(alone)), alone), key=_first)
        for order in self._orders():
            for _ in range(_ROUNDS):
                state, failed = self._place(State([frozenset()] * len(self.memories)), order)
                key = (sum(self.weight[c] for c in failed), self.cost(state))
                if best is None or key < best[0]:
                    best = key, state
                if not failed or self.spent:
                    break
                order = [*failed, *(c for c in order if c not in failed)]
        assert best is not None
        return best[1]

    def _place(self, state: State, order: Iterable[int]) -> tuple[State, list[int]]:
        """Put every cluster into the first memory that takes it; returns also those that none takes."""
        members, failed = list(state.members), []
        for cluster in order:
            for index in range(len(members)):
                grown = members[index] | {cluster}
                if self.fits(index, grown):
                    members[index] = grown
                    break
            else:
                failed.append(cluster)
        return State(members), failed

    def _repaired(self, state: State) -> State:
        """Give homeless clusters a place by moving others away, as long as that helps."""
        homeless = sorted(set(range(len(self.heat))) - state.placed, key=lambda c: (-self.weight[c], c))
        for cluster in homeless:
            for memory in range(len(self.memories)):
                moved = self._inserted(state, cluster, memory)
                if moved is not None:
                    self.method = "greedy and ejections"
                    state = moved
                    break
        return state

    def _improved(self, state: State) -> State:
        """Move clusters to cheaper memories, pushing out colder ones where needed, while the cost falls."""
        for _ in range(_SWEEPS):
            before = self.cost(state)
            for cluster in sorted(range(len(self.heat)), key=lambda c: (-self.heat[c], c)):
                state = self._cheaper(state, cluster)
            if self.cost(state) == before or self.spent:
                break
        return state

    def _cheaper(self, state: State, cluster: int) -> State:
        home = state.home(cluster)
        assert home is not None
        for memory in range(len(self.memories)):
            if self.memories[memory].cost >= self.memories[home].cost or not self.heat[cluster]:
                continue
            moved = self._inserted(state.without([cluster]), cluster, memory)
            if moved is not None and self.cost(moved) < self.cost(state):
                return moved
        return state

    def _inserted(self, state: State, cluster: int, memory: int) -> State | None:
        """The state with `cluster` in `memory`; what must leave for it finds other places, or None."""
        if not self.oracle.may_fit(frozenset([cluster]), self.memories[memory].capacity):
            return None
        rivals = [c for c in state.members[memory] if self.oracle.meet(c, cluster)]
        for key in (self._density, lambda c: -self.weight[c]):
            out: list[int] = []
            for rival in [None, *sorted(rivals, key=lambda c: (key(c), c))]:
                if rival is not None:
                    out.append(rival)
                inside = (state.members[memory] - set(out)) | {cluster}
                if self.fits(memory, inside):
                    members = list(state.members)
                    members[memory] = inside
                    again = sorted(out, key=lambda c: (-self._density(c), c))
                    moved, failed = self._place(State(members), again)
                    if not failed:
                        return moved
                    break
        return None


def _first(pair: tuple[tuple[int, int], State]) -> tuple[int, int]:
    return pair[0]
