"""What a candidate needs at least, and nearly, in a few milliseconds: most are refused by it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tinycompile.compiler import Options
from tinycompile.ir import DType
from tinycompile.plan.peak import fits, lower_bound, peak
from tinycompile.search.candidate import Budgets, Figure
from tinycompile.search.network import Network
from tinycompile.search.network_geometry import network_geometry
from tinycompile.target import Board, Feature

#: Fewest cycles per multiply-accumulate of any kernel: two are in one instruction with the DSP extension.
_DSP_CYCLES, _PLAIN_CYCLES = 0.5, 1.0


@dataclass(frozen=True, eq=False)
class Bounds:
    """Lower bounds and a close estimate for networks on one board.

    Attributes:
        options: of the compilation: what plans may have.
        dtype: of the network's input.
        least_code: bytes of code that no candidate goes below; 0 where that is not known.
        layer_code: bytes of code that a layer adds to it, about.
        channel_bytes: bytes of constants that a channel of results takes beside its weights, about.
    """

    board: Board
    options: Options
    budgets: Budgets
    dtype: DType = DType.INT8
    least_code: int = 0
    layer_code: int = 0
    channel_bytes: float = 12.0
    estimates: dict[str, int] = field(default_factory=dict)

    def least_ram(self, network: Network) -> int:
        """Bytes of arena and context that no plan with these options can go below."""
        geometry = network_geometry(network, self.dtype)
        return lower_bound(geometry, self.options.rules) + self.options.context_bytes

    def likely_ram(self, network: Network) -> int:
        """Bytes of arena and context that the planner will reach, nearly."""
        if network.digest not in self.estimates:
            found = peak(network_geometry(network, self.dtype), self.options.rules)
            self.estimates[network.digest] = found + self.options.context_bytes
        return self.estimates[network.digest]

    def likely_flash(self, network: Network) -> int:
        """Bytes of weights and code, nearly: there are bias, factors and padding for every channel."""
        weights = round(network.parameters - channels(network) + self.channel_bytes * channels(network))
        return weights + self.least_code + self.layer_code * len(network.layers)

    def oversized(self, network: Network) -> bool:
        """Whether the network itself has more work or weights than is wanted."""
        macs, weights = self.budgets.macs, self.budgets.weights
        return (macs is not None and network.macs > macs) or (
            weights is not None and network.weight_bytes > weights
        )

    def missed(self, network: Network) -> Figure | None:
        """A budget that the network certainly exceeds."""
        ram, flash, cycles = (self.budgets.of(f) for f in (Figure.RAM, Figure.FLASH, Figure.CYCLES))
        if flash is not None and network.weight_bytes + self.least_code > flash:
            return Figure.FLASH
        if cycles is not None and network.macs * self._cycles > cycles:
            return Figure.CYCLES
        if ram is not None:
            geometry = network_geometry(network, self.dtype)
            if not fits(geometry, ram - self.options.context_bytes, self.options.rules):
                return Figure.RAM
        return None

    @property
    def _cycles(self) -> float:
        return _DSP_CYCLES if Feature.DSP in self.board.core.features else _PLAIN_CYCLES


def channels(network: Network) -> int:
    """Channels of results of all layers with weights."""
    return sum(shape[0] for shape in network.weighted.values())
