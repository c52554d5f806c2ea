"""The smallest capacity that the exact search can fill, from above and below."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.plan.pack_shape_orders import OrderSearch

#: Decisions of one attempt; most capacities are settled within a hundred.
_ATTEMPT = 400


@dataclass(slots=True)
class Descent:
    """Halves the range between a packing and a lower bound.

    Attributes:
        peak, offsets: the best packing.
        bound: bytes that no packing can go below.
    """

    search: OrderSearch
    peak: int
    offsets: list[int]
    bound: int
    _last: int = 0

    def run(self, enough: int, nodes: int) -> None:
        """Search until the peak is at most ``enough`` or proven, or that many decisions were tried."""
        self._last = self.search.nodes + nodes
        if self.bound <= enough < self.peak:
            self._attempt(enough, _ATTEMPT)
        if self._open(enough):
            self._attempt(self.peak - 1, _ATTEMPT)
        # Capacities below ``dark`` are too small or too hard.
        dark = max(self.bound, enough)
        while dark < self.peak and self._open(enough):
            capacity = (dark + self.peak) // 2
            if not self._attempt(capacity, _ATTEMPT):
                dark = capacity + 1
        while self._open(enough) and self._attempt(self.peak - 1, nodes):
            pass

    def _open(self, enough: int) -> bool:
        return self.peak > max(self.bound, enough) and self.search.nodes < self._last

    def _attempt(self, capacity: int, nodes: int) -> bool:
        """Look for a packing within ``capacity`` bytes; False when there is none, or none was found."""
        nodes = min(nodes, self._last - self.search.nodes)
        verdict = self.search.fits(capacity, nodes)
        if verdict is False:
            self.bound = max(self.bound, capacity + 1)
        if not verdict:
            return False
        self.offsets = self.search.offsets
        self.peak = max(at + shape.size for shape, at in zip(self.search.shapes, self.offsets, strict=True))
        return True
