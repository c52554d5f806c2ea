"""Kernels of int8 depthwise convolutions for cores with the DSP extension."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tinycompile.ops.conv import Conv2D, is_depthwise
from tinycompile.ops.conv_kernels import (
    border_share,
    conv_params,
    onto_operand,
    ring_rows,
    saved_rows,
    shrinks,
)
from tinycompile.ops.depthwise_scale import ScaledFilters, scaled_filters
from tinycompile.ops.kernel import Arg, Data, In, Kernel, Out, Purpose, Quantised, Scalar, Scratch, Site
from tinycompile.ops.matmul_kernels import has_int8_constants
from tinycompile.ops.registry import kernels
from tinycompile.ops.spatial import Window
from tinycompile.target import Feature

#: Channels that are computed together.
_GROUP = 4
#: TC_DEPTHWISE_ROWS and TC_DEPTHWISE_TAPS of the C runtime.
_MAX_ROWS, _MAX_TAPS = 16, 64


def window_at(site: Site) -> Window:
    assert isinstance(site.op, Conv2D)
    return site.op.window


def takes_depthwise(site: Site) -> bool:
    """True for one constant filter per channel whose factors have the kernels' form."""
    op = site.op
    assert isinstance(op, Conv2D)
    if not has_int8_constants(site) or not is_depthwise(op, site.ins[0]):
        return False
    kernel_h, kernel_w = op.window.kernel
    small = kernel_h <= _MAX_ROWS and kernel_h * kernel_w <= _MAX_TAPS
    return small and op.groups == site.outs[0].shape[3] >= _GROUP and scaled_filters(site) is not None


def takes_3x3(site: Site) -> bool:
    window = window_at(site)
    return window.kernel == (3, 3) and window.dilations == (1, 1) and takes_depthwise(site)


def filters_at(site: Site) -> ScaledFilters:
    found = scaled_filters(site)
    assert found is not None
    return found


def _groups(channels: int) -> np.ndarray:
    """int[groups][4]: the channels of each; the last overlaps the one before where they do not divide."""
    whole = list(range(0, channels - _GROUP + 1, _GROUP))
    starts = whole + [channels - _GROUP] * (channels % _GROUP > 0)
    return np.add.outer(starts, np.arange(_GROUP))


def two_halves(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """int32 words of two int16."""
    return (low.astype(np.int64) & 0xFFFF | high.astype(np.int64) << 16).astype(np.int32)


@functools.lru_cache(maxsize=64)  # the same for all parts of a node
def _packed(quantised: Quantised, single: bool) -> Data:
    """int32[groups][...] as tc_depthwise_s8_dsp.h describes it, `single` for the 3x3 form."""
    filters = filters_at(quantised.site)
    taps = filters.weights[:, :, ::-1].reshape(len(filters.weights), -1)
    if not single and taps.shape[1] % 2:
        taps = np.pad(taps, ((0, 0), (0, 1)))
    even = taps.shape[1] // 2 * 2
    chosen = _groups(len(taps))
    w = taps[chosen]
    pairs = two_halves(w[..., 0:even:2], w[..., 1:even:2])
    words = [filters.bias[chosen], pairs.transpose(0, 2, 1).reshape(len(w), -1)]
    if even < w.shape[2]:
        words.append(two_halves(w[:, :2, even], w[:, 2:, even]))
    return Data(np.concatenate([*words, filters.multipliers[chosen]], axis=1), "filters", Purpose.WEIGHTS)


@dataclass(frozen=True)
class _Form:
    """Either the kernels for 3x3 or those for any window.

    Attributes:
        stem: of the names of the C functions.
        columns: of zero points that stand for padding.
        cycles: the estimate of the kernel that is not in place.
    """

    stem: str
    takes: Callable[[Site], bool]
    columns: int
    cycles: Callable[[Site], float]

    def kernels(self) -> tuple[Kernel, Kernel]:
        """The kernel from operand to result, and the one onto its operand."""
        requires = frozenset({Feature.DSP})
        return (
            Kernel(
                f"{self.stem}_s8_dsp",
                self._args,
                self.takes,
                requires,
                self._zeros,
                cycles=self.cycles,
                compact=True,
            ),
            Kernel(
                f"{self.stem}_inplace_s8_dsp",
                self._in_place_args,
                lambda site: self.takes(site) and shrinks(site),
                requires,
                lambda site: self._zeros(site) + _ring_bytes(site),
                onto_operand,
                lambda site: self.cycles(site) + saved_rows(site) * (0.9 * _row_bytes(site) + 20.0),
                aliased=True,
                compact=True,
            ),
        )

    def _zeros(self, site: Site) -> int:
        return math.ceil(self.columns * site.ins[0].shape[3] / 4) * 4

    def _args(self, site: Site) -> tuple[Arg, ...]:
        packed = _packed(Quantised(site), self.columns > 1)
        return (In(0), Out(0), packed, conv_params(site), Scratch("int8_t"))

    def _in_place_args(self, site: Site) -> tuple[Arg, ...]:
        return (*self._args(site), Scratch("int8_t", self._zeros(site)), Scalar(ring_rows(site)))


def _ring_bytes(site: Site) -> int:
    return ring_rows(site) * _row_bytes(site)


def _row_bytes(site: Site) -> int:
    return math.prod(site.ins[0].shape[2:])


def _pixels(site: Site) -> tuple[int, float, float]:
    """(rows of results, pixels of them whose windows lie inside left and right, other pixels)."""
    batch, out_h, out_w, _ = site.outs[0].shape
    rows = batch * out_h
    border = rows * out_w * border_share(site, rows=False)
    return rows, rows * out_w - border, border


def _cycles_3x3(site: Site) -> float:
    """Estimated Cortex-M4 cycles: per four channels inside and at the border, per pixel, per row."""
    rows, inside, border = _pixels(site)
    whole, rest = divmod(site.outs[0].shape[3], _GROUP)
    twice = inside * 148.0 + border * 211.0 if rest else 0.0
    return rows * 455.0 + inside * (109.4 * whole + 23.0) + border * (116.4 * whole + 137.0) + twice


def _cycles(site: Site) -> float:
    """Estimated Cortex-M4 cycles: per two taps of four channels, per tap, per pixel."""
    (batch, out_h, out_w, channels), taps = site.outs[0].shape, math.prod(window_at(site).kernel)
    groups, again = math.ceil(channels / _GROUP), 12.6 * taps if channels % _GROUP else 0.0
    return batch * out_h * out_w * (groups * (21.9 * math.ceil(taps / 2) + 30.2) + 7.4 * taps + 272.0 + again)


kernels(
    Conv2D,
    *_Form("tc_depthwise_conv2d_3x3", takes_3x3, 3, _cycles_3x3).kernels(),
    *_Form("tc_depthwise_conv2d", takes_depthwise, 1, _cycles).kernels(),
)
