"""The MLPerf Tiny networks in int8 on three cores: `python -m benchmarks.cores [--zoo DIR] [--only TEXT]`.

Executed instructions and, where the core has a cycle table, model cycles of `--optimize speed`, beside goals
and TFLM with CMSIS-NN. Every run is held against the simulator, byte for byte. `benchmarks.models` prints
the same table. The exit code is 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import execute, zoo_folder
from benchmarks.peers import TFLM
from benchmarks.tables import number, table
from tinycompile.build import Compiler, find_arm_gcc
from tinycompile.compiler import Options

#: Core -> a machine with room for all four networks, whose flash and RAM take no part in the figures.
MACHINES = {"Cortex-M4": "mps2-an386", "Cortex-M7": "mps2-an500", "Cortex-M33": "mps2-an505"}


@dataclass(frozen=True)
class Network:
    """A network with what it is to stay within.

    Attributes:
        name: in the tables of peers.
        cycles: model cycles on a Cortex-M4.
        all_channels: constant and unread channels are computed too.
    """

    name: str
    cycles: float
    all_channels: bool = False

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.name}, all channels" if self.all_channels else self.name

    @property
    def instructions(self) -> int:
        """Half of TFLM's on a Cortex-M7: the goal on cores that have no cycle table."""
        return TFLM[self.name].instructions_m7 // 2


NETWORKS = (
    Network("ic", 16.0e6),
    Network("kws", 4.2e6),
    Network("vww", 12.5e6, all_channels=True),
    Network("vww", 7.0e6),
    Network("ad", 0.40e6),
)


@dataclass(frozen=True)
class Cost:
    """One inference; cycles are None where the core has no table."""

    network: Network
    core: str
    instructions: int
    cycles: float | None

    @property
    def share(self) -> float:
        """Of the goal: cycles where there are any, else instructions."""
        if self.cycles is not None:
            return self.cycles / self.network.cycles
        return self.instructions / self.network.instructions


def cost(zoo: Path, network: Network, core: str, compiler: Compiler) -> Cost:
    """One inference of a network on a core.

    Raises:
        TinyCompileError: a tool fails.
        ValueError: the C code and the simulator disagree.
    """
    path = zoo / "mlperf_tiny" / f"{network.name}_int8_qdq.onnx"
    options = Options(optimize="speed", keep_dead_channels=network.all_channels)
    run = execute(path, MACHINES[core], options, compiler)
    assert run.instructions is not None
    return Cost(network, core, run.instructions, run.cycles_model)


def costs(zoo: Path, compiler: Compiler, only: str = "") -> Iterator[Cost]:
    """All networks on all cores."""
    for network in NETWORKS:
        for core in MACHINES:
            if only in f"{network.label} {core}":
                yield cost(zoo, network, core, compiler)


def cores_table(found: Sequence[Cost]) -> str:
    """The costs as Markdown."""
    head = (
        "network", "core", "instructions", "goal", "TFLM", "model cycles", "goal", "TFLM", "of the goal",
    )  # fmt: skip
    body = []
    for at in found:
        peer, m4 = TFLM[at.network.name], at.cycles is not None
        body.append(
            (
                at.network.label,
                at.core,
                number(at.instructions),
                "-" if m4 else number(at.network.instructions),
                number(peer.instructions if m4 else peer.instructions_m7),
                number(at.cycles),
                number(at.network.cycles) if m4 else "-",
                number(peer.cycles) if m4 else "-",
                f"{100 * at.share:.0f} %",
            )
        )
    return table(head, body, left=2)


def main() -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cores", description=__doc__.split("\n\n")[1])
    parser.add_argument("--zoo", type=Path, default=zoo_folder(), help="folder of ONNX models")
    parser.add_argument("--only", default="", help="only networks and cores whose names hold this text")
    options = parser.parse_args()
    compiler = find_arm_gcc()
    if compiler is None:
        print("arm-none-eabi-gcc is needed", file=sys.stderr)
        return 5
    found = list(costs(options.zoo, compiler, options.only))
    print(cores_table(found))
    return int(any(at.share > 1 for at in found))


if __name__ == "__main__":
    sys.exit(main())
