"""The static estimate beside model cycles: Cortex-M4, gcc, `--optimize speed`, whole tensors and rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.zoo.reference import random_samples
from tinycompile.artifact import load
from tinycompile.build import find_arm_gcc
from tinycompile.compiler import Options, compile
from tinycompile.plan.rules import Edge
from tinycompile.profiling import Cost, profile

#: A large Cortex-M4F; the estimate is fitted to gcc, and holds for zig only roughly.
BOARD = "mps2-an386"
MODELS = {
    "ic": "mlperf_tiny/ic_int8_qdq.onnx",
    "kws": "mlperf_tiny/kws_int8_qdq.onnx",
    "vww": "mlperf_tiny/vww_int8_qdq.onnx",
    "ad": "mlperf_tiny/ad_int8_qdq.onnx",
    "vww1": "mcunet/mcunet_vww1_int8_qdq.onnx",
    "in3": "mcunet/mcunet_in3_int8_qdq.onnx",
    "person_detect": "onnx/person_detect_int8.qdq.onnx",
}
WHOLE = Options(name="net", optimize="speed")


def _rows(ram: int, source: Edge = Edge.ROWS) -> Options:
    return Options(name="net", optimize="speed", ram=ram, input=source)


CASES = [(name, WHOLE) for name in MODELS]
CASES += [
    ("ic", _rows(11_500)),
    ("kws", _rows(7_000, Edge.RAM)),
    ("vww", _rows(16_000)),
    ("vww", _rows(12_500)),
    ("vww1", _rows(17_600)),
    ("in3", _rows(62_500)),
    ("person_detect", _rows(24_000, Edge.RAM)),
]


def _off(cost: Cost) -> float:
    assert cost.cycles is not None and cost.estimate is not None, cost.kernel
    return abs(cost.estimate / cost.cycles - 1)


@pytest.mark.skipif(find_arm_gcc() is None, reason="the estimate is that of arm-none-eabi-gcc")
@pytest.mark.parametrize(("model", "options"), CASES, ids=[f"{n}-{o.ram}" if o.ram else n for n, o in CASES])
def test_the_estimate_holds(model: str, options: Options, zoo: Path, tmp_path: Path) -> None:
    """Within 10 % for the network and 20 % for every layer and driver above 1 % of the time."""
    found = compile(zoo / MODELS[model], BOARD, options=options)
    assert bool(found.program.stages) == (options.ram is not None)
    measured = profile(load(found.save(tmp_path / "net")), "emulator", random_samples(found, 1))
    assert measured.cycles is not None and measured.estimate is not None
    assert abs(measured.estimate / measured.cycles - 1) <= 0.10, (measured.estimate, measured.cycles)
    heavy = [cost for cost in measured.costs if (cost.cycles or 0.0) > 0.01 * measured.cycles]
    wrong = [(c.step, c.kernel, c.cycles, c.estimate) for c in heavy if _off(c) > 0.20]
    assert not wrong
