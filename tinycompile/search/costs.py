"""What candidates cost on a board, by the compiler itself: planned with its kernels, random weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tinycompile.compiler import Compilation, Options, compile
from tinycompile.errors import UsageError
from tinycompile.exploration import Point, plans_within
from tinycompile.plan.describe import cycles_known, cycles_of, plan_name, unestimated
from tinycompile.plan.stages import UNLIMITED
from tinycompile.plan.weight_use import weight_use
from tinycompile.search.bounds import Bounds
from tinycompile.search.candidate import Cost, Figure
from tinycompile.search.code_size import CodeSizes
from tinycompile.search.network import Network
from tinycompile.search.network_onnx import onnx_model, random_weights
from tinycompile.target import Board

#: Where RAM is minimised, plans of so much are tried first, by the smallest that can be expected: the
#: planner's estimate is closer than that, and the last few percent cost time.
_ROOM = 1.25
NAME = "network"


@dataclass(frozen=True)
class Refusal:
    """Why the compiler makes no plan of a network.

    Attributes:
        reason: the compiler's own words, with the code.
    """

    reason: str


@dataclass(frozen=True, eq=False)
class Costs:
    """Costs of networks on one board, each worked out once.

    Attributes:
        bounds: of the same board, options and budgets.
        minimised: with RAM among them, small plans come first; else the fastest within the budget is taken.
    """

    bounds: Bounds
    minimised: tuple[Figure, ...]
    code: CodeSizes = field(default_factory=CodeSizes)
    known: dict[str, Cost | Refusal] = field(default_factory=dict)

    @property
    def board(self) -> Board:
        """Where candidates are to run."""
        return self.bounds.board

    def cost(self, network: Network) -> Cost | Refusal:
        """What the plan takes that the search chooses, within the budgets or not, or why there is none."""
        if network.digest not in self.known:
            self.known[network.digest] = self._cost(network)
        return self.known[network.digest]

    def compiled(self, network: Network, ram: int | None) -> Compilation:
        """The network with random weights, compiled within `ram` bytes whatever the board has."""
        return compile(self._model(network), self.board, options=self.options_for(ram), check=False)

    def options_for(self, ram: int | None) -> Options:
        """Options of the compilation that gives the plan of `ram` bytes."""
        return replace(self.bounds.options, name=NAME, ram=ram, flash=None)

    def _model(self, network: Network) -> bytes:
        model: bytes = onnx_model(random_weights(network, dtype=self.bounds.dtype)).SerializeToString()
        return model

    def _cost(self, network: Network) -> Cost | Refusal:
        sizes = self._sizes(network)
        # With random weights, channels may be dead that live in a trained network.
        options = replace(self.options_for(None), keep_dead_channels=True)
        try:
            found = plans_within(self._model(network), self.board, sizes, options=options)
            point = self._first(found)
        except UsageError as error:
            first = error.diagnostics[0]
            return Refusal(f"{first.code}: {first.message}")
        program, cycles = point.program, cycles_of(point.program)
        code = self.code.estimate(program, lambda: self.compiled(network, point.ram))
        weights = weight_use(program).internal
        whole = None if cycles is None else round(cycles)
        missing = unestimated(program)
        if missing and self._counted:
            core = self.board.core.name
            return Refusal(f"no estimate of cycles on {core} for {', '.join(missing)}")
        return Cost(point.ram, weights, code, False, whole, program.macs, plan_name(program))

    @property
    def _counted(self) -> bool:
        """Whether cycles decide anything."""
        return self.bounds.budgets.cycles is not None or Figure.CYCLES in self.minimised

    def _sizes(self, network: Network) -> list[int]:
        """A size near the smallest that can be expected, where RAM is minimised, and the budget."""
        budget = self.bounds.budgets.ram
        most = UNLIMITED if budget is None else budget
        if Figure.RAM not in self.minimised:
            return [most]
        small = round(_ROOM * self.bounds.likely_ram(network))
        return [small, most] if small < most else [most]

    def _first(self, plans: Iterable[Point]) -> Point:
        """The first plan within the budgets, be it larger than it was asked to be; or the last one."""
        limit = self.bounds.budgets
        for point in plans:
            quick = limit.cycles is None or cycles_known(point.program) <= limit.cycles
            if quick and point.ram <= (limit.ram or UNLIMITED):
                break
        return point
