"""What a study needs of training, whatever does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tinycompile.search.network import Network
from tinycompile.search.quantised import QuantisedNetwork


@dataclass(frozen=True, eq=False)
class Trained:
    """A network at the end of its training.

    Attributes:
        real: accuracy in float, on the samples that candidates are compared with.
        quantised: the network in int8.
        accuracy: of the network in int8, simulated in floats, on the same samples.
    """

    real: float
    quantised: QuantisedNetwork
    accuracy: float


class Trainer(Protocol):
    """Trains candidates of one space for one data set.

    Whatever takes long leaves checkpoints in the folder that the trainer was made for, and goes on from
    them when it is called again.
    """

    def prepare(self) -> None:
        """Train what all candidates share; returns at once where nothing is shared, or all is done."""

    def score(self, network: Network) -> float:
        """Accuracy that a candidate promises, 0 to 1, on the samples that candidates are compared with."""

    def alone(self, network: Network) -> float:
        """The same accuracy after a short training by itself, whatever is shared."""

    def proxy(self, network: Network) -> float:
        """A score that needs no training: higher is better, in no unit."""

    def finish(self, network: Network) -> Trained:
        """Train a network to the end, and quantise it."""
