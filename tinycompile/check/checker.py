"""The checker: from the text of plan.json to a certificate, or to what is wrong with it."""

from __future__ import annotations

from tinycompile.check.alignment import check_alignment
from tinycompile.check.certificate import Certificate
from tinycompile.check.codes import WRONG_GRAPH, refuse, unreadable
from tinycompile.check.document import PlanFile
from tinycompile.check.fetches import Fetches
from tinycompile.check.figures import check_figures
from tinycompile.check.graph import CheckedGraph
from tinycompile.check.replay import Replay
from tinycompile.check.stream import Stream
from tinycompile.check.text import read_plan
from tinycompile.target import CORES


def check_plan(text: str, where: str = "plan.json") -> Certificate:
    """Replay a plan on an arena of tags, as the target executes it.

    Args:
        text: contents of plan.json; `where` names the file in messages.

    Raises:
        UsageError: TC910, it is no plan.
        VerificationError: TC911 to TC915, it does not hold.
    """
    plan = read_plan(text, where)
    if plan.core not in CORES:
        raise unreadable(where, f"there is no core '{plan.core}'")
    graph = CheckedGraph(plan.graph)
    replay = Replay(plan, graph, CORES[plan.core])
    _check_steps(plan)
    check_alignment(plan, graph)
    replay.begin()
    stages = {stage.first: stage for stage in plan.stages}
    inside = {step for stage in plan.stages for step in range(stage.first, stage.last + 1)}
    fetches = Fetches(replay)
    for entry in plan.steps:
        if entry.step in inside and entry.step not in stages:
            continue
        fetches.ahead(entry.step)
        if entry.step in stages:
            Stream(replay, stages[entry.step]).run()
        else:
            replay.call(entry)
        fetches.behind(entry.step)
    replay.finish()
    live = check_figures(replay)
    return _certificate(replay, live)


def _check_steps(plan: PlanFile) -> None:
    """Steps are numbered in their order; stages are runs of them, apart from one another."""
    for position, entry in enumerate(plan.steps):
        if entry.step != position:
            raise Replay.who(entry).error(WRONG_GRAPH, f"stands in the place of step {position}")
    at = 0
    for stage in plan.stages:
        if not at <= stage.first <= stage.last < len(plan.steps):
            raise refuse(WRONG_GRAPH, f"there is no stage of steps {stage.first} to {stage.last}")
        at = stage.last + 1
    count = max(1, len(plan.steps))
    for buffer in plan.buffers:
        if not (0 <= buffer.start < buffer.end <= count and buffer.size >= 0 and buffer.offset >= 0):
            name = "/".join(buffer.values[:3])
            raise refuse(WRONG_GRAPH, f"the buffer of '{name}' lives in steps [{buffer.start}, {buffer.end})")


def _certificate(replay: Replay, live: int) -> Certificate:
    plan = replay.plan
    bound = plan.bound.lower_bound
    proven = [
        f"each of {len(plan.graph.nodes)} nodes is executed once, in an order that respects the data",
        f"every byte that is read holds the element that is meant, at {replay.arena.time} moments",
        f"no access leaves the arena of {plan.arena:,} bytes or the buffers declared live",
        "scratch and in-place results destroy nothing that is still read",
        "lifetimes, overlaps, loads, arena and gap are the real ones",
        "outputs are complete at the end",
    ]
    return Certificate(
        plan.model, plan.board, plan.arena, live, plan.peak, bound, plan.bound.gap, len(plan.steps),
        len(plan.views), len(plan.stages), replay.rows, replay.tiles, replay.arena.time, replay.moved,
        plan.macs, plan.recomputed, tuple(proven),
    )  # fmt: skip
