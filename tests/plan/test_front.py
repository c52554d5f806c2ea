"""The plans to choose from: none beats another, and each can be had by its size."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from tests.networks.archs import Arch, Block, arch_model
from tinycompile.compiler import Options, compile
from tinycompile.errors import UsageError
from tinycompile.exploration import Exploration, explore
from tinycompile.fit import memory_use
from tinycompile.plan.describe import Kind, cycles_known, plan_name, plan_text, stages_of
from tinycompile.plan.rules import Edge, StageKind
from tinycompile.sim.machine import Machine
from tinycompile.sim.reference import evaluate

_BLOCKS = (Block(8, 48, 16, 3, 2), Block(16, 96, 16, 3, 1), Block(16, 96, 24, 5, 2))
MODEL = arch_model(Arch("net", 36, 8, _BLOCKS, None, classes=10))
#: Wide rows between narrow ones, which rings would have to hold.
WIDE = arch_model(Arch("net", 64, 8, (Block(8, 48, 8, 3, 1), Block(8, 48, 8, 3, 1)), None, classes=10))
BOARD = "nucleo-f446re"
CASES = {
    "ram": Options(name="net"),
    "rows": Options(name="net", input=Edge.ROWS),
    "once": Options(name="net", input=Edge.ROWS, recompute=0.0),
    "little": Options(name="net", input=Edge.ROWS, recompute=0.1),
    "stream": Options(name="net", stages=StageKind.STREAM),
    "patch": Options(name="net", stages=StageKind.PATCH, input=Edge.ROWS),
    "whole": Options(name="net", stages=StageKind.WHOLE),
}


@pytest.fixture(scope="module", params=CASES)
def found(request: pytest.FixtureRequest) -> Exploration:
    return explore(MODEL, BOARD, options=CASES[request.param])


def test_no_point_beats_another(found: Exploration) -> None:
    """But what the budget leads to is shown even so."""
    costs = [(p.ram, cycles_known(p.program), p.program.recomputed_macs) for p in found.points]
    assert costs == sorted(costs, key=lambda c: -c[0])
    for one, point in zip(costs, found.points, strict=True):
        assert point.chosen or not any(
            o != one and all(a <= b for a, b in zip(o, one, strict=True)) for o in costs
        )
    assert all(found.lower_bound <= p.ram for p in found.points)


def test_each_point_compiles_at_its_size(found: Exploration) -> None:
    for point in found.points[-4:]:
        options = Options(**{**vars(found.options), "ram": point.ram})
        program = compile(MODEL, BOARD, options=options, check=False).program
        assert memory_use(program).total <= point.ram
        assert program.recomputed_macs <= point.program.recomputed_macs
        assert cycles_known(program) <= cycles_known(point.program)


def test_the_rules_are_kept(found: Exploration) -> None:
    own = found.object()["macs"]
    for point in found.points:
        assert point.program.recomputed_macs <= found.options.recompute * own
        kinds = {stage.kind for stage in stages_of(point.program)}
        if found.options.stages is StageKind.WHOLE:
            assert not kinds
        if found.options.stages is StageKind.STREAM:
            assert kinds <= {Kind.STREAM}
        assert any(port.rows for port in point.program.inputs) == (found.options.input is Edge.ROWS)


def test_more_memory_is_given_back_for_more_work() -> None:
    """The whole-tensor plan comes first, and a good part of its memory can be saved."""
    points = explore(MODEL, BOARD, options=CASES["ram"]).points
    assert plan_name(points[0].program) == "whole" and plan_text(points[0].program) == "whole tensors"
    assert points[0].program.overhead == 0
    assert points[-1].ram < 0.5 * points[0].ram


def test_recomputation_reaches_what_streams_do_not() -> None:
    once, free = (explore(WIDE, BOARD, options=CASES[name]).points[-1] for name in ("once", "rows"))
    assert free.ram < once.ram
    assert free.program.recomputed_macs > 0 == once.program.recomputed_macs
    assert any(stage.tiles for stage in stages_of(free.program))


def test_points_compute_what_the_graph_says() -> None:
    options = CASES["rows"]
    for point in explore(MODEL, BOARD, options=options).points[-2:]:
        made = compile(MODEL, BOARD, options=Options(name="net", input=Edge.ROWS, ram=point.ram))
        port = made.program.inputs[0]
        image = {port.name: (range_of(port.type.elements)).reshape(port.type.shape)}
        (name, want), *_ = evaluate(made.graph, image).items()
        assert Machine(made.program).run(image).outputs[name].tobytes() == want.tobytes()


def range_of(count: int) -> npt.NDArray[np.int8]:
    return (np.arange(count) * 37 % 251 - 125).astype(np.int8)


def test_the_budget_marks_a_point() -> None:
    everything = explore(MODEL, BOARD, options=CASES["ram"])
    assert [p.chosen for p in everything.points] == [True] + [False] * (len(everything.points) - 1)
    small = everything.points[-1].ram
    tight = explore(MODEL, BOARD, options=Options(name="net", ram=small + 100))
    (chosen,) = [p for p in tight.points if p.chosen]
    assert tight.met and chosen.ram <= small + 100
    hopeless = explore(MODEL, BOARD, options=Options(name="net", ram=64))
    assert not hopeless.met and hopeless.points[-1].chosen


def test_cycles_are_unknown_where_a_kernel_has_no_estimate() -> None:
    found = explore(MODEL, BOARD, options=CASES["whole"])
    calls = [c for point in found.points for c in point.program.calls]
    missing = {c.symbol for c in calls if c.cycles is None}
    assert set(found.unestimated) == missing
    assert (found.object()["points"][0]["cycles"] is None) == bool(missing)


def test_a_stage_of_patches_that_is_asked_for_is_made() -> None:
    options = Options(name="net", stages=StageKind.PATCH, patches=(2, 3), split=3)
    program = compile(MODEL, BOARD, options=options).program
    (stage, *_) = stages_of(program)
    (tiles,) = stage.tiles
    assert (stage.kind, stage.first, stage.last) == (Kind.TILES, 0, 2)
    height, width = program.calls[2].outs[0].type.shape[1:3]
    assert (tiles.rows, tiles.columns) == (math.ceil(height / 2), math.ceil(width / 3))
    with pytest.raises(UsageError, match="TC407"):
        compile(MODEL, BOARD, options=Options(stages=StageKind.PATCH, patches=(2, 2), split=99))
