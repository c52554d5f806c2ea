"""Bytes that one call needs whatever is around it, from the geometry alone.

A call is made on whole tensors, for a row of its result, or for a tile of it. In the middle of the image it
stands beside what that is made of.
"""

from __future__ import annotations

from tinycompile.plan.call_bytes import call_bytes
from tinycompile.plan.geometry import Layer, needed
from tinycompile.plan.lives import Lives
from tinycompile.plan.rules import Rules, StageKind
from tinycompile.plan.tile_limits import TileLimits
from tinycompile.plan.tiling_rules import WIDTHS


def call_bound(lives: Lives, index: int, rules: Rules, limits: TileLimits | None) -> int:
    """The least of the ways in which a layer may be called by the rules.

    `limits`: where a few layers may be made in tiles; without them a layer works on whole tensors or rows.
    """
    geometry, layer = lives.geometry, lives.geometry.layers[index]
    planes, result = geometry.planes, geometry.planes[layer.output]
    if layer.window is None:
        return lives.alone(layer)
    rows = columns = 0
    by_row, by_column = geometry.asked[layer.output]
    if by_row.middle is None or by_column.middle is None:
        return 0  # nothing need be made of it
    patches, span = rules.stages is StageKind.PATCH, by_column.end
    width = WIDTHS[0] if limits is not None and span > WIDTHS[0] else 1 if patches else span
    first = by_column.middle // width * width
    width = min(width, span - first)
    for value in layer.inputs:
        x = planes[value]
        height = _read(layer, 0, by_row.middle, 1, x.height)
        rows += height * x.row
        tiled = patches or (limits is not None and limits.hidden(lives.born[value]))
        pixels = _read(layer, 1, first, width, x.width) if tiled and width < result.width else x.width
        columns += height * pixels * x.channels * x.itemsize
    row, saved = result.row, result.row if layer.elementwise or layer.carried else 0
    aside = sum(planes[v].nbytes for v in layer.aside)
    by_rows = call_bytes(rows + aside, row, saved)
    if not patches and limits is None:
        return min(lives.alone(layer), by_rows)
    share = result.row // result.width * width
    return min(lives.alone(layer), by_rows, call_bytes(columns + aside, share, saved))


def _read(layer: Layer, axis: int, first: int, count: int, size: int) -> int:
    """Rows or columns of an operand of `size` that results [first, first + count) are made of."""
    assert layer.window is not None
    low, high = needed(layer.window, axis, (first, first + count), size)
    return high - low
