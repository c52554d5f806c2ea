"""Give byte offsets to items with lifetimes so that the arena is as small as can be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.plan.pack_fit import first_fits, max_load, peak_of
from tinycompile.plan.pack_restart import Restarts
from tinycompile.plan.pack_sections import Timeline
from tinycompile.plan.pack_types import PackItem, PackResult

__all__ = ["PackItem", "PackResult", "pack"]


def pack(items: Sequence[PackItem], *, node_limit: int = 100_000, capacity: int | None = None) -> PackResult:
    """Return offsets for ``items``: items whose lifetimes meet never overlap in bytes.

    With ``capacity`` (bytes), any packing within it is good enough and ends the search. ``node_limit`` bounds
    the search in placements (some 5,000 to 10,000 a second), so the result is the same on every machine.
    """
    bound = max_load(items)
    method, offsets = min(first_fits(items), key=lambda found: peak_of(items, found[1]))
    peak = peak_of(items, offsets)
    goal = bound if capacity is None else max(bound, capacity)
    if peak <= goal:
        return PackResult(offsets, peak, bound, peak == bound, method)
    run = _Descent([i for i, item in enumerate(items) if item.size], items, node_limit)
    return run.improve(offsets, bound, goal, method)


@dataclass(slots=True)
class _Descent:
    """Runs of the search at falling capacities under one node limit, most of it for the first."""

    filled: list[int]
    items: Sequence[PackItem]
    nodes_left: int
    nodes: int = 0

    def improve(self, offsets: tuple[int, ...], bound: int, goal: int, method: str) -> PackResult:
        """Lower the peak of ``offsets`` towards ``goal``; what is proven impossible raises the lower end."""
        proven, peak, low, target = bound, peak_of(self.items, offsets), goal, goal
        share, next_share = 3 * self.nodes_left // 4, max(self.nodes_left // 16, 1)
        while proven < peak and goal < peak and self.nodes_left > 0:
            found = self._attempt(target, min(share, self.nodes_left))
            share = next_share
            if isinstance(found, tuple):
                offsets, peak, method = found, peak_of(self.items, found), "branch and bound"
            elif found is False:
                proven = low = target + 1
            else:
                low = target + 1
            if low >= peak:  # Every target was tried: begin again with what is not proven, and more nodes.
                low, next_share = max(goal, proven), 2 * next_share
            target = (low + peak - 1) // 2
        return PackResult(offsets, peak, bound, peak <= proven, method, self.nodes)

    def _attempt(self, capacity: int, limit: int) -> tuple[int, ...] | bool | None:
        """Return offsets within ``capacity``, False when there are none, None at the limit."""
        runs = Restarts(Timeline.of([self.items[i] for i in self.filled]), capacity)
        verdict = runs.solve(limit)
        self.nodes += runs.nodes
        self.nodes_left -= runs.nodes
        if not verdict:
            return verdict
        offsets = [0] * len(self.items)
        for index, offset in zip(self.filled, runs.offsets, strict=True):
            offsets[index] = offset
        return tuple(offsets)
