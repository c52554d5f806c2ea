"""What the planner may do, and what it must reach."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from tinycompile.errors import Diagnostic, UsageError, declare

TC_COMBINATION = declare(
    "TC709",
    "Options that do not go together",
    "One option asks for what another one rules out, or has a value that makes no sense. The message names "
    "both and says which one to change.",
)


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
    PATCHES = "patches"  #: with the application, which gives the rectangles that a stage of patches asks for


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
        compact: kernels of little code and scratch rather than the fastest ones.
        lean: kernels of the least scratch, and faster ones only where the plan has room for theirs.
        slack: how much slower than with these kernels the network may be for less code, as a share.
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
    lean: bool = False
    slack: float = 0.0


def checked(rules: Rules) -> Rules:
    """The rules, if they make sense together.

    Raises:
        UsageError: TC709 for everything that does not go together, at once.
    """
    found = [Diagnostic(TC_COMBINATION, message, (), hint) for message, hint in _conflicts(rules)]
    if found:
        raise UsageError(found)
    return rules


def _conflicts(rules: Rules) -> list[tuple[str, str]]:
    found = []
    kind = rules.stages.value
    if not rules.recompute >= 0:
        found.append((f"--recompute is {100 * rules.recompute:g} percent", "give 0 or more"))
    if rules.grid is not None and min(rules.grid) < 1:
        found.append((f"the patches are {rules.grid[0]} x {rules.grid[1]}", "give 1x1 or more"))
    if rules.split is not None and rules.split < 1:
        found.append((f"the split is behind {rules.split} calls", "give 1 or more"))
    if rules.stages is not StageKind.PATCH:
        for given, option in ((rules.grid, "--patches"), (rules.split, "--split")):
            if given is not None:
                found.append((f"{option} describes patches, and --stages is {kind}", "add --stages patch"))
    if rules.input is Edge.PATCHES and rules.stages is not StageKind.PATCH:
        found.append(
            (f"--input patches needs a stage of patches, and --stages is {kind}", "add --stages patch")
        )
    if rules.output is Edge.PATCHES:
        found.append(("--output patches is not possible: results leave as a whole or in rows", "take rows"))
    if rules.stages in (StageKind.WHOLE, StageKind.STREAM) and 0 < rules.recompute < math.inf:
        found.append(
            (
                f"--stages {kind} computes nothing twice, so --recompute has no effect",
                "leave --recompute out, or take --stages auto",
            )
        )
    if rules.stages is StageKind.WHOLE:
        for edge, option in ((rules.input, "--input rows"), (rules.output, "--output rows")):
            if edge is Edge.ROWS:
                found.append(
                    (
                        f"{option} needs a stream of rows, and --stages whole allows none",
                        "take --stages auto or stream",
                    )
                )
    return found
