"""Paths that recompute no more than is allowed.

The cheapest path in cycles may compute more again than another one that is as small. Where it computes too
much, every multiply-accumulate is given a price on top of its cycles (a Lagrange multiplier), ever higher
ones, until the cheapest path is one that is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tinycompile.plan.path import Path
from tinycompile.plan.stages import StagePlanner
from tinycompile.plan.tiling_choice import TilingChooser
from tinycompile.plan.tilings import Tiling

#: Cycles on top of those that a kernel takes for a multiply-accumulate, which are one to four.
_PRICES = (2.0, 8.0, 32.0)


@dataclass(frozen=True, eq=False)
class Thrifty:
    """Paths with the tilings of a chooser; none are tiled without one.

    `most`: multiply-accumulates that may be executed again.
    """

    planner: StagePlanner
    chooser: TilingChooser | None
    most: float
    _priced: list[tuple[TilingChooser, dict[Tiling, Tiling]]] = field(default_factory=list)

    def path(self, limit: int) -> Path | None:
        """The fastest path found within `limit` bytes that is allowed; the fastest of all if none is."""
        found = self.planner.path(limit, self.chooser)
        if found is None or found.extra_macs <= self.most or self.chooser is None:
            return found
        for index in range(len(_PRICES)):
            chooser, meant = self._at_price(index)
            path = self.planner.path(limit, chooser)
            if path is not None and path.extra_macs <= self.most:
                return _without_price(path, _PRICES[index], meant)
        return found

    def _at_price(self, index: int) -> tuple[TilingChooser, dict[Tiling, Tiling]]:
        """A chooser among tilings that cost more, and which tilings they stand for."""
        assert self.chooser is not None
        while len(self._priced) <= index:
            price = _PRICES[len(self._priced)]
            meant = {_priced(tiling, price): tiling for tiling in self.chooser.known}
            self._priced.append((TilingChooser(tuple(meant), self.chooser.positions), meant))
        return self._priced[index]


def _priced(tiling: Tiling, price: float) -> Tiling:
    unit = tiling.unit
    return replace(tiling, unit=replace(unit, extra_cycles=unit.extra_cycles + price * unit.extra_macs))


def _without_price(path: Path, price: float, meant: dict[Tiling, Tiling]) -> Path:
    parts = tuple(
        part if part.tilings is None else replace(part, tilings=tuple(meant[t] for t in part.tilings))
        for part in path.parts
    )
    return Path(parts, path.cycles - price * path.extra_macs)
