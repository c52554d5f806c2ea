"""Estimated Cortex-M4 cycles of the kernels with packed weights, at zero wait states.

The loops of the tiles are counted instruction by instruction in the timings of the core's manual; the
constants of the code around them are measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinycompile.ops.common import clamp_bounds
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.kernel import Site
from tinycompile.ops.matmul import FullyConnected
from tinycompile.ops.spatial import Window


@dataclass(frozen=True)
class Tile:
    """A tile of the runtime: channels a block, steps a loop, and cycles per call, block, loop and step."""

    channels: int
    unrolled: int
    block: int
    loop: int
    step: int
    call: int = 62

    def cycles(self, channels: int, steps: int) -> float:
        """One call for all channels of a group, with a call of its own for channels beyond whole blocks."""
        blocks = -(-channels // self.channels)
        calls = 1.0 if channels % self.channels == 0 or blocks == 1 else 2.0
        each = self.block + self.step * steps + self.loop * -(-steps // self.unrolled) - 2
        return calls * self.call + blocks * each


FOUR = Tile(channels=2, unrolled=4, block=67, loop=6, step=32)
TWO = Tile(channels=2, unrolled=2, block=46, loop=4, step=17)
WIDE_TWO = Tile(channels=2, unrolled=2, block=45, loop=6, step=21)
ROW = Tile(channels=4, unrolled=4, block=49, loop=4, step=20)


@dataclass(frozen=True)
class Runs:
    """What a window row consists of: `count` runs of `length` elements."""

    count: int
    length: int

    @property
    def words(self) -> int:
        return self.length // 4

    @property
    def last(self) -> int:
        return self.length % 4


def _steps(site: Site) -> int:
    return -(-math.prod(site.ins[1].shape[1:]) // 4)


def _clamp(site: Site) -> float:
    """The clamp of a fused activation that int8 does not do by itself."""
    assert isinstance(site.op, Conv2D | FullyConnected)
    bounds = clamp_bounds(site.outs[0], site.op.lo, site.op.hi)
    return 0.0 if bounds == (-128, 127) else 10.0 * site.outs[0].elements


def pointwise_cycles(site: Site) -> float:
    """tc_conv2d_1x1_s8_dsp."""
    depth, channels = math.prod(site.ins[1].shape[1:]), site.ins[1].shape[0]
    rows = site.outs[0].elements // channels
    words, last, steps = depth // 4, depth % 4, _steps(site)
    widen = 4 * (20 + 8 * last) if last else 0
    fours = FOUR.cycles(channels, steps) + 26 * words + widen + 48
    twos = TWO.cycles(channels, steps) + 14 * words + widen / 2 + 110
    return rows // 4 * fours + -(-(rows % 4) // 2) * twos + _clamp(site) + 60


def row_cycles(site: Site) -> float:
    """tc_fully_connected_s8_dsp."""
    depth, channels = math.prod(site.ins[1].shape[1:]), site.ins[1].shape[0]
    rows = site.outs[0].elements // channels
    copy = 12 * depth if depth % 4 else 0
    return rows * (ROW.cycles(channels, _steps(site)) + copy + 55) + _clamp(site) + 50


def conv_cycles(site: Site, tile: Tile, runs: Runs) -> float:
    """The general kernels with `tile` for most of the pixels."""
    assert isinstance(site.op, Conv2D)
    groups, y = site.op.groups, site.outs[0]
    channels, steps = y.shape[3] // groups, _steps(site)
    pixels = y.shape[1] * y.shape[2]
    if tile is FOUR:
        rest = -(-(pixels % 4) // 2)
        products = pixels // 4 * tile.cycles(channels, steps) + rest * TWO.cycles(channels, steps)
        columns = _columns_of_four(site, runs)
    else:
        products = -(-pixels // 2) * (tile.cycles(channels, steps) + 60)
        columns = pixels * _any_window(site, runs, 7.0) + _border(site, runs)
    return y.shape[0] * groups * (products + columns + 150) + _clamp(site) + 150


def _columns_of_four(site: Site, runs: Runs) -> float:
    inside, whole = _inside(site, 1), _inside(site, 0)
    (_, height, width, _) = site.outs[0].shape
    first = -(-_window(site).pads[1] // _window(site).strides[1])
    lead = -first % 4 + first if width % 4 == 0 else first
    tiles = whole * (max(0, first + inside - lead) // 4)
    kernel_h, rests = site.ins[1].shape[1], _rest_words(site, runs)
    row = 22 + runs.count * (30 + 26 * runs.words + 18 * runs.last)
    tile = 130 + kernel_h * row + (30 + 26 * rests if rests else 0)
    others = height * width - 4 * tiles
    return tiles * tile + others * _any_window(site, runs, 10.5) + _border(site, runs)


def _any_window(site: Site, runs: Runs, word: float) -> float:
    """One window taken by itself, without what its padding costs."""
    kernel_h, rests = site.ins[1].shape[1], _rest_words(site, runs)
    row = 45 + runs.count * (36 + word * runs.words + 9 * runs.last)
    return 105 + kernel_h * row + (15 + word * rests if rests else 0)


def _border(site: Site, runs: Runs) -> float:
    """Rows of windows that reach into the padding."""
    (_, height, width, _), (_, kernel_h, kernel_w, group_c) = site.outs[0].shape, site.ins[1].shape
    across, down = _inside(site, 1), _rows_inside(site)
    rows = kernel_h * height * width - across * down
    return rows * (30 + 22 * kernel_w + 2.6 * kernel_w * group_c)


def _rest_words(site: Site, runs: Runs) -> int:
    return -(-site.ins[1].shape[1] * runs.count * runs.last // 4)


def _rows_inside(site: Site) -> int:
    """Window rows of one output column that lie inside the image."""
    window, (_, in_h, _, _), (_, out_h, _, _) = _window(site), site.ins[0].shape, site.outs[0].shape
    starts = (row * window.strides[0] - window.pads[0] for row in range(out_h))
    taps = range(0, window.kernel[0] * window.dilations[0], window.dilations[0])
    return sum(0 <= start + tap < in_h for start in starts for tap in taps)


def _inside(site: Site, axis: int) -> int:
    """How many positions of the window along an axis lie inside."""
    window = _window(site)
    size, out = site.ins[0].shape[1 + axis], site.outs[0].shape[1 + axis]
    first = -(-window.pads[axis] // window.strides[axis])
    last = (size + window.pads[axis] - window.extent[axis]) // window.strides[axis]
    return max(0, min(last, out - 1) - first + 1)


def _window(site: Site) -> Window:
    assert isinstance(site.op, Conv2D)
    return site.op.window
