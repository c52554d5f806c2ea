"""The operators, and which element types and cores have kernels for them.

The table is data that tools/generate_docs.py finds by compiling the operator cases of the tests; a test
fails when it is out of date.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("operators.json")

LEGEND = (
    "`any`: portable C that runs on every core, also those without FPU. `dsp`, `mve`: kernels of their own "
    "for cores with these extensions. `float island`: in an int8 model the operator computes in float32 "
    "between a dequantise and a quantise step, with a note in the report. A dash: not defined, or not tried."
)


def operators() -> list[dict[str, Any]]:
    """`{operator, float32, int8, other}` with lists of core classes, sorted by operator."""
    found: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))
    return found


def cell(row: Mapping[str, Any], kind: str) -> str:
    """The core classes of one kind of element type; a dash for none."""
    return ", ".join(row[kind]) or "-"
