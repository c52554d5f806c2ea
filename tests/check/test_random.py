"""Plans with one random place changed: either refused, or the simulator still gives the right bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.check.plans import KINDS, compilation
from tinycompile.check import check_plan
from tinycompile.errors import TinyCompileError, VerificationError
from tinycompile.plan.codec import constants_to_npz, from_json, to_json
from tinycompile.plan.program import Program
from tinycompile.planfile import plan_json
from tinycompile.sim.machine import Machine
from tinycompile.sim.reference import evaluate

Path = tuple[str | int, ...]
#: Numbers of a Program that say where something lies, how much of it there is, or when it lives.
PLACES = {
    *("offset", "state", "capacity", "pad", "stride", "extent"),
    *("start", "end", "size", "arena", "parts", "heads"),
}
#: Small enough to be simulated many times.
SMALL = ("views", "branches", "row in place", "rows in and out", "sources", "excite", "tiles", "memories")


def _numbers(
    found: Any, path: tuple[str | int, ...] = (), named: bool = False
) -> Iterator[tuple[str | int, ...]]:
    """The paths of all such numbers; operators and types are left alone."""
    if isinstance(found, dict):
        for key, value in found.items():
            if key not in ("op", "type", "variants", "args", "proof"):
                yield from _numbers(value, (*path, key), named or key in PLACES)
    elif isinstance(found, list):
        for index, value in enumerate(found):
            yield from _numbers(value, (*path, index), named)
    elif named and isinstance(found, int) and not isinstance(found, bool):
        yield path


def _changed(program: Program, path: Path, delta: int) -> Program:
    body = json.loads(to_json(program))
    at = body
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] += delta
    return from_json(json.dumps(body), constants_to_npz(program), "changed")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_is_not_refused_is_right(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([k for k in SMALL if k in KINDS]))
    found = compilation(kind)
    path = data.draw(st.sampled_from(list(_numbers(json.loads(to_json(found.program))))))
    delta = data.draw(st.sampled_from([-64, -8, -4, -1, 1, 2, 4, 8, 96]))
    try:
        changed = _changed(found.program, path, delta)
        text = plan_json(changed, found.board)
    except (ArithmeticError, LookupError, ValueError, AssertionError):
        return  # no Program at all
    try:
        check_plan(text)
    except VerificationError as refused:
        assert refused.diagnostics[0].message
        return
    rng = np.random.default_rng(1)
    inputs = {}
    for port in found.program.inputs:
        real = rng.normal(size=port.type.shape).astype(np.float32)
        inputs[port.name] = real if port.type.quant is None else (real * 40).astype(np.int8)
    results = Machine(changed).run(inputs).outputs
    for name, want in evaluate(found.graph, inputs).items():
        assert results[name].tobytes() == want.tobytes(), (kind, path, delta)


@pytest.mark.parametrize("kind", SMALL)
def test_unchanged_plans_run(kind: str) -> None:
    """The comparison itself: nothing changed, nothing refused."""
    found = compilation(kind)
    try:
        check_plan(plan_json(_changed(found.program, ("program", "arena"), 0), found.board))
    except TinyCompileError as error:
        pytest.fail(str(error))
