"""Arenas of the MLPerf Tiny networks, scratch included."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.networks.archs import arch_model, read_arch
from tinycompile.compiler import Options, compile
from tinycompile.fit import context_bytes
from tinycompile.plan.rules import Edge

KIB = 1024


@pytest.mark.parametrize(
    ("model", "most"), [("kws", 16.5 * KIB), ("ic", 50 * KIB), ("vww", 56 * KIB), ("ad", 1.3 * KIB)]
)
def test_arena(model: str, most: float, zoo: Path) -> None:
    program = compile(zoo / "mlperf_tiny" / f"{model}_int8_qdq.onnx", "stm32f746g-disco").program
    assert program.arena <= most
    assert program.proof.order_exact


def test_streams_are_merged_where_a_packing_fails(zoo: Path) -> None:
    """Two streams of the same cycles leave a tensor between them that the packing has no room for."""
    model = arch_model(read_arch(zoo / "archs" / "mcunet-256kb-1mb_imagenet.json", "in2"))
    ram = 59_500 + context_bytes(rows_in=True)
    options = Options(name="in2", ram=ram, recompute=0.0, input=Edge.ROWS)
    program = compile(model, "nucleo-f412zg", options=options, check=False).program
    assert program.arena <= 59_500
    assert program.recomputed_macs == 0
