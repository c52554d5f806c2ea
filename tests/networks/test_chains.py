"""Whatever the model: it compiles and the arena is right, or a diagnostic names the node."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tests.networks.chains import random_chain
from tests.networks.quantised import shapes
from tinycompile.compiler import compile
from tinycompile.data import to_port_type
from tinycompile.errors import TinyCompileError
from tinycompile.sim.reference import evaluate

CHAINS, BATCHES = 400, 4


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_chains_compile_or_are_refused(batch: int) -> None:
    ends = Counter(_outcome(seed) for seed in range(batch, CHAINS, BATCHES))
    assert ends["compiled"] >= CHAINS / BATCHES / 10 and ends["refused"] >= CHAINS / BATCHES / 10


def _outcome(seed: int) -> str:
    model = random_chain(seed)
    names = {node.name for node in model.graph.node} | {"x"}
    x = np.random.default_rng(seed).uniform(-1, 1, (2, *shapes(model)["x"])).astype(np.float32)
    ends = set()
    for calibration in (None, {"x": x}):
        try:
            compilation = compile(model, "host", calibration=calibration)
        except TinyCompileError as error:
            for diagnostic in error.diagnostics:
                assert diagnostic.code.startswith(("TC1", "TC2", "TC3")), diagnostic
                assert any(name in str(diagnostic) for name in names), diagnostic
            ends.add("refused")
            continue
        inputs = {p.name: to_port_type(x[0], p.type) for p in compilation.program.inputs}
        expected = evaluate(compilation.lowered, inputs)
        for name, got in compilation.simulate(inputs).items():
            assert got.tobytes() == expected[name].tobytes()
        ends.add("compiled")
    assert len(ends) == 1, f"chain {seed} ends differently with calibration"
    return ends.pop()
