"""Estimated Cortex-M4F cycles of the float32 kernels for cores with an FPU, at zero wait states.

The loops of the tiles are counted instruction by instruction in the timings of the core's manual; the
constants of the code around them are measured.
"""

from __future__ import annotations

import math

from tinycompile.ops.conv import Conv2D
from tinycompile.ops.conv_kernels import saved_rows
from tinycompile.ops.kernel import Site
from tinycompile.ops.spatial import Window
from tinycompile.ops.traits import Clamped

#: Channels of a block, pixels of a tile, and of one of a depthwise convolution.
_BLOCK, _PIXELS, _TILE = 4, 4, 3


def _clamp(site: Site) -> float:
    """Of one result: a comparison for each bound that is no infinity."""
    assert isinstance(site.op, Clamped)
    return 4.0 * ((site.op.lo > -math.inf) + (site.op.hi < math.inf))


def _four(runs: float, length: int) -> float:
    """A block of four pixels by four channels, without clamps."""
    pairs, odd = divmod(length, 2)
    return 92.0 + runs * (17.0 + 90.0 * pairs + 42.0 * odd)


def _one(runs: float, length: int) -> float:
    """A block of one pixel by four channels, without clamps."""
    fours, rest = divmod(length, 4)
    return 60.0 + runs * (14.0 + 58.0 * fours + 19.0 * rest + (4.0 if rest else 0.0))


def _blocks(channels: int) -> int:
    return -(-channels // _BLOCK)


#: A call of a tile with its spots; and for a last block of less than four channels, per pixel.
_CALL, _REST = 115.0, 60.0


def _products(pixels: int, channels: int, runs: float, length: int, clamp: float) -> float:
    """All tiles of `pixels` pixels."""
    fours, ones = divmod(pixels, _PIXELS)
    rest = _REST * pixels if channels % _BLOCK else 0.0
    blocks = fours * _four(runs, length) + ones * _one(runs, length) + clamp * _BLOCK * pixels
    return (fours + ones) * _CALL + _blocks(channels) * blocks + rest


def dense_cycles(site: Site) -> float:
    """tc_fully_connected_f32_fpu."""
    depth, channels = math.prod(site.ins[1].shape[1:]), site.ins[1].shape[0]
    rows = site.outs[0].elements // max(1, channels)
    return _products(rows, channels, 1, depth, _clamp(site)) + 60.0


def matmul_cycles(site: Site) -> float:
    """tc_matmul_f32_fpu."""
    (*_, rows, depth), columns = site.ins[0].shape, site.ins[1].shape[-1]
    products = site.outs[0].elements // max(1, rows * columns)
    step = depth * _blocks(columns) * (rows // _PIXELS + rows % _PIXELS)
    return products * (_products(rows, columns, 1, depth, _clamp(site)) + step + 60.0)


def conv_cycles(site: Site) -> float:
    """tc_conv2d_f32_fpu: runs of windows inside the image, and taps of windows that reach beyond it."""
    assert isinstance(site.op, Conv2D)
    (batch, out_h, out_w, out_c), window = site.outs[0].shape, site.op.window
    _, kernel_h, kernel_w, group_c = site.ins[1].shape
    pixels, channels = out_h * out_w, out_c // site.op.groups
    joined = group_c == site.ins[0].shape[3] * window.dilations[1]
    runs, length = (1, kernel_w * group_c) if joined else (kernel_w, group_c)
    whole = _whole_tiles(site) * _PIXELS
    rows = _rows_seen(site)
    inside = _products(whole, channels, kernel_h * runs, length, _clamp(site))
    beyond = _products(pixels - whole, channels, rows * kernel_w, group_c, _clamp(site))
    spots = 9.0 * kernel_h * runs * whole + 38.0 * rows * kernel_w * (pixels - whole)
    return batch * site.op.groups * (inside + beyond + spots + 110.0 * pixels / _PIXELS) + 150.0


def _whole_tiles(site: Site) -> int:
    """Tiles whose windows all lie inside the image, in one row."""
    (_, in_h, in_w, _), (_, out_h, out_w, _) = site.ins[0].shape, site.outs[0].shape
    window = _window(site)
    first, end = _inside(window, 1, in_w, out_w)
    top, bottom = _inside(window, 0, in_h, out_h)
    starts = range(0, out_h * out_w - _PIXELS + 1, _PIXELS)
    return sum(top <= at // out_w < bottom and first <= at % out_w <= end - _PIXELS for at in starts)


def _rows_seen(site: Site) -> float:
    """How many rows of a window meet the image, on average over those that reach beyond it."""
    window, in_h, out_h = _window(site), site.ins[0].shape[1], site.outs[0].shape[1]
    seen = 0
    for y in range(out_h):
        start = y * window.strides[0] - window.pads[0]
        seen += sum(0 <= start + k * window.dilations[0] < in_h for k in range(window.kernel[0]))
    return seen / max(1, out_h)


def _inside(window: Window, axis: int, size: int, out: int) -> tuple[int, int]:
    """The positions along an axis, first and end, whose windows lie inside `size` elements."""
    first = -(-window.pads[axis] // window.strides[axis])
    last = (size + window.pads[axis] - window.extent[axis]) // window.strides[axis]
    return first, max(first, min(last, out - 1) + 1)


def _window(site: Site) -> Window:
    assert isinstance(site.op, Conv2D)
    return site.op.window


def depthwise_cycles(site: Site) -> float:
    """tc_depthwise_conv2d_f32_fpu: tiles of three pixels, taps of a row in threes where windows are dense."""
    (batch, out_h, out_w, channels), window = site.outs[0].shape, _window(site)
    dense = window.strides[1] == window.dilations[1] == 1
    triples, singles = divmod(window.kernel[1], _TILE) if dense else (0, window.kernel[1])
    rows, tiles = _rows_seen(site), -(-out_w // _TILE)
    first, end = _inside(window, 1, site.ins[0].shape[2], out_w)
    inside = sum(first <= min(x, out_w - _TILE) <= end - _TILE for x in range(0, out_w, _TILE))
    block = 102.0 + 4 * _TILE * _clamp(site) + rows * (10.0 + 125.0 * triples + 55.0 * singles)
    spots = inside * (14.0 * triples + 11.0 * singles) + (tiles - inside) * (110.0 * triples + 66.0 * singles)
    row = tiles * (_blocks(channels) * block + 12.0 * rows + 210.0) + rows * spots + 60.0
    return batch * out_h * row + 100.0


def in_place_cycles(site: Site) -> float:
    """tc_depthwise_conv2d_inplace_f32_fpu: as `depthwise_cycles`, and the rows that are saved."""
    return depthwise_cycles(site) + saved_rows(site) * (0.9 * math.prod(site.ins[0].shape[2:]) * 4 + 20.0)
