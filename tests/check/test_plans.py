"""Plans of all kinds hold, and plan.json says of them what it should."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.check.plans import KINDS, compilation, plan_of, text_of
from tinycompile.check import check_plan
from tinycompile.errors import UsageError, VerificationError
from tinycompile.proof import check_folder

_LONG = {"bands", "tiles", "running sums"}


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=[pytest.mark.slow] if k in _LONG else []) for k in KINDS]
)
def test_plans_hold(kind: str) -> None:
    assert KINDS[kind].has(plan_of(kind)), "the network does not give the plan that is to be checked"
    found, program = check_plan(text_of(kind)), compilation(kind).program
    assert (found.arena, found.peak, found.macs) == (program.arena, max(program.loads), program.macs)
    assert found.bound == program.proof.lower_bound <= found.live + found.gap
    assert found.live <= program.proof.max_load <= found.arena == found.bound + found.gap
    assert found.recomputed == program.recomputed_macs
    assert found.steps == len(program.calls)


def test_streams_use_what_the_planner_says() -> None:
    """The bytes in use, found byte by byte, are those that the planner counted row by row.

    But for a stage's counters, which the planner counts up to its end; the last step may not read them again.
    """
    for kind in ("streams", "rows in and out", "running sums"):
        program = compilation(kind).program
        counters = max(stage.state_bytes for stage in program.stages)
        assert 0 <= program.proof.max_load - check_plan(text_of(kind)).live <= counters


def test_rows_and_tiles_are_counted() -> None:
    plan = plan_of("tiles")
    rows = sum(op.axis.count * len(op.rows) for stage in plan.stages for op in stage.ops)
    tiles = sum(op.axis.count * op.tiles.columns.count for s in plan.stages for op in s.ops if op.tiles)
    found = check_plan(text_of("tiles"))
    assert (found.rows, found.tiles) == (rows, tiles)
    assert found.moved > 0 and found.stages == len(plan.stages)


def test_the_file_is_stable_and_readable() -> None:
    text = text_of("tiles")
    assert json.loads(text)["version"] == 1
    assert max(map(len, text.splitlines())) <= 140
    assert list(json.loads(text))[:6] == ["version", "model", "board", "core", "arena", "peak"]


@pytest.mark.parametrize("kind", ["whole", "tiles", "views"])
def test_the_planned_graph_is_the_compiled_one(kind: str) -> None:
    """Node by node: what is executed is what the passes left."""
    graph, plan = compilation(kind).graph, plan_of(kind).graph
    planned = {(n.op, n.inputs, n.outputs) for n in plan.nodes}
    assert planned == {(type(n.op).__name__, n.inputs, n.outputs) for n in graph.nodes}
    assert (plan.inputs, plan.outputs) == (graph.inputs, graph.outputs)
    assert all(v.shape == graph.type(n).shape for n, v in plan.values.items())


def test_folders_hold_their_plan(tmp_path: Path) -> None:
    folder = compilation("streams").save(tmp_path / "net")
    path = folder / "plan.json"
    assert path.read_text(encoding="utf-8") == text_of("streams")
    assert check_folder(folder).arena == compilation("streams").program.arena
    path.write_text(text_of("whole"), encoding="utf-8")
    with pytest.raises(VerificationError, match="not the plan of the code") as other:
        check_folder(folder)
    assert other.value.diagnostics[0].code == "TC916"
    path.unlink()
    with pytest.raises(UsageError) as missing:
        check_folder(folder)
    assert missing.value.diagnostics[0].code == "TC910"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[", "Expecting"),
        ("[]", "version None"),
        ('{"version": 99}', "version 99"),
        ('{"version": 1}', "lacks the field"),
    ],
)
def test_what_is_no_plan(text: str, word: str) -> None:
    with pytest.raises(UsageError, match=word) as caught:
        check_plan(text)
    assert caught.value.diagnostics[0].code == "TC910"


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        (("arena",), "12", r"plan\.arena is '12'"),
        (("arena",), True, r"plan\.arena is True"),
        (("extra",), 1, "unknown field 'extra'"),
        (("core",), "6502", "no core '6502'"),
        (("steps", 0, "ins"), 4, "is no list"),
        (("buffers", 1, "offset"), None, r"plan\.buffers\[1\]\.offset is None"),
    ],
)
def test_fields_are_read_strictly(path: tuple[str | int, ...], value: object, word: str) -> None:
    plan = json.loads(text_of("whole"))
    at = plan
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    with pytest.raises(UsageError, match=word):
        check_plan(json.dumps(plan))
