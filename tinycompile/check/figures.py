"""The figures of a plan against what its replay gave."""

from __future__ import annotations

from tinycompile.check.codes import WRONG_FIGURE, refuse
from tinycompile.check.document import PlanFile
from tinycompile.check.replay import Replay


def check_figures(replay: Replay) -> int:
    """Hold arena, loads, bound, gap and work against the replay; returns the bytes in use at its fullest.

    Raises:
        VerificationError: TC915.
    """
    _arena(replay.plan)
    _regions(replay.plan)
    live = _loads(replay)
    for holds, message in _claims(replay.plan, live):
        if not holds:
            raise refuse(WRONG_FIGURE, message)
    _work(replay)
    _constants(replay.plan)
    return live


def _arena(plan: PlanFile) -> None:
    """The arena is just large enough."""
    last = max(plan.buffers, key=lambda b: b.offset + b.size, default=None)
    end = 0 if last is None else last.offset + last.size
    if end != plan.arena:
        name = "" if last is None else f" ('{'/'.join(last.values[:3])}')"
        message = f"the arena is said to have {plan.arena} bytes; its last buffer{name} ends at {end}"
        raise refuse(WRONG_FIGURE, message)


def _regions(plan: PlanFile) -> None:
    """The memories follow one another through the arena; no buffer and no stage lies in two of them."""
    at = 0
    for region in plan.regions:
        if region.start != at:
            raise refuse(WRONG_FIGURE, f"region '{region.name}' starts at {region.start}, not at {at}")
        at += region.size
    if at != plan.arena:
        raise refuse(WRONG_FIGURE, f"the regions end at {at}, the arena at {plan.arena}")
    spans = [(f"the buffer of '{'/'.join(b.values[:3])}'", b.offset, b.offset + b.size) for b in plan.buffers]
    for stage in plan.stages:
        # A stage addresses all that it touches from one base.
        own = [(ring.offset, ring.offset + ring.capacity * ring.row_bytes) for ring in stage.rings]
        own += [(stage.counters[0], sum(stage.counters))]
        own += [(s.scratch[0], sum(s.scratch)) for s in plan.steps[stage.first : stage.last + 1] if s.scratch]
        low, high = min(start for start, _ in own), max(end for _, end in own)
        spans.append((f"the stage of steps {stage.first} to {stage.last}", low, high))
    for region in plan.regions[1:]:
        for what, start, end in spans:
            if start < region.start < end:
                raise refuse(WRONG_FIGURE, f"{what} lies on both sides of the start of '{region.name}'")


def _loads(replay: Replay) -> int:
    """Declared bytes per step: the sum of its buffers; in stages at least what is live at any moment."""
    plan, measured = replay.plan, replay.arena.loads()
    declared = [0] * max(1, len(plan.steps))
    for buffer in plan.buffers:
        for step in range(buffer.start, buffer.end):
            declared[step] += buffer.size
    for entry in plan.steps:
        who, (first, last) = replay.who(entry), replay.moments[entry.step]
        fullest, buffers = int(measured[first : last + 1].max()), declared[entry.step]
        if entry.step not in replay.usage.staged and entry.live != buffers:
            raise who.error(
                WRONG_FIGURE, f"is said to have {entry.live} bytes live; its buffers have {buffers}"
            )
        if not fullest <= entry.live <= buffers:
            message = f"is said to have {entry.live} bytes live; {fullest} are in use, {buffers} declared"
            raise who.error(WRONG_FIGURE, message)
        if entry.live != plan.steps[replay.usage.span_of(entry.step)[0]].live:
            raise who.error(WRONG_FIGURE, "is said to have other bytes live than its stage begins with")
    peak = max((entry.live for entry in plan.steps), default=declared[0])
    if plan.peak != peak:
        raise refuse(WRONG_FIGURE, f"the peak is said to be {plan.peak}; the fullest step has {peak}")
    return int(measured.max(initial=0))


def _claims(plan: PlanFile, live: int) -> tuple[tuple[bool, str], ...]:
    """What must hold of the bounds, and what to say where it does not."""
    b, arena = plan.bound, plan.arena
    exact = f"the order is said to be exact with a peak of {b.order_peak} and a bound of {b.lower_bound}"
    packed = f"the packing is said to be exact with an arena of {arena} and a load of {b.max_load}"
    whole = f"the load is said to be {b.max_load}; the fullest step has {plan.peak}"
    staged = f"the order is said to need {b.order_peak}; the fullest step has {plan.peak}"
    return (
        (0 <= b.lower_bound <= arena, f"the lower bound {b.lower_bound} is above the arena {arena}"),
        (b.gap == arena - b.lower_bound, f"the gap {b.gap} is not the arena minus the lower bound"),
        (
            b.lower_bound <= b.order_peak,
            f"the lower bound {b.lower_bound} is above the order's",
        ),
        (not b.order_exact or b.lower_bound == b.order_peak, exact),
        (b.max_load <= arena, f"the load {b.max_load} is above the arena {arena}"),
        (live <= b.max_load, f"the load is said to be {b.max_load}; {live} bytes are in use"),
        (not b.packing_exact or b.max_load == arena, packed),
        (b.max_load == plan.peak, whole),
        (not plan.stages or bool(plan.fetches) or b.order_peak == plan.peak, staged),
    )


def _constants(plan: PlanFile) -> None:
    """A constant outside the default flash lies in one place, has a size and is read by steps."""
    fetched = {part.name for fetch in plan.fetches for part in fetch.parts}
    seen: set[str] = set()
    for entry in (*plan.copied, *plan.mapped):
        what = f"the constant '{entry.name}' in '{entry.region}'"
        if entry.name in seen | fetched:
            raise refuse(WRONG_FIGURE, f"{what} lies elsewhere too")
        seen.add(entry.name)
        steps = sorted(set(entry.steps))
        if entry.size <= 0 or list(entry.steps) != steps or not steps:
            raise refuse(WRONG_FIGURE, f"{what} has {entry.size} bytes and the steps {list(entry.steps)}")
        units = {0 <= step < len(plan.steps) for step in steps}
        if units != {True}:
            raise refuse(WRONG_FIGURE, f"{what} is read by step {steps[-1]}, which does not exist")


def _work(replay: Replay) -> None:
    """Multiply-accumulates: of every result, and on top where tiles overlap."""
    plan = replay.plan
    tiles = (op.tiles for stage in plan.stages for op in stage.ops if op.tiles)
    tiled = {step.step for found in tiles for step in found.steps}
    for entry in plan.steps:
        node = replay.graph.nodes[entry.node]
        who, whole = replay.who(entry, node), node.op.macs(node.in_types, node.out_types)
        extra = replay.executed[entry.step] - whole if entry.step in tiled else 0
        if entry.macs != whole:
            raise who.error(WRONG_FIGURE, f"takes {whole} multiply-accumulates, not {entry.macs}")
        if entry.recomputed != extra:
            message = f"executes {extra} multiply-accumulates again, not {entry.recomputed}"
            raise who.error(WRONG_FIGURE, message)
    again = sum(entry.recomputed for entry in plan.steps)
    total = sum(entry.macs for entry in plan.steps) + again
    if (plan.macs, plan.recomputed) != (total, again):
        message = f"{plan.macs} multiply-accumulates are said to be executed, {plan.recomputed} of them again"
        raise refuse(WRONG_FIGURE, f"{message}; the steps have {total} and {again}")
