"""The kernels of dense int8 products for cores with the DSP extension, from weights that are packed ahead."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from tinycompile.ops.conv import Conv2D
from tinycompile.ops.conv_kernels import conv_params, is_pointwise
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Scratch, Site, Struct
from tinycompile.ops.matmul import FullyConnected
from tinycompile.ops.matmul_kernels import dense_params
from tinycompile.ops.packed_cycles import (
    EIGHT,
    FOUR,
    ROW,
    WIDE_TWO,
    Runs,
    Tile,
    conv_cycles,
    fresh_columns,
    kx3_cycles,
    pointwise_cycles,
    row_cycles,
    small_cycles,
)
from tinycompile.ops.packed_dsp import COLUMNS, FOURS, NARROW, WIDE, Blocks, Form, packable, packed
from tinycompile.ops.registry import kernels
from tinycompile.ops.spatial import Window
from tinycompile.target import Feature

_DSP = frozenset({Feature.DSP})
#: Bytes of a column for every four weights: four pixels, two pixels.
_FOUR_BYTES, _TWO_BYTES = 32, 8


def _conv(site: Site) -> Conv2D:
    assert isinstance(site.op, Conv2D)
    return site.op


def _steps(site: Site) -> int:
    """Words of four weights in a filter."""
    return -(-math.prod(site.ins[1].shape[1:]) // 4)


def _words(size: int) -> int:
    """`size` bytes rounded up to words."""
    return -(-size // 4) * 4


def _runs(site: Site) -> Runs:
    """The dense runs of a row of a window; as `tc_runs_of` has them."""
    _, _, kernel_w, group_c = site.ins[1].shape
    joined = group_c == site.ins[0].shape[3] * _conv(site).window.dilations[1]
    return Runs(1, kernel_w * group_c) if joined else Runs(kernel_w, group_c)


def _conv_kernel(symbol: str, form: Form, tile: Tile) -> Kernel:
    def args(site: Site) -> tuple[Arg, ...]:
        weights = packed(site, Blocks(_conv(site).groups, (2,), form, _runs(site).length))
        return (In(0), Out(0), weights, conv_params(site), Scratch("int32_t"))

    def accepts(site: Site) -> bool:
        return packable(site, form, _runs(site).length)

    def scratch(site: Site) -> int:
        """The column, a row of a window and one of padding, the last elements of the runs of all windows."""
        _, kernel_h, kernel_w, group_c = site.ins[1].shape
        runs = _runs(site)
        column, windows = (_FOUR_BYTES, 4) if tile is FOUR else (_TWO_BYTES, 1)
        rests = windows * _words(kernel_h * runs.count * runs.last)
        return column * _steps(site) + 2 * _words(kernel_w * group_c) + rests

    def cycles(site: Site) -> float:
        return conv_cycles(site, tile, _runs(site))

    return Kernel(symbol, args, accepts, _DSP, scratch, cycles=cycles, compact=tile is not FOUR)


def _small_run(site: Site) -> int:
    """Windows slide column by column where taps are whole words; others are taken as they are."""
    return 4 if site.ins[1].shape[3] % 4 else COLUMNS


def _small_args(site: Site) -> tuple[Arg, ...]:
    weights = packed(site, Blocks(_conv(site).groups, (2,), run=_small_run(site)))
    return (In(0), Out(0), weights, conv_params(site), Scratch("int32_t"))


def _small_accepts(site: Site) -> bool:
    return packable(site, run=_small_run(site))


def _small_scratch(site: Site) -> int:
    """The columns of two windows, those that both have once."""
    _, kernel_h, kernel_w, group_c = site.ins[1].shape
    if group_c % 4:
        return 2 * _words(kernel_h * kernel_w * group_c)
    return (kernel_w + fresh_columns(site)) * kernel_h * group_c


def _kx3_args(site: Site) -> tuple[Arg, ...]:
    weights = packed(site, Blocks(_conv(site).groups, (2,), run=FOURS))
    return (In(0), Out(0), weights, conv_params(site), Scratch("int32_t"))


def _kx3_accepts(site: Site) -> bool:
    window = _conv(site).window
    three = (window.kernel[1], window.strides[1], window.dilations[1]) == (3, 1, 1)
    return three and site.ins[1].shape[3] % 4 == 0 and packable(site, run=FOURS)


def _kx3_scratch(site: Site) -> int:
    """The columns of two windows side by side."""
    _, kernel_h, _, group_c = site.ins[1].shape
    return 4 * kernel_h * group_c


def _params(site: Site) -> Struct:
    assert isinstance(site.op, Conv2D | FullyConnected)
    return dense_params(site, site.op.lo, site.op.hi)


def _pointwise_args(site: Site) -> tuple[Arg, ...]:
    return (In(0), Out(0), packed(site, Blocks(1, (2,))), _params(site), Scratch("int32_t"))


def _pointwise_scratch(site: Site) -> int:
    return _FOUR_BYTES * _steps(site)


def _onto_operand(site: Site) -> tuple[tuple[int, int], ...]:
    """Pixels are copied four at a time before their results are written, which must not get ahead of them."""
    return ((0, 0),) if site.ins[1].shape[0] <= math.prod(site.ins[1].shape[1:]) else ()


def _row_scratch(site: Site) -> int:
    depth = math.prod(site.ins[1].shape[1:])
    return _words(depth) if depth % 4 else 0


def _pointwise(site: Site) -> bool:
    return is_pointwise(site) and packable(site)


def _row_kernel(symbol: str, accepts: Callable[[Site], bool], tiles: tuple[Tile, ...]) -> Kernel:
    def args(site: Site) -> tuple[Arg, ...]:
        weights = packed(site, Blocks(1, tuple(tile.channels for tile in tiles)))
        return (In(0), Out(0), weights, _params(site), Scratch("int32_t"))

    def cycles(site: Site) -> float:
        return row_cycles(site, tiles)

    return Kernel(symbol, args, accepts, _DSP, _row_scratch, cycles=cycles, compact=tiles == (ROW,))


def _as_convolution(site: Site) -> Site:
    """Rows times filters as a 1x1 convolution of an image of one row."""
    assert isinstance(site.op, FullyConnected)
    x, w, y = site.ins[0], site.ins[1], site.outs[0]
    channels, depth = w.shape
    rows = y.elements // max(1, channels)
    ins = (x.with_shape((1, 1, rows, depth)), w.with_shape((channels, 1, 1, depth)), *site.ins[2:])
    op = Conv2D(Window((1, 1)), lo=site.op.lo, hi=site.op.hi)
    return replace(site, op=op, ins=ins, outs=(y.with_shape((1, 1, rows, channels)),))


def _dense(kernel: Kernel) -> Kernel:
    """A kernel of convolutions for fully connected layers: slower, but no code where it is there anyway."""

    def accepts(site: Site) -> bool:
        return packable(site) and kernel.accepts(_as_convolution(site))

    def cycles(site: Site) -> float:
        assert kernel.cycles is not None
        return kernel.cycles(_as_convolution(site))

    return replace(
        kernel,
        accepts=accepts,
        args=lambda site: kernel.args(_as_convolution(site)),
        scratch=lambda site: kernel.scratch(_as_convolution(site)),
        cycles=cycles,
        compact=False,
    )


_POINTWISE = "tc_conv2d_1x1_s8_dsp"
_SMALL_ROW, _ROW = "tc_fully_connected_small_s8_dsp", "tc_fully_connected_s8_dsp"

_SMALL = Kernel(
    "tc_conv2d_small_s8_dsp",
    _small_args,
    _small_accepts,
    _DSP,
    _small_scratch,
    cycles=small_cycles,
    compact=True,
)

_KX3 = Kernel(
    "tc_conv2d_kx3_s8_dsp",
    _kx3_args,
    _kx3_accepts,
    _DSP,
    _kx3_scratch,
    cycles=kx3_cycles,
    compact=True,
)

kernels(
    Conv2D,
    Kernel(
        _POINTWISE, _pointwise_args, _pointwise, _DSP, _pointwise_scratch, _onto_operand, pointwise_cycles
    ),
    _row_kernel(_SMALL_ROW, _pointwise, (ROW,)),
    _row_kernel(_ROW, _pointwise, (EIGHT, ROW)),
    _conv_kernel("tc_conv2d_s8_dsp", NARROW, FOUR),
    _SMALL,
    _KX3,
    _conv_kernel("tc_conv2d_wide_s8_dsp", WIDE, WIDE_TWO),
)
kernels(
    FullyConnected,
    Kernel(_POINTWISE, _pointwise_args, packable, _DSP, _pointwise_scratch, cycles=pointwise_cycles),
    _row_kernel(_SMALL_ROW, packable, (ROW,)),
    _row_kernel(_ROW, packable, (EIGHT, ROW)),
    _dense(_SMALL),
)
