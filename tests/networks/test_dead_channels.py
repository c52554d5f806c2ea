"""Networks with filters that see nothing: outputs are those of the network with all channels."""

from __future__ import annotations

import numpy as np
import pytest

from tests.networks.blind import with_blind_filters
from tests.networks.builders import BUILDERS
from tests.networks.quantised import random_samples
from tests.networks.sequences import SEQUENCES
from tinycompile.compiler import Compilation, compile
from tinycompile.data import to_port_type
from tinycompile.sim.reference import evaluate

NETWORKS = {**BUILDERS, **SEQUENCES}


def _compiled(name: str) -> tuple[Compilation, list[dict[str, np.ndarray]]]:
    model = with_blind_filters(NETWORKS[name]())
    rows = random_samples(model, 3)
    calibration = {n: np.stack([row[n] for row in rows]) for n in rows[0]}
    compilation = compile(model, "mps2-an386", calibration=calibration, check=False)
    ports = compilation.program.inputs
    inputs = [{p.name: to_port_type(100 * row[p.name] if wide else row[p.name], p.type) for p in ports}
              for wide, row in enumerate(rows[:2])]  # fmt: skip
    return compilation, inputs


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_are_those_of_all_channels(name: str) -> None:
    compilation, inputs = _compiled(name)
    for row in inputs:
        want, got = evaluate(compilation.lowered, row), compilation.simulate(row)
        for output, array in want.items():
            assert got[output].tobytes() == array.tobytes(), output


@pytest.mark.parametrize(
    "name", ["mobilenet_v1", "mobilenet_v3_native", "squeezenet", "detector", "mlp", "tcn"]
)
def test_blind_filters_are_found(name: str) -> None:
    compilation, _ = _compiled(name)
    removed = compilation.summary["removed"]
    assert removed["macs"] > 0.1 * compilation.program.macs and len(removed["layers"]) > 1
