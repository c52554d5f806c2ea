"""A search with all that it needs: data, space, board, bounds, costs, trainer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from tinycompile.errors import Diagnostic, UsageError
from tinycompile.ir import DType
from tinycompile.search.bounds import Bounds, channels
from tinycompile.search.candidate import Budgets
from tinycompile.search.code_size import CodeSizes
from tinycompile.search.costs import Costs, Refusal
from tinycompile.search.data import Data, load_data
from tinycompile.search.explain import Explanation, explain
from tinycompile.search.gate import Gate
from tinycompile.search.narrowed import narrowed
from tinycompile.search.network import Network
from tinycompile.search.recipe import Progress
from tinycompile.search.settings import TC_SETTING, Settings
from tinycompile.search.space import Space, Task, Value, get_space
from tinycompile.search.trainer import Trainer
from tinycompile.target import Board, load_board

#: Samples by which a search decides about its scale.
SCALE_SAMPLES = 600
#: Of the smallest network's code, what another cannot do without; the rest goes with the number of layers.
_FIXED_CODE = 0.5


class Notify(Protocol):
    """Who is told how far the work is."""

    def stage(self, name: str) -> None:
        """A stage of unknown length begins."""

    def count(self, done: int, total: int) -> None:
        """`done` of `total` parts of the stage are ready."""


@dataclass(frozen=True, eq=False)
class Job:
    """What a trainer is made for.

    Attributes:
        folder: for checkpoints.
        device: `auto`, `cpu`, `cuda`, `cuda:N`.
        pool: draws networks that may fit the budgets, by ascending multiply-accumulates.
        shared: checkpoints of another search, whose supernet and teacher are taken.
    """

    space: Space
    task: Task
    data: Data
    settings: Settings
    folder: Path
    device: str
    progress: Progress
    pool: Callable[[], Sequence[Network]]
    shared: Path | None = None


#: Makes the trainer of a search; a function of a module, so that worker processes can call it too.
MakeTrainer = Callable[[Job], Trainer]


@dataclass(frozen=True, eq=False)
class Search:
    """Everything but the study.

    Attributes:
        scale: width and resolution, where sampling decided them.
        explanation: what sampling showed, where it decided the scale.
    """

    settings: Settings
    data: Data
    space: Space
    task: Task
    board: Board
    gate: Gate
    costs: Costs
    scale: Mapping[str, Value]
    explanation: Explanation | None

    @property
    def budgets(self) -> Budgets:
        """The limits, those of the board included."""
        return self.gate.bounds.budgets


def board_budgets(board: Board, asked: Budgets) -> Budgets:
    """The budgets, with what the board has where none is given; the host has no limits."""
    if board.core.is_host:
        return asked
    ram, flash = board.ram_bytes - board.stack_bytes, board.flash_bytes
    return Budgets(
        ram if asked.ram is None else min(ram, asked.ram),
        flash if asked.flash is None else min(flash, asked.flash),
        asked.cycles,
        asked.macs,
        asked.weights,
    )


def gate_of(settings: Settings, task: Task, dtype: DType) -> Gate:
    """The gate for a task, before anything is compiled.

    Raises:
        TargetError, UsageError: the board or the space is not known, options do not go together.
    """
    board = load_board(settings.board)
    budgets = board_budgets(board, settings.budgets)
    options = replace(settings.options, ram=budgets.ram)
    space = narrowed(get_space(settings.space), settings.fixed)
    return Gate(space, task, Bounds(board, options, budgets, dtype))


def set_up(
    settings: Settings,
    *,
    data: Data | None = None,
    scale: Mapping[str, Value] | None = None,
    notify: Notify | None = None,
) -> Search:
    """Load the data, measure the smallest network, decide the scale.

    Args:
        data: what `settings.data` names, where it is loaded already.
        scale: what an earlier run decided.

    Raises:
        UsageError, TargetError, DoesNotFitError: each with coded diagnostics.
    """
    if notify is not None:
        notify.stage("read the data")
    data = data or load_data(settings.data, settings.seed, tested=settings.tested)
    task, dtype = Task(data.shape, data.classes), DType.of(data.train.x.dtype)
    gate = gate_of(settings, task, dtype)
    costs = Costs(gate.bounds, settings.minimise, CodeSizes())
    if notify is not None:
        notify.stage("measure the smallest network")
    gate, costs = _measured(gate, costs, settings)
    explanation = None
    if scale is None and settings.scale:
        if notify is not None:
            notify.stage("sample the space")
        count = notify.count if notify is not None else lambda done, total: None
        explanation = explain(gate, SCALE_SAMPLES, settings.seed, count)
        if explanation.best is None:
            raise gate.nothing()
        scale = explanation.best.values
    gate = replace(gate, space=narrowed(gate.space, scale or {}))
    board = gate.bounds.board
    return Search(settings, data, gate.space, task, board, gate, costs, scale or {}, explanation)


def _measured(gate: Gate, costs: Costs, settings: Settings) -> tuple[Gate, Costs]:
    """The same, knowing how large the code of the smallest network is."""
    network = gate.network(gate.space.smallest())
    cost = costs.cost(network)
    if isinstance(cost, Refusal):
        message = f"even the smallest network of space '{gate.space.name}' gets no plan: {cost.reason}"
        raise UsageError(Diagnostic(TC_SETTING, message, (gate.space.name,), "change the options it names"))
    bounds = replace(
        gate.bounds,
        least_code=round(_FIXED_CODE * cost.code),
        layer_code=round((1 - _FIXED_CODE) * cost.code / len(network.layers)),
        channel_bytes=(cost.weights - network.parameters) / channels(network) + 1,
    )
    return Gate(gate.space, gate.task, bounds), replace(costs, bounds=bounds)
