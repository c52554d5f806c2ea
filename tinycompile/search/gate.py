"""Which points of a space are worth looking at: built, bounded, counted."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tinycompile.errors import Diagnostic, DoesNotFitError, declare
from tinycompile.search.bounds import Bounds
from tinycompile.search.candidate import Figure, Refused
from tinycompile.search.network import Network
from tinycompile.search.space import Point, Space, Task, Value

TC_NOTHING = declare(
    "TC843",
    "Nothing in the space meets the budgets",
    "No point of the search space was found whose memory, flash and cycles can be within the budgets. The "
    "message names the smallest that was reached, or why candidates got no plan at all. Raise the budget, "
    "allow plans more (--input rows), take a smaller space or a larger board.",
)


_NOUNS = {Figure.RAM: "bytes of RAM", Figure.FLASH: "bytes of flash", Figure.CYCLES: "cycles"}


class Verdict(StrEnum):
    """What is known of a network before it is planned."""

    MAY_FIT = "may fit"
    RAM = "ram"  #: certainly over the budget
    FLASH = "flash"
    CYCLES = "cycles"
    NETWORK = "macs or weights"  #: more of them than is wanted
    UNLIKELY = "unlikely"  #: by the estimates of its RAM and flash


@dataclass(frozen=True, eq=False)
class Gate:
    """Judges points of a space by bounds, and remembers how many of which verdict there were."""

    space: Space
    task: Task
    bounds: Bounds
    counts: Counter[Verdict] = field(default_factory=Counter)

    def network(self, point: Point) -> Network:
        """The network at a point."""
        return self.space.network(point, self.task)

    def verdict(self, network: Network) -> Verdict:
        """Whether a network can fit, and if not, why not."""
        return self.judged(network, self.bounds.missed(network))

    def judged(self, network: Network, missed: Figure | None) -> Verdict:
        """The verdict, given a budget that is certainly exceeded or None, which the estimates may doubt."""
        found = Verdict.MAY_FIT if missed is None else Verdict(missed.value)
        if self.bounds.oversized(network):
            found = Verdict.NETWORK
        elif missed is None and self._unlikely(network):
            found = Verdict.UNLIKELY
        self.counts[found] += 1
        return found

    def _unlikely(self, network: Network) -> bool:
        ram, flash = self.bounds.budgets.ram, self.bounds.budgets.flash
        if flash is not None and self.bounds.likely_flash(network) > flash:
            return True
        return ram is not None and self.bounds.likely_ram(network) > ram

    def passes(self, known: set[str]) -> Callable[[Point], bool]:
        """Whether a point may fit and its network is not among those known."""

        def accept(point: Point) -> bool:
            network = self.network(point)
            return network.digest not in known and self.verdict(network) is Verdict.MAY_FIT

        return accept

    def smallest(self, figure: Figure = Figure.RAM) -> tuple[dict[str, Value], float]:
        """The point that takes least of a figure, by descent from the smallest values; and how much."""
        point = self.space.smallest()
        least = self._measure(point, figure)
        rng, changed = random.Random(0), True
        while changed:
            changed = False
            choices = list(self.space.choices())
            rng.shuffle(choices)
            for choice in choices:
                for value in choice.values:
                    other = {**point, choice.name: value}
                    taken = self._measure(other, figure)
                    if taken < least:
                        point, least, changed = other, taken, True
        return point, least

    def _measure(self, point: Point, figure: Figure) -> float:
        network = self.network(point)
        match figure:
            case Figure.RAM:
                return self.bounds.likely_ram(network)
            case Figure.FLASH:
                return self.bounds.likely_flash(network)
            case Figure.CYCLES:
                return network.macs

    def nothing(self, refused: Sequence[Refused] = ()) -> DoesNotFitError:
        """The error for budgets that no point meets.

        Args:
            refused: all candidates; none was evaluated.
        """
        budgets, said = self.bounds.budgets, list[str]()
        costs = [r.cost for r in refused if r.cost is not None]
        if refused and not costs:
            (reason, count), *_ = Counter(r.reason for r in refused).most_common(1)
            share = f"{count} of {len(refused)}: {reason}"
            message = f"no candidate of space '{self.space.name}' got a plan; {share}"
            hint = "change the options it names, or search another space"
            return DoesNotFitError(Diagnostic(TC_NOTHING, message, (self.space.name,), hint))
        for figure, noun in _NOUNS.items():
            limit = budgets.of(figure)
            if limit is None or (figure is Figure.CYCLES and not costs):
                continue
            over = [c.of(figure) for c in costs if figure in budgets.missed(c)]
            least = min(over) if over else self.smallest(figure)[1]
            what = (
                "the least that a candidate was over it with is"
                if over
                else "the smallest network needs about"
            )
            said.append(f"{noun}: the budget is {limit:,}, {what} {least:,.0f}")
        message = f"nothing in space '{self.space.name}' meets the budgets; " + "; ".join(said)
        hint = "raise the budget, allow --input rows, or search a smaller space"
        return DoesNotFitError(Diagnostic(TC_NOTHING, message, (self.space.name,), hint))
