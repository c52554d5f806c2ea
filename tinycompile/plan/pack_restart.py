"""Restarts of the packing search, in orders that learn from the runs before.

A depth-first search that starts with the wrong items seldom recovers, and how long a run takes varies by
orders of magnitude with the order. So runs are short and many, and differ on purpose: a few strategies take
turns, and each learns where its own runs were refused and places those items first in the next. The budgets
double after every few rounds. One run of each round does not jump and is therefore exhaustive once its budget
suffices; only such a run decides that there is no packing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tinycompile.plan.pack_search import Packer
from tinycompile.plan.pack_sections import Floats, Timeline, layout


@dataclass(frozen=True, slots=True)
class _Strategy:
    """A way to search: the order (see ``layout``), how to jump back, and what to learn from.

    ``by_section`` learns from refusals per section and moves all of its items; otherwise refusals are shared
    out among the items that waited. ``lifted`` and ``swaps`` are those of ``Packer``.
    """

    heuristic: str
    by_section: bool = True
    jumps: bool = True
    lifted: bool = True
    swaps: bool = False


#: The strategies that take turns.
_STRATEGIES = (
    _Strategy("TWA", lifted=False),
    _Strategy("AW", swaps=True),
    _Strategy("TZW", by_section=False),
)

#: The strategy that can prove.
_COMPLETE = _Strategy("TWA", jumps=False)

#: Nodes of the runs of the first rounds, and the rounds after which that doubles.
_BUDGET = 1000
_ROUNDS = 7

#: What is left of the trouble that was learnt after one more run.
_MEMORY = 0.7


@dataclass(slots=True)
class Restarts:
    """Searches ``timeline`` for a packing within ``capacity`` bytes; ``offsets`` in the items' order."""

    timeline: Timeline
    capacity: int
    nodes: int = 0
    offsets: tuple[int, ...] = ()
    _trouble: dict[_Strategy, Floats] = field(default_factory=dict)

    def solve(self, node_limit: int) -> bool | None:
        """Return True with ``offsets`` filled, False when there is no packing, None at the limit."""
        for strategy, learnt, budget in self._schedule():
            left = node_limit - self.nodes
            if left <= 0:
                break
            trouble = self._weights(strategy) if learnt else None
            arranged = layout(self.timeline, strategy.heuristic, trouble)
            packer = Packer(arranged, self.capacity, strategy.jumps, strategy.lifted, strategy.swaps)
            verdict = packer.solve(min(budget, left))
            # A run that ends at once is not free either; this makes sure that the schedule ends.
            self.nodes += max(packer.nodes, 1)
            if verdict:
                placed = dict(zip(packer.layout.order, packer.offsets, strict=True))
                self.offsets = tuple(placed[index] for index in range(len(placed)))
                return True
            if verdict is False and not strategy.jumps:
                return False
            if learnt or strategy not in self._trouble:
                self._learn(strategy, packer)
        return None

    def _schedule(self) -> Iterator[tuple[_Strategy, bool, int]]:
        """Yield (strategy, whether to use what was learnt, node budget) without end."""
        budget = _BUDGET
        while True:
            yield _COMPLETE, False, budget
            for turn in range(_ROUNDS):
                yield from ((strategy, turn > 0, budget) for strategy in _STRATEGIES)
            budget *= 2

    def _weights(self, strategy: _Strategy) -> list[float] | None:
        """Return per item how much trouble it was in, None when nothing is known yet."""
        trouble = self._trouble.get(strategy)
        if trouble is None or not strategy.by_section:
            return None if trouble is None else trouble.tolist()
        return [float(trouble[slice(*span)].max()) for span in self.timeline.spans]

    def _learn(self, strategy: _Strategy, packer: Packer) -> None:
        share = np.array(packer.failures)
        total = max(float(share.sum()), 1.0)
        if not strategy.by_section:
            share = np.empty(len(packer.pressure))
            share[list(packer.layout.order)] = packer.pressure
        before = self._trouble.get(strategy, np.zeros(len(share)))
        self._trouble[strategy] = _MEMORY * before + share / total
