"""Depth-first search over assignments of clusters to memories, with bounds on cost and load."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tinycompile.plan.pack_region_oracle import Members, Oracle
from tinycompile.plan.pack_region_types import Memory


@dataclass(slots=True)
class State:
    """An assignment under construction: the clusters in every memory."""

    members: list[Members]

    def without(self, clusters: Iterable[int]) -> State:
        """A copy in which the clusters have no memory."""
        gone = frozenset(clusters)
        return State([m - gone for m in self.members])

    def home(self, cluster: int) -> int | None:
        """The memory of a cluster."""
        return next((i for i, m in enumerate(self.members) if cluster in m), None)

    @property
    def placed(self) -> Members:
        """Every cluster that has a memory."""
        return frozenset[int]().union(*self.members)


class Instance(Protocol):
    """What is to be assigned: heat per cluster, memories, and what fits."""

    oracle: Oracle
    heat: Sequence[int]
    memories: Sequence[Memory]

    def cost(self, state: State) -> int:
        """Heat times the cost of a byte, over all placed clusters."""


@dataclass(slots=True)
class Branches:
    """The tree of assignments: clusters in `order`, for each of them the memories, cheapest first.

    Of clusters that are alike, a later one, which is no hotter, never gets a cheaper memory.

    Attributes:
        start: a complete state to improve on, or None to find any.
        nodes: how many packings may be looked at.
        exhausted: whether the tree was searched to its end.
        certain: whether every rejection was a proof.
    """

    instance: Instance
    order: Sequence[int]
    start: State | None
    nodes: int
    exhausted: bool = True
    certain: bool = True
    _best: State | None = None
    _limit: int | None = None
    _rest: list[int] = field(default_factory=list)
    _ranked: list[int] = field(default_factory=list)
    _twin: dict[int, int] = field(default_factory=dict)
    _rank: dict[int, int] = field(default_factory=dict)

    def run(self) -> State | None:
        """The cheapest complete state found, cheaper than the start where there is one."""
        instance = self.instance
        if self.start is not None:
            self._limit = instance.cost(self.start)
        self._ranked = sorted(range(len(instance.memories)), key=lambda i: (instance.memories[i].cost, i))
        self._twin = self._twins()
        self._rest = [0]
        for cluster in reversed(self.order):
            able = [
                m.cost for m in instance.memories if instance.oracle.may_fit(frozenset([cluster]), m.capacity)
            ]
            if not able:
                return None
            self._rest.append(self._rest[-1] + instance.heat[cluster] * min(able))
        self._rest.reverse()
        self._descend(0, State([frozenset()] * len(instance.memories)), 0)
        return self._best

    def _twins(self) -> dict[int, int]:
        """Cluster -> the one before it in the order that is of the same shape and at least as hot."""
        oracle, heat = self.instance.oracle, self.instance.heat
        last: dict[object, int] = {}
        twins: dict[int, int] = {}
        for cluster in self.order:
            if len(oracle.clusters[cluster]) > 1:
                continue
            shape = oracle.shapes[oracle.clusters[cluster][0]]
            before = last.get(shape)
            if before is not None and heat[before] >= heat[cluster]:
                twins[cluster] = before
            last[shape] = cluster
        return twins

    def _descend(self, depth: int, state: State, cost: int) -> None:
        instance = self.instance
        if self._limit is not None and cost + self._rest[depth] >= self._limit:
            return
        if depth == len(self.order):
            self._best, self._limit = state, cost
            return
        cluster = self.order[depth]
        first = self._rank[self._twin[cluster]] if cluster in self._twin else 0
        for rank in range(first, len(self._ranked)):
            index = self._ranked[rank]
            memory = instance.memories[index]
            grown = state.members[index] | {cluster}
            if not instance.oracle.may_fit(grown, memory.capacity):
                continue
            if self.nodes <= 0:
                self.exhausted = False
                return
            self.nodes -= 1
            answer = instance.oracle.fit(grown, memory.capacity)
            if answer.offsets is None:
                self.certain = self.certain and answer.certain
                continue
            members = list(state.members)
            members[index] = grown
            self._rank[cluster] = rank
            self._descend(depth + 1, State(members), cost + instance.heat[cluster] * memory.cost)
