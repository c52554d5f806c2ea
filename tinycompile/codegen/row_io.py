"""Inputs whose rows arrive one at a time and outputs whose rows leave so, as the templates see them."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.codegen.regions import Bases
from tinycompile.plan.program import Program


@dataclass(frozen=True)
class RowStage:
    """A stage that stops whenever a row must arrive or leave.

    Attributes:
        name: of the stage's table.
        field: of the context, the arena that it works in.
    """

    name: str
    field: str


@dataclass(frozen=True)
class RowIO:
    """What comes or goes row by row.

    Attributes:
        fed: the stage whose input rows arrive; None when no rows do.
        input, output: the index of the port, for an input (output) in rows.
        patched: whether the input is read in patches instead.
        begin, finish: the steps before and behind `fed` are those below and from these numbers on.
    """

    fed: RowStage | None
    input: int | None
    output: int | None
    begin: int
    finish: int
    patched: bool


def row_io(program: Program, prefix: str, where: Bases) -> RowIO | None:
    """The rows of a Program; None when it has inputs and outputs in RAM only."""
    inputs = [i for i, port in enumerate(program.inputs) if port.rows]
    outputs = [i for i, port in enumerate(program.outputs) if port.rows]
    if not inputs and not outputs:
        return None
    fed, begin, finish = None, 0, 0
    for index, stage in enumerate(program.stages):
        if stage.links.fed:
            fed = RowStage(f"{prefix}_s{index}", where.of(stage.state).field)
            begin, finish = stage.first, stage.last + 1
    patched = any(port.patches for port in program.inputs)
    first, made = (found[0] if found else None for found in (inputs, outputs))
    return RowIO(fed, first, made, begin, finish, patched)
