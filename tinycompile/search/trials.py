"""The loop of a search: trials asked for, evaluated and told, until there are enough."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tinycompile.search.breeding import Breeder, Breeds, Chooser
from tinycompile.search.candidate import Candidate, Cost
from tinycompile.search.context import Search
from tinycompile.search.costs import Refusal
from tinycompile.search.network import Network
from tinycompile.search.rank import spearman
from tinycompile.search.settings import Strategy
from tinycompile.search.space import Point
from tinycompile.search.study import Asked, Study, Told
from tinycompile.search.trainer import Trainer

#: A proxy chooses candidates once it ranks those that were trained at least so well, on so many of them.
TRUSTED, TRUSTED_ON = 0.3, 8


@dataclass(frozen=True)
class Proxy:
    """What a score before training was worth in this run.

    Attributes:
        name: of the score.
        spearman: its rank correlation with the accuracy, on the candidates that it did not choose.
        candidates: how many these are.
        chosen: candidates that it chose from among several.
    """

    name: str
    spearman: float | None
    candidates: int
    chosen: int

    @property
    def trusted(self) -> bool:
        """Whether it may choose."""
        return self.candidates >= TRUSTED_ON and self.spearman is not None and self.spearman >= TRUSTED


def judged_proxy(name: str, candidates: list[Candidate]) -> Proxy:
    """The rank correlation on a run's own candidates. Those that it chose are left out: they are alike."""
    free = [c for c in candidates if c.proxy is not None and not c.filtered]
    found = spearman([c.proxy or 0.0 for c in free], [c.accuracy for c in free])
    return Proxy(name, found, len(free), sum(c.filtered for c in candidates))


@dataclass(frozen=True)
class Ranking:
    """How well shared weights rank the candidates of this run.

    Attributes:
        spearman: rank correlation with the accuracy after a short training of each by itself; None for fewer
            than three.
        candidates: how many were trained so.
    """

    spearman: float | None
    candidates: int


def judged_ranking(candidates: list[Candidate]) -> Ranking:
    """The rank correlation on a run's own candidates."""
    pairs = [(c.accuracy, c.alone) for c in candidates if c.alone is not None]
    return Ranking(spearman([a for a, _ in pairs], [b for _, b in pairs]), len(pairs))


@dataclass(frozen=True, eq=False)
class Trials:
    """The trials of one worker.

    Attributes:
        count: called with trials done and trials wanted, of all workers together.
        until: time of `time.monotonic` after which no trial begins.
    """

    search: Search
    study: Study
    trainer: Trainer
    count: Callable[[int, int], None]
    until: float | None = None
    proxies: dict[str, float] = field(default_factory=dict)

    def run(self) -> None:
        """Evaluate candidates until there are as many trials as asked for, or none is left.

        Raises:
            DoesNotFitError: TC843, nothing meets the budgets.
        """
        wanted = self.search.settings.trials
        while (done := self.study.done()) < wanted and not self._late():
            self.count(done, wanted)
            self.study.requeue_lost()
            breeder, filtered = self._breeder()
            asked = self.study.ask(breeder)
            if asked is None:
                if not done:
                    raise self.search.gate.nothing()
                return
            self.evaluate(asked, filtered)
        self.count(min(done, wanted), wanted)

    def evaluate(self, asked: Asked, filtered: bool) -> None:
        """Plan a candidate, train it if it fits, and store the outcome."""
        start = time.perf_counter()
        network = self.search.gate.network(asked.point)
        with self.study.alive(asked):
            found = self.search.costs.cost(network)
            cost = None if isinstance(found, Refusal) else found
            reason = self._reason(found)
            accuracy = None if reason else self.trainer.score(network)
            proxy = None if reason or not self._proxied else self._proxy(network)
            alone = None if reason or not self._checked(asked.number) else self.trainer.alone(network)
        seconds = round(time.perf_counter() - start, 3)
        told = Told(network.digest, cost, accuracy, proxy, filtered, seconds, reason, alone)
        self.study.tell(asked, told)

    def _checked(self, number: int) -> bool:
        """Whether a trial is one of those, evenly spread, that tell how well shared weights rank."""
        settings = self.search.settings
        if settings.strategy is not Strategy.ONE_SHOT or not settings.ranked:
            return False
        return number % max(1, settings.trials // settings.ranked) == 0

    def _reason(self, found: Cost | Refusal) -> str:
        """Why a candidate is refused; empty if it is not."""
        if isinstance(found, Refusal):
            return found.reason
        missed = self.search.budgets.missed(found)
        return f"over the budget: {', '.join(missed)}" if missed else ""

    def _breeder(self) -> tuple[Breeds, bool]:
        """What makes the next point, and whether the proxy has a say in it."""
        settings = self.search.settings
        breeder = Breeder(self.search.space, self.search.gate.passes(self.study.known()))
        if not self._proxied or settings.among < 2:
            return breeder, False
        if not judged_proxy(settings.proxy, self.study.candidates()).trusted:
            return breeder, False
        return Chooser(breeder, self._promise, settings.among), True

    def _promise(self, point: Point) -> float:
        return self._proxy(self.search.gate.network(point))

    def _proxy(self, network: Network) -> float:
        if network.digest not in self.proxies:
            self.proxies[network.digest] = self.trainer.proxy(network)
        return self.proxies[network.digest]

    @property
    def _proxied(self) -> bool:
        """With shared weights, an accuracy costs no more than a proxy."""
        return self.search.settings.strategy is Strategy.TRAIN_EACH

    def _late(self) -> bool:
        return self.until is not None and time.monotonic() >= self.until
