"""Restarts of the packing search, in orders that learn from the runs before.

A depth-first search that starts with the wrong items seldom recovers. It is therefore cut short and started
again: every run counts which sections refused its placements, and the next one places their items first. The
budgets double every few rounds, so a search that must be exhausted is exhausted in the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tinycompile.plan.pack_search import Packer
from tinycompile.plan.pack_sections import Timeline, layout

#: The orders that are tried in turn (see ``layout``).
_HEURISTICS = ("TWA", "TAW")

#: Nodes of the runs of the first rounds, and the rounds after which that doubles.
_BUDGET = 1000
_ROUNDS = 6

#: What is left of a section's trouble after one more run.
_MEMORY = 0.9


@dataclass(slots=True)
class Restarts:
    """Searches ``timeline`` for a packing within ``capacity`` bytes; ``offsets`` in the items' order."""

    timeline: Timeline
    capacity: int
    nodes: int = 0
    offsets: tuple[int, ...] = ()
    _trouble: dict[str, list[float]] = field(default_factory=dict)

    def solve(self, node_limit: int) -> bool | None:
        """Return True with ``offsets`` filled, False when there is no packing, None at the limit."""
        for heuristic, learn, budget in self._schedule():
            left = node_limit - self.nodes
            if left <= 0:
                break
            trouble = self._trouble.get(heuristic) if learn else None
            packer = Packer(layout(self.timeline, heuristic, trouble), self.capacity)
            verdict = packer.solve(min(budget, left))
            self.nodes += packer.nodes
            if verdict is not None:
                placed = dict(zip(packer.layout.order, packer.offsets, strict=True))
                self.offsets = tuple(placed[index] for index in range(len(placed)))
                return verdict
            if learn or heuristic not in self._trouble:
                self._learn(heuristic, packer.failures)
        return None

    def _schedule(self) -> Iterator[tuple[str, bool, int]]:
        """Yield (heuristic, whether to use what was learnt, node budget) without end."""
        budget = _BUDGET
        while True:
            yield from ((heuristic, False, budget) for heuristic in _HEURISTICS)
            for _ in range(_ROUNDS):
                yield from ((heuristic, True, budget) for heuristic in _HEURISTICS)
            budget *= 2

    def _learn(self, heuristic: str, failures: list[int]) -> None:
        total = max(sum(failures), 1)
        before = self._trouble.get(heuristic, [0.0] * len(failures))
        self._trouble[heuristic] = [
            _MEMORY * old + new / total for old, new in zip(before, failures, strict=True)
        ]
