"""Estimated Cortex-M4 cycles of the kernels with packed weights, at zero wait states.

The loops of the tiles are counted instruction by instruction in the timings of the core's manual; the
constants of the code around them are measured.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

from tinycompile.ops.common import clamp_bounds
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.conv_kernels import border_share
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


FOUR = Tile(channels=2, unrolled=8, block=67, loop=6, step=32)
TWO = Tile(channels=2, unrolled=8, block=47, loop=4, step=17, call=65)
#: A step is three columns of four channels.
TWO_KX3 = Tile(channels=2, unrolled=4, block=47, loop=4, step=47, call=65)
ONE = Tile(channels=2, unrolled=4, block=34, loop=4, step=11, call=65)
WIDE_TWO = Tile(channels=2, unrolled=2, block=45, loop=6, step=21)
ROW = Tile(channels=4, unrolled=4, block=49, loop=4, step=20)
EIGHT = Tile(channels=8, unrolled=4, block=89, loop=6, step=41)
#: What a step of EIGHT saves on cores that load a pair of words in the time of one, and a block.
_PAIRED_STEP, _PAIRED_BLOCK = 4, 12


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
    ones = ONE.cycles(channels, steps) + 7 * words + widen / 4 + 60
    return rows // 4 * fours + rows % 4 // 2 * twos + rows % 2 * ones + _clamp(site) + 60


def row_cycles(site: Site, tiles: tuple[Tile, ...]) -> float:
    """The kernels of fully connected layers: each tile as far as it goes, the last one beyond.

    Cores whose manual gives no timings, such as the Cortex-M7, load pairs of words at once.
    """
    depth, channels, steps = math.prod(site.ins[1].shape[1:]), site.ins[1].shape[0], _steps(site)
    rows = site.outs[0].elements // channels
    total, left = 12 * depth + 55.0 if depth % 4 else 55.0, channels
    for tile in tiles:
        count = left if tile is tiles[-1] else left // tile.channels * tile.channels
        if count:
            total += tile.cycles(count, steps)
        if tile is EIGHT and site.core.cycles is None:
            total -= count // 8 * (_PAIRED_BLOCK + _PAIRED_STEP * steps)
        left -= count
    return rows * total + _clamp(site) + 50


def conv_cycles(site: Site, tile: Tile, runs: Runs) -> float:
    """The general kernels with `tile` for most of the pixels."""
    assert isinstance(site.op, Conv2D)
    groups, y = site.op.groups, site.outs[0]
    channels, steps = y.shape[3] // groups, _steps(site)
    pixels = y.shape[1] * y.shape[2]
    windows = _Windows(site, runs)
    if tile is FOUR:
        rest = -(-(pixels % 4) // 2)
        products = pixels // 4 * tile.cycles(channels, steps) + rest * TWO.cycles(channels, steps)
        columns = windows.by_fours()
    else:
        products = -(-pixels // 2) * (tile.cycles(channels, steps) + 60)
        columns = pixels * windows.single(6.0) + windows.borders(pixels)
    return y.shape[0] * groups * (products + columns + 150) + _clamp(site) + 250


@functools.lru_cache(maxsize=1024)  # the same sizes come back with every candidate and every part of a node
def _taken(
    height: int, width: int, rows: tuple[int, int], columns: tuple[int, int], patched: bool
) -> tuple[int, int, int]:
    """(fours, those of them that meet padding, single pixels) of a result.

    `rows`, `columns`: [first, end) of the positions whose windows lie inside; with `patched` fours may meet
    padding.
    """
    waiting = fours = amid = single = 0
    for row in range(height):
        is_whole, column = rows[0] <= row < rows[1], 0
        while column < width:
            inner = columns[0] <= column and column + 4 <= columns[1]
            if waiting == 0 and column + 4 <= width and (inner or patched):
                fours, amid, column = fours + 1, amid + (not inner or not is_whole), column + 4
            else:
                single, waiting, column = single + 1, (waiting + 1) % 4, column + 1
    return fours, amid, single


def fresh_columns(site: Site) -> int:
    """Columns of a window that the one before does not share, as tc_conv2d_small_s8_dsp has them."""
    assert isinstance(site.op, Conv2D)
    window = site.op.window
    return min(window.strides[1], window.kernel[1]) if window.dilations[1] == 1 else window.kernel[1]


def small_cycles(site: Site) -> float:
    """tc_conv2d_small_s8_dsp."""
    assert isinstance(site.op, Conv2D)
    _, kernel_h, kernel_w, group_c = site.ins[1].shape
    groups, (images, rows, width, out_c) = site.op.groups, site.outs[0].shape
    pairs = -(-width // 2)
    if group_c % 4:
        puts = width * _loose_window(site)
    else:
        column, fresh = kernel_h * group_c // 4, fresh_columns(site)
        quads, rest = divmod(group_c // 4, 4)
        tap = 16 + 17 * quads + 7 * rest
        puts = (kernel_w - fresh + width * fresh) * (20 + kernel_h * tap) + 40
        puts += pairs * (50 + 4 * (kernel_w - fresh) * column)
    pair = TWO.cycles(out_c // groups, _steps(site)) + 60
    return images * groups * (rows * (puts + pairs * pair + 40) + 100) + _clamp(site) + 100


def _loose_window(site: Site) -> float:
    """A window whose taps are no whole words, as tc_conv2d_small_s8_dsp puts it down."""
    assert isinstance(site.op, Conv2D)
    _, kernel_h, kernel_w, group_c = site.ins[1].shape
    joined = group_c == site.ins[0].shape[3] * site.op.window.dilations[1]
    runs = Runs(1, kernel_w * group_c) if joined else Runs(kernel_w, group_c)
    if runs.length < 4:
        run = 12.0 + 9.0 * runs.length
    else:
        run = 14.0 + 8.0 * runs.words + (5.0 if runs.last else 0.0)
    inside = 55.0 + kernel_h * run
    edge = 120.0 + 4.0 * _steps(site) + kernel_h * (60.0 + runs.count * run)
    share = border_share(site, rows=True) if joined else 1.0
    return (1.0 - share) * inside + share * edge


def kx3_cycles(site: Site) -> float:
    """tc_conv2d_kx3_s8_dsp."""
    assert isinstance(site.op, Conv2D)
    _, kernel_h, _, group_c = site.ins[1].shape
    groups, (images, rows, width, out_c) = site.op.groups, site.outs[0].shape
    pairs, words = -(-width // 2), group_c // 4
    puts = 30 + kernel_h * (40 + 17 * words)
    pair = TWO_KX3.cycles(out_c // groups, kernel_h * words) + 40
    each = rows * (pairs * pair + (pairs + 1) * puts + 30) + 60
    return images * (groups * each) + 2 * kernel_h * group_c + _clamp(site) + 60


@dataclass(frozen=True, eq=False)
class _Windows:
    """What it costs to bring the windows of one group of one image into columns."""

    site: Site
    runs: Runs

    @property
    def rows(self) -> int:
        return self.site.ins[1].shape[1]

    def by_fours(self) -> float:
        """All windows: four of one row of the result where the kernel can, else one by one."""
        (_, height, width, _) = self.site.outs[0].shape
        patched = self.site.ins[1].shape[3] % 4 == 0
        rows, columns = ((self._first(axis), self._first(axis) + self._inside(axis)) for axis in (0, 1))
        fours, amid, single = _taken(height, width, rows, columns, patched)
        share = single / (height * width)
        return (
            fours * self._four()
            + amid * self._four_amid()
            + single * self.single(8.0)
            + self.borders(height * width) * (0.3 if patched and share < 0.5 else share)
        )

    def _four(self) -> float:
        row = 18 + self.runs.count * (42 + 26 * self.runs.words + 18 * self.runs.last)
        rests = self._rest_words()
        return 135 + self.rows * row + (30 + 26 * rests if rests else 0)

    def _four_amid(self) -> float:
        """What padding adds to that."""
        return 60 + self.rows * 150

    def single(self, word: float) -> float:
        """One window taken by itself, without what its padding costs."""
        row, rests = (
            40 + self.runs.count * (22 + word * self.runs.words + 9 * self.runs.last),
            self._rest_words(),
        )
        return 120 + self.rows * row + (15 + word * rests if rests else 0)

    def borders(self, pixels: int) -> float:
        """What padding left and right adds to single windows, if all `pixels` are taken so."""
        width, (_, _, kernel_w, group_c) = self.site.outs[0].shape[2], self.site.ins[1].shape
        share = 1 - self._inside(1) / width
        return pixels * share * (60 + 5.0 * kernel_w * group_c + self.rows * (45 + 2.4 * kernel_w * group_c))

    def _rest_words(self) -> int:
        return -(-self.rows * self.runs.count * self.runs.last // 4)

    def _first(self, axis: int) -> int:
        """The first position of the window that does not start in the padding."""
        window = self._window
        return min(-(-window.pads[axis] // window.strides[axis]), self.site.outs[0].shape[1 + axis])

    def _inside(self, axis: int) -> int:
        """How many positions of the window along an axis lie inside."""
        window, out = self._window, self.site.outs[0].shape[1 + axis]
        last = (self.site.ins[0].shape[1 + axis] + window.pads[axis] - window.extent[axis]) // window.strides[
            axis
        ]
        return max(0, min(last, out - 1) - self._first(axis) + 1)

    @property
    def _window(self) -> Window:
        assert isinstance(self.site.op, Conv2D)
        return self.site.op.window
