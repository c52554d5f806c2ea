"""Rows of the report about weights that are not in the default flash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinycompile.plan.program import Program
from tinycompile.report.tables import used_of
from tinycompile.report.text import grouped
from tinycompile.target import Board


def outside_rows(found: Mapping[str, Any], program: Program, board: Board) -> list[tuple[str, str]]:
    """Weights that are not in the default flash."""
    rows = []
    for name, held in found["external"].items():
        region = board.region(name)
        rows.append((name, f"weights {used_of(held, region.size if region else held)}"))
    fetch = found["fetch"]
    if fetch:
        text = (
            f"{grouped(fetch['file_bytes'])} bytes of {program.name}_weights.bin a run in {fetch['reads']} "
            f"reads, the largest {grouped(fetch['largest'])}, {fetch['overlapped']} of them while calls run; "
            f"staging takes up to {grouped(fetch['staging'])} of the arena"
        )
        rows.append(("fetch", text))
    return rows
