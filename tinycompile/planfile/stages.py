"""Stages of a Program in the words of plan.json."""

from __future__ import annotations

from tinycompile.check import document as doc
from tinycompile.plan.program import Axis, RowOp, Span, Stage, TileCopy, Tiles


def stage_entry(stage: Stage) -> doc.StageEntry:
    """One stage."""
    links = stage.links
    return doc.StageEntry(
        first=stage.first,
        last=stage.last,
        counters=(stage.state, stage.state_bytes),
        sources=links.sources,
        fed=links.fed,
        kept=links.kept,
        goals=links.goals,
        rings=_rings(stage),
        ops=tuple(_op(stage, index, op) for index, op in enumerate(stage.ops)),
        leaving=links.leaving,
        remote=links.remote,
    )


def _rings(stage: Stage) -> tuple[doc.RingEntry, ...]:
    places = stage.links.first_places([r.capacity for r in stage.rings])
    return tuple(
        doc.RingEntry(r.value, r.offset, r.capacity, r.row_bytes, place, index in stage.links.eager)
        for index, (r, place) in enumerate(zip(stage.rings, places, strict=True))
    )


def _op(stage: Stage, index: int, op: RowOp) -> doc.StageOpEntry:
    ring = stage.links.sources + index
    return doc.StageOpEntry(
        ring=ring,
        band=stage.links.band(ring),
        axis=_axis(op.axis),
        feeds=tuple(doc.FeedEntry(f.ring, f.stride, f.pad, f.extent) for f in stage.links.feeds[index]),
        short=stage.links.short(ring),
        rows=tuple(doc.RowCallEntry(call.call, call.feeds, len(call.variants)) for call in op.rows),
        tiles=None if op.tiles is None else _tiles(op.tiles),
    )


def _tiles(tiles: Tiles) -> doc.TilesEntry:
    buffers = tuple(
        doc.TileBufferEntry(b.value, _span(b.rows), _span(b.cols), b.offset) for b in tiles.buffers
    )
    steps = []
    for step in tiles.steps:
        if isinstance(step, TileCopy):
            feed = step.feed if step.source is None else None
            entry = doc.TileStepEntry(
                source=step.source, out=step.target, feed=feed, rows=_span(step.rows), cols=_span(step.cols)
            )
        else:
            entry = doc.TileStepEntry(step=step.call, ins=step.ins, out=step.out, variants=len(step.variants))
        steps.append(entry)
    return doc.TilesEntry(_axis(tiles.columns), buffers, tuple(steps))


def _axis(axis: Axis) -> doc.AxisEntry:
    return doc.AxisEntry(axis.count, axis.heads, axis.tails)


def _span(span: Span) -> doc.SpanEntry:
    return doc.SpanEntry(span.parts, span.stride)
