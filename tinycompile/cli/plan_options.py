"""Options that say what the planner may do, and how their text is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from tinycompile.cli.options import TC_OPTION, Optimize, OptimizeFor, byte_count
from tinycompile.errors import Diagnostic, UsageError
from tinycompile.plan.rules import Edge, StageKind


class InRamChoice(StrEnum):
    """Whether weights are copied into RAM."""

    off = "off"
    auto = "auto"


Ram = Annotated[
    str | None,
    typer.Option("--ram", metavar="BYTES", help="RAM budget, e.g. 64K: the fastest plan that meets it."),
]
Flash = Annotated[
    str | None,
    typer.Option("--flash", metavar="BYTES", help="Flash budget for weights and code, e.g. 512K."),
]
Weights = Annotated[
    str,
    typer.Option(
        "--weights",
        metavar="PLACE",
        help="Where weights go that the flash has no room for: internal, qspi (or the name of another mapped "
        "external flash), or fetch (a file, read through callbacks).",
    ),
]
InRam = Annotated[
    InRamChoice,
    typer.Option(
        "--weights-in-ram",
        help="Copy the weights that are read most into RAM that is left, if the flash has wait states.",
    ),
]
Stages = Annotated[
    StageKind,
    typer.Option(
        "--stages",
        help="What a plan may have: anything but patches, whole tensors only, streams of rows, or one stage "
        "of patches.",
    ),
]
Recompute = Annotated[
    float | None,
    typer.Option(
        "--recompute",
        metavar="PERCENT",
        help="Most MACs that may be computed again; 0 forbids it. Without: any number.",
    ),
]
Patches = Annotated[
    str | None, typer.Option("--patches", metavar="RxC", help="Grid of --stages patch; without: chosen.")
]
Split = Annotated[
    int | None,
    typer.Option("--split", metavar="N", help="Calls in the stage of --stages patch; without: chosen."),
]
InputFrom = Annotated[
    Edge, typer.Option("--input", help="Where the first input is: whole in RAM, or given in rows or patches.")
]
OutputTo = Annotated[
    str,
    typer.Option(
        "--output", metavar="ram|rows", help="Where the first output is: whole in RAM, or taken row by row."
    ),
]


@dataclass(frozen=True)
class PlanOptions:
    """What a plan may be, and what it is chosen by."""

    optimize: OptimizeFor = Optimize.balanced
    ram: Ram = None
    stages: Stages = StageKind.AUTO
    recompute: Recompute = None
    patches: Patches = None
    split: Split = None
    source: InputFrom = Edge.RAM
    output: OutputTo = Edge.RAM.value

    def choices(self) -> dict[str, Any]:
        """As keywords of `api.compile` and `api.explore`.

        Raises:
            UsageError: TC706.
        """
        if self.output not in tuple(Edge):
            message = f"--output takes ram or rows, not {self.output!r}"
            hint = "give the output folder with -o DIR"
            raise UsageError(Diagnostic(TC_OPTION, message, (self.output,), hint))
        return {
            "optimize": self.optimize.value,
            "ram": byte_count(self.ram, "--ram"),
            "stages": self.stages.value,
            "recompute": self.recompute,
            "patches": None if self.patches is None else grid(self.patches),
            "split": self.split,
            "input": self.source.value,
            "output": self.output,
        }


def grid(text: str) -> tuple[int, int]:
    """`4x4` as rows and columns.

    Raises:
        UsageError: TC706.
    """
    match = re.fullmatch(r"(\d{1,4})\s*[xX]\s*(\d{1,4})", text.strip())
    if match is None:
        message = f"--patches {text!r} cannot be read"
        raise UsageError(Diagnostic(TC_OPTION, message, (text,), "write rows x columns: 4x4"))
    return int(match.group(1)), int(match.group(2))
