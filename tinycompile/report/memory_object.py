"""The memory map as JSON."""

from __future__ import annotations

from typing import Any

from tinycompile.plan.program import Program
from tinycompile.report.memory_map import MemoryMap, Rect, baseline_map, memory_map


def memory_object(program: Program) -> dict[str, Any]:
    """Steps, blocks and stages of a Program, and of the whole-tensor plan where one was stored.

    `live` of a block lists [start, end, low, high]: bytes [low, high) are live from start to end, in steps;
    fractions of steps are rows of a stage.
    """
    before = baseline_map(program)
    return {
        "model": program.name,
        "board": program.board,
        **_map(memory_map(program)),
        "baseline": None if before is None else _map(before),
    }


def _map(found: MemoryMap) -> dict[str, Any]:
    return {
        "arena": found.arena,
        "peak": {"bytes": found.peak_load, "first": found.peak[0], "end": found.peak[1]},
        "steps": [
            {"step": c.step, "label": c.label, "operator": c.operator, "kernel": c.kernel, "live": c.load}
            for c in found.columns
        ],
        "stages": [
            {"number": b.number, "first": b.first, "end": b.end, "peak": b.peak, "tiled": b.tiled}
            for b in found.bands
        ],
        "blocks": [_block(r) for r in found.rects],
    }


def _block(rect: Rect) -> dict[str, Any]:
    return {
        "kind": rect.kind.value,
        "values": [
            {
                "name": value,
                "dtype": None if type_ is None else type_.dtype.value,
                "shape": None if type_ is None else list(type_.shape),
            }
            for value, type_ in rect.values
        ],
        "offset": rect.offset,
        "size": rect.size,
        "start": rect.start,
        "end": rect.end,
        "live": [[s.start, s.end, s.low, s.high] for s in rect.live],
        "remarks": list(rect.remarks),
    }
