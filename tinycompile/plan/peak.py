"""What a plan of a network needs, from its geometry alone, in milliseconds.

A search calls these thousands of times, before anything is trained or compiled. `lower_bound` is certain: no
plan that the planner makes by the same rules is smaller. `peak` is close to what the planner reaches.
"""

from __future__ import annotations

from tinycompile.plan.geometry import Geometry, Layer
from tinycompile.plan.rules import Rules, StageKind
from tinycompile.plan.stream_moments import Lives, Moments
from tinycompile.plan.stream_paths import least_peak


def lower_bound(geometry: Geometry, rules: Rules | None = None) -> int:
    """Bytes of arena that no plan by `rules` can go below; the budget is not looked at.

    Kernels may need scratch on top, which a geometry need not know.
    """
    rules = rules or Rules()
    split = geometry.split if rules.stages is not StageKind.WHOLE else None
    return min(_bound(form, rules) for form in (geometry, split) if form is not None)


def _bound(geometry: Geometry, rules: Rules) -> int:
    tiles = rules.stages in (StageKind.AUTO, StageKind.PATCH)
    alone = max((_least(geometry, layer, rules, tiles) for layer in geometry.layers), default=0)
    lives = Lives.of(geometry, rules)
    held = max(sum(lives.sizes[v] for v in alive) for alive in (lives.alive[0], lives.alive[-1]))
    alone = max(alone, held)
    if not geometry.forced or tiles:
        return alone
    if rules.stages is StageKind.WHOLE:
        return max(lives.plain)
    return max(alone, least_peak(Moments(lives)))


def _least(geometry: Geometry, layer: Layer, rules: Rules, tiles: bool) -> int:
    """Bytes that a call needs by itself: on whole tensors, for a row in the middle, for a pixel of it."""
    planes, result = geometry.planes, geometry.planes[layer.output]
    saved = max((planes[v].nbytes for v in layer.in_place), default=0)
    reads = sum(planes[v].nbytes for v in dict.fromkeys(layer.reads))
    whole = reads + max(0, result.nbytes - saved)
    if layer.window is None or rules.stages is StageKind.WHOLE:
        return whole
    stride, pad, extent = layer.window.row_reach
    aside = sum(planes[v].nbytes for v in layer.aside)
    height, width, row = 0, 0, result.height // 2
    rows = pixels = 0
    for value in layer.inputs:
        x = planes[value]
        height = max(0, min(x.height, row * stride - pad + extent) - max(0, row * stride - pad))
        rows += height * x.row
        across, left, span = layer.window.strides[1], layer.window.pads[1], layer.window.extent[1]
        column = result.width // 2
        width = max(0, min(x.width, column * across - left + span) - max(0, column * across - left))
        pixels += height * width * x.channels * x.itemsize
    by_row = rows + aside + (0 if layer.elementwise else result.row)
    if not tiles:
        return min(whole, by_row)
    pixel = 0 if layer.elementwise else result.channels * result.itemsize
    return min(whole, by_row, pixels + aside + pixel)


def peak(geometry: Geometry, rules: Rules | None = None) -> int:
    """Bytes of arena that the smallest plan by `rules` is expected to have; the budget is not looked at."""
    rules = rules or Rules()
    forms = [geometry]
    if rules.stages is not StageKind.WHOLE and geometry.split is not None:
        forms.append(geometry.split)
    return min(_expected(form, rules) for form in forms)


def _expected(geometry: Geometry, rules: Rules) -> int:
    lives = Lives.of(geometry, rules)
    if rules.stages is StageKind.WHOLE:
        return max(lives.plain)
    return least_peak(Moments(lives, (0.25, 0.5, 0.75, 1.0)))
