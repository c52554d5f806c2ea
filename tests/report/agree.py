"""What must hold of every memory map."""

from __future__ import annotations

from itertools import pairwise

from tinycompile.plan.program import Program
from tinycompile.report.memory_map import memory_map


def assert_agreement(program: Program) -> None:
    """No byte is drawn twice, and what is drawn adds up to the Program's live bytes.

    Outside stages at every step, in them at the fullest moment.
    """
    found = memory_map(program)
    spans = [span for rect in found.rects for span in rect.live]
    fullest = dict.fromkeys(range(len(program.calls)), 0)
    for time in sorted({s.start for s in spans} | {float(c.step) for c in found.columns}):
        live = sorted((s.low, s.high) for s in spans if s.start <= time < s.end)
        assert all(below[1] <= above[0] for below, above in pairwise(live)), time
        stage = program.stage_at.get(int(time))
        step = stage.first if stage else int(time)
        fullest[step] = max(fullest[step], sum(high - low for low, high in live))
    for step, load in enumerate(program.loads):
        stage = program.stage_at.get(step)
        assert fullest[stage.first if stage else step] == load
