"""What the planner may do, and what it must reach."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class StageKind(StrEnum):
    """Which stages a plan may have."""

    AUTO = "auto"  #: whole tensors, streams, tiles: whatever is fastest within the budget
    WHOLE = "whole"  #: one operator after the other
    STREAM = "stream"  #: streams without recomputation
    PATCH = "patch"  #: one stage in patches at the start, whole tensors behind it (MCUNetV2)


class Edge(StrEnum):
    """Where an input or output of the model is."""

    RAM = "ram"  #: in the arena, as a whole
    ROWS = "rows"  #: with the application, which gives or takes one row at a time


@dataclass(frozen=True)
class Rules:
    """Options of the planner.

    Attributes:
        budget: bytes of arena; None for the fastest plan whatever it needs.
        stages: which stages it may have.
        recompute: most multiply-accumulates that may be executed again, as a share of the network's.
        grid: (rows, columns) of patches for StageKind.PATCH; None tries several.
        split: number of calls in the patch stage; None tries all.
        input, output: where the first input and the first output of the model are.
        input_perm, output_perm: how their dimensions are ordered, seen from the source model.
        compact: kernels that take little memory rather than the fastest ones.
    """

    budget: int | None = None
    stages: StageKind = StageKind.AUTO
    recompute: float = math.inf
    grid: tuple[int, int] | None = None
    split: int | None = None
    input: Edge = Edge.RAM
    output: Edge = Edge.RAM
    input_perm: tuple[int, ...] | None = None
    output_perm: tuple[int, ...] | None = None
    compact: bool = False
