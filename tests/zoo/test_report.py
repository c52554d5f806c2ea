"""Reports of the zoo: the map agrees with the Program whole, streamed, and with rows that arrive."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report.agree import assert_agreement
from tinycompile import artifact
from tinycompile.compiler import Options, compile
from tinycompile.plan.rules import Edge
from tinycompile.report.html import html_page
from tinycompile.report.memory_chart import chart
from tinycompile.report.memory_map import Kind, memory_map

MODELS = {
    "mlperf_tiny/vww_int8_qdq.onnx": 30_000,
    "mlperf_tiny/ic_int8_qdq.onnx": 40_000,
    "mcunet/mcunet_in3_int8_qdq.onnx": 110_000,
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("streamed", [False, True])
def test_maps_of_real_networks(zoo: Path, tmp_path: Path, model: str, streamed: bool) -> None:
    ram = MODELS[model] if streamed else None
    compilation = compile(zoo / model, "nucleo-f412zg", options=Options(name="net", ram=ram))
    program = compilation.program
    assert bool(program.stages) == streamed == (program.baseline is not None)
    assert_agreement(program)
    page = html_page(artifact.load(compilation.save(tmp_path / "net")))
    assert f"peak {max(program.loads):,} B" in page
    assert max(map(len, chart(memory_map(program)).plain.split("\n"))) <= 80


@pytest.mark.parametrize("ram", [None, 16_000])
def test_rows_that_arrive(zoo: Path, ram: int | None) -> None:
    options = Options(name="net", input=Edge.ROWS, ram=ram)
    program = compile(zoo / "mlperf_tiny/vww_int8_qdq.onnx", "nucleo-f412zg", options=options).program
    assert_agreement(program)
    assert next(r for r in memory_map(program).rects if r.name == program.inputs[0].name).kind is Kind.RING
