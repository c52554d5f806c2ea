"""What a search was asked for, as plain values that `search.json` keeps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from tinycompile.compiler import Optimize, Options
from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.plan.rules import Edge, StageKind
from tinycompile.search.candidate import Budgets, Figure
from tinycompile.search.space import Space, Value

TC_SETTING = declare(
    "TC844",
    "Options of a search that make no sense",
    "The message names the option. --fix takes CHOICE=VALUE of the space; --cycles needs a core whose "
    "kernels all have estimates; counts are positive.",
)


class Strategy(StrEnum):
    """How candidates get their accuracy."""

    ONE_SHOT = "one-shot"  #: as slices of one set of weights that all share
    TRAIN_EACH = "train-each"  #: each trained by itself, for a short time


class Plans(StrEnum):
    """What memory plans candidates may have."""

    ANY = "any"
    WHOLE = "whole"  #: whole tensors only, as of a planner without streams and patches


@dataclass(frozen=True)
class Settings:
    """Everything that decides what a search finds, and how much of it.

    Attributes:
        board, data, space: as the options name them.
        ram, flash: budgets in bytes; None takes what the board has.
        cycles: budget, by the static estimate.
        macs, weights: most work and bytes of weights and biases that a network may have by itself.
        minimise: figures that are objectives beside the accuracy; all budgets are limits anyway.
        optimize: what kernels and compiler flags favour.
        plans, input, recompute: what the planner may do; the share of work that may be done again.
        tested: share of the samples that is kept for the test, where the data have no part for it.
        fixed: choices of the space that are decided.
        scale: decide width and resolution by sampling before the search, where they are not fixed.
        trials: candidates to evaluate in all.
        population: candidates of a generation.
        seconds: no trial begins later than this after the start of a run; None sets no limit.
        winners: networks to train to the end.
        finalists: candidates that are trained by themselves for a short time before winners are chosen among
            them; 0 chooses among all by what they promised.
        refit: train winners also on the samples that candidates are compared with.
        ranked: candidates that are also trained by themselves, to see how well shared weights rank.
        proxy: score that needs no training; among: candidates that it chooses one of, 1 for no choice.
        effort: factor on the epochs of all training.
    """

    board: str
    data: str
    space: str = "mcunet"
    strategy: Strategy = Strategy.ONE_SHOT
    ram: int | None = None
    flash: int | None = None
    cycles: int | None = None
    macs: int | None = None
    weights: int | None = None
    minimise: tuple[Figure, ...] = (Figure.RAM,)
    optimize: Optimize = "balanced"
    plans: Plans = Plans.ANY
    input: Edge = Edge.RAM
    recompute: float = math.inf
    tested: float = 0.2
    fixed: Mapping[str, Value] = field(default_factory=dict)
    scale: bool = True
    trials: int = 100
    population: int = 20
    seconds: float | None = None
    seed: int = 0
    winners: int = 1
    finalists: int = 0
    refit: bool = False
    ranked: int = 8
    proxy: str = "naswot"
    among: int = 4
    effort: float = 1.0

    def __post_init__(self) -> None:
        for name in ("trials", "population", "winners", "among"):
            if getattr(self, name) < (2 if name == "population" else 1):
                raise _senseless(f"--{name} {getattr(self, name)} is too small", name)
        if self.finalists < 0:
            raise _senseless(f"--finalists {self.finalists} is negative", "finalists")
        if self.ranked < 0:
            raise _senseless(f"--check-ranking {self.ranked} is negative", "ranked")
        if not 0 <= self.tested < 1:
            raise _senseless(f"--test-share {self.tested} is no share", "tested")
        if not 0 < self.effort < math.inf:
            raise _senseless(f"--effort {self.effort} is no factor", "effort")

    @property
    def budgets(self) -> Budgets:
        """The limits as given."""
        return Budgets(self.ram, self.flash, self.cycles, self.macs, self.weights)

    @property
    def options(self) -> Options:
        """Of every compilation."""
        stages = StageKind.WHOLE if self.plans is Plans.WHOLE else StageKind.AUTO
        found = Options(
            optimize=self.optimize, stages=stages, recompute=self.recompute, input=self.input, ram=self.ram
        )
        _ = found.rules
        return found

    def identity(self) -> dict[str, Any]:
        """What must be equal for two runs to be one search: not how many trials, and on how many workers."""
        left_out = ("trials", "seconds", "winners", "finalists", "ranked")
        return {name: value for name, value in self.object().items() if name not in left_out}

    def object(self) -> dict[str, Any]:
        """As plain JSON values."""
        found = asdict(self)
        found["recompute"] = None if math.isinf(self.recompute) else self.recompute
        found["minimise"] = [figure.value for figure in self.minimise]
        return {name: value.value if isinstance(value, StrEnum) else value for name, value in found.items()}

    @staticmethod
    def read(found: Mapping[str, Any]) -> Settings:
        """What `object` wrote."""
        known = {f.name for f in fields(Settings)}
        values = {name: value for name, value in found.items() if name in known}
        recompute = values["recompute"]
        values |= {
            "strategy": Strategy(values["strategy"]),
            "plans": Plans(values["plans"]),
            "input": Edge(values["input"]),
            "minimise": tuple(Figure(f) for f in values["minimise"]),
            "recompute": math.inf if recompute is None else recompute,
        }
        return Settings(**values)


def fixed_choices(space: Space, texts: Mapping[str, str]) -> dict[str, Value]:
    """Values of choices from their text.

    Raises:
        UsageError: TC844, there is no such choice or value.
    """
    known = {choice.name: choice.values for choice in space.choices()}
    found: dict[str, Value] = {}
    for name, text in texts.items():
        values = {str(v).lower(): v for v in known.get(name, ())}
        values |= {f"{v:g}": v for v in known.get(name, ()) if isinstance(v, float)}
        if text.lower() not in values:
            offered = (
                f"{name} is one of {list(known[name])}" if name in known else f"choices: {', '.join(known)}"
            )
            raise _senseless(f"--fix {name}={text} names nothing of space '{space.name}'", name, offered)
        found[name] = values[text.lower()]
    return found


def _senseless(message: str, origin: str, hint: str = "see `tinycompile search --help`") -> UsageError:
    return UsageError(Diagnostic(TC_SETTING, message, (origin,), hint))
