"""Weights packed for the kernels of cores with the DSP extension; the layout is that of tc_tile_dsp.h.

The kernels hold 256 times the usual sum in an int32, modulo 2^32. That is exact for filters whose sums fit 24
bits for every input, which is decided here, filter by filter. Others take the wide form, in the usual
arithmetic.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from tinycompile.numeric.fixed_point import requantize_s8
from tinycompile.ops.common import channel_multipliers, quant_of
from tinycompile.ops.kernel import Data, Purpose, Quantised, Site
from tinycompile.ops.matmul_kernels import bias_of, has_int8_constants

_INT32 = 2**31
#: In the place of a run: activations come column by column of the window, or row by row, of which four
#: channels of all columns at a time.
COLUMNS, FOURS = 0, -1


@dataclass(frozen=True)
class Form:
    """Which arithmetic the kernel uses.

    Attributes:
        wide: the usual one; otherwise sums are 256 times what they are usually.
        shift: by how much the kernel's shift is smaller: 32 by the high multiply, 1 by the saturation, less
            what the factor of the sums takes.
        sum_limit: sums lie below this in magnitude.
    """

    wide: bool
    shift: int
    sum_limit: int


NARROW = Form(False, 25, 2**23)
WIDE = Form(True, 33, 2**31)


@dataclass(frozen=True)
class Blocks:
    """How the filters of a node are packed.

    Attributes:
        groups: independent parts of the channels; no block spans two.
        channels: filters in a block; for several sizes, each is used as far as it goes.
        form: the arithmetic.
        run: activations come in runs of this many elements: first the whole words of all runs, then the last
            elements of all runs. Or COLUMNS, or FOURS.
    """

    groups: int
    channels: tuple[int, ...]
    form: Form = NARROW
    run: int = 4


@dataclass(frozen=True, eq=False)
class _Filters:
    """All filters [channels, depth] of a node with what makes results of their sums, as int64 arrays.

    `largest` bounds the magnitude of the sums with bias over every input; padding is an input like any other.
    """

    weights: np.ndarray
    start: np.ndarray
    multipliers: np.ndarray
    shifts: np.ndarray
    largest: np.ndarray


def packable(site: Site, form: Form = NARROW, run: int = 4) -> bool:
    """True for constant int8 filters that a packed form, in runs of `run` elements, holds exactly."""
    constant = has_int8_constants(site) and site.outs[0].elements > 0
    return constant and _packable(Quantised(site), form, run)


@functools.lru_cache(maxsize=256)  # asked for by every kernel for every part of a node
def _packable(quantised: Quantised, form: Form, run: int) -> bool:
    site, found = quantised.site, _filters_of(quantised, run)
    shifts = found.shifts - form.shift
    if found.largest.max() >= form.sum_limit or shifts.min() < 0 or shifts.max() > 30:
        return False
    # The rounding and the zero point are added ahead of the shift: this must stay within int32.
    offset = abs(2 * quant_of(site.outs[0]).zero0 + 1) << shifts
    scaled = (found.largest * found.multipliers >> (form.shift - 1)) + 1 + offset
    halves = -256 * found.weights[:, 0::2] + found.weights[:, 1::2]
    return bool(scaled.max() < _INT32 and (form.wide or halves.max(initial=0) < 2**15))


def packed(site: Site, blocks: Blocks) -> Data:
    """The filters, block by block.

    A block is int32: the start values, the weights four by four for all its channels in turn, and multiplier
    and shift of all channels. The last block of a group is filled up with zeros.
    """
    return _packed(Quantised(site), blocks)


@functools.lru_cache(maxsize=64)  # the same for all parts of a node
def _packed(quantised: Quantised, blocks: Blocks) -> Data:
    found = _filters_of(quantised, blocks.run)
    words, start = (_bytes if blocks.form.wide else _halves)(found)
    scales = np.stack([found.multipliers, found.shifts - blocks.form.shift], axis=1)
    parts = []
    for members in np.split(np.arange(len(words)), blocks.groups):
        rows = [_filled(a[members], blocks.channels[-1]) for a in (start[:, None], words, scales)]
        first = 0
        for width in blocks.channels:
            end = len(rows[0]) if width == blocks.channels[-1] else len(members)
            count = (end - first) // width
            blocked = [a[first : first + count * width].reshape(count, width, a.shape[1]) for a in rows]
            blocked[1] = blocked[1].transpose(0, 2, 1)
            fields = [a.reshape(count, a.shape[1] * a.shape[2]) for a in blocked]
            parts.append(np.concatenate(fields, axis=1).reshape(-1))
            first += count * width
    return Data(
        (np.concatenate(parts) & 0xFFFFFFFF).astype(np.uint32).view(np.int32), "packed", Purpose.WEIGHTS
    )


def _halves(found: _Filters) -> tuple[np.ndarray, np.ndarray]:
    """(words [channels, steps] of four weights each, start values [channels]), modulo 2^32."""
    even, odd = found.weights[:, 0::2], found.weights[:, 1::2]
    halves = (-256 * even + odd) & 0xFFFF
    start = 256 * found.start + 256 * 127 * even.sum(axis=1) - 255 * odd.sum(axis=1)
    return halves[:, 0::2] | halves[:, 1::2] << 16, start


def _bytes(found: _Filters) -> tuple[np.ndarray, np.ndarray]:
    """The same in the usual arithmetic."""
    parts = (found.weights & 0xFF).reshape(len(found.weights), -1, 4)
    return (parts << np.arange(0, 32, 8)).sum(axis=2), found.start


def _filled(rows: np.ndarray, multiple: int) -> np.ndarray:
    """Rows of zeros added up to a multiple."""
    return np.pad(rows, ((0, -len(rows) % multiple), (0, 0)))


def _in_order(weights: np.ndarray, run: int) -> np.ndarray:
    """The filters [channels, kernel_h, kernel_w, group_c] as rows, filled up to whole words."""
    if run == COLUMNS:
        weights = weights.transpose(0, 2, 1, 3)
    if run == FOURS:
        weights = weights.reshape(*weights.shape[:3], -1, 4).transpose(0, 1, 3, 2, 4)
    rows = weights.reshape(len(weights), -1)
    if run > 0:
        rows = rows[:, np.argsort(np.arange(rows.shape[1]) % run >= run // 4 * 4, kind="stable")]
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))


@functools.lru_cache(maxsize=8)  # several forms and blocks are tried one after the other
def _filters_of(quantised: Quantised, run: int) -> _Filters:
    """The filters in the order of the runs, filled up to whole words.

    A channel whose results are all the same, whatever the input, is given as one without weights, whose sum
    is 256 times the result and whose factor is 1/256.
    """
    site = quantised.site
    x, w, y = site.ins[0], site.ins[1], site.outs[0]
    weights = site.const(1).reshape(w.shape[0], -1).astype(np.int64)
    bias = bias_of(site).astype(np.int64)
    zero, out_zero = quant_of(x).zero0, quant_of(y).zero0
    low, high = -128 - zero, 127 - zero
    up, down = np.maximum(weights, 0).sum(axis=1), np.minimum(weights, 0).sum(axis=1)
    least, most = bias + up * low + down * high, bias + up * high + down * low
    multipliers, shifts = (a.astype(np.int64) for a in channel_multipliers(x, w, y, w.shape[0]))
    first, last = (requantize_s8(acc, multipliers, shifts, out_zero) for acc in (least, most))
    same, value = first == last, first.astype(np.int64) - out_zero
    ordered = _in_order(weights.reshape(w.shape), run)
    return _Filters(
        np.where(same[:, None], 0, ordered),
        np.where(same, value << 8, bias - zero * weights.sum(axis=1)),
        np.where(same, 2**30, multipliers),
        np.where(same, 38, shifts),
        np.where(same, abs(value) << 8, np.maximum(-least, most)),
    )
