"""Arenas of the MLPerf Tiny networks, scratch included."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinycompile.compiler import compile

KIB = 1024


@pytest.mark.parametrize(
    ("model", "most"), [("kws", 16.5 * KIB), ("ic", 50 * KIB), ("vww", 56 * KIB), ("ad", 1.3 * KIB)]
)
def test_arena(model: str, most: float, zoo: Path) -> None:
    program = compile(zoo / "mlperf_tiny" / f"{model}_int8_qdq.onnx", "stm32f746g-disco").program
    assert program.arena <= most
    assert program.proof.order_exact
