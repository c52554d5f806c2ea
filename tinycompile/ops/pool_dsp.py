"""Kernels of int8 pooling for cores with the DSP extension: several channels at a time."""

from __future__ import annotations

import math

import numpy as np

from tinycompile.ir import DType
from tinycompile.ops.kernel import Kernel, Site
from tinycompile.ops.pool import (
    AveragePool2D,
    MaxPool2D,
    average_args,
    average_factor,
    counts_along,
    max_args,
)
from tinycompile.ops.registry import kernels
from tinycompile.ops.spatial import Window
from tinycompile.target import Feature

#: Channels that are pooled together.
_MAX_GROUP, _AVERAGE_GROUP = 4, 8
#: Positions whose int8 sum fits int16.
_MAX_POSITIONS = 255
#: Shifts for which a shifted zero point fits beside a sum in int32.
_MAX_SHIFT = 22
_REQUIRES = frozenset({Feature.DSP})


def _suits(window: Window, site: Site, group: int) -> bool:
    x = site.ins[0]
    return x.dtype is DType.INT8 and window.dilations == (1, 1) and x.shape[3] >= group


def _takes_max(site: Site) -> bool:
    op = site.op
    assert isinstance(op, MaxPool2D)
    return _suits(op.window, site, _MAX_GROUP)


def _takes_average(site: Site) -> bool:
    """True when the factors of all counts can be applied with the high words of products."""
    op, x, y = site.op, site.ins[0], site.outs[0]
    assert isinstance(op, AveragePool2D)
    positions = op.window.kernel[0] * op.window.kernel[1]
    if not (x.per_tensor_int8 and _suits(op.window, site, _AVERAGE_GROUP)) or positions > _MAX_POSITIONS:
        return False
    rows, columns = (counts_along(op, axis, x, y) for axis in (0, 1))
    for count in np.unique(np.multiply.outer(rows, columns)):
        factor = average_factor(op, int(count), x, y)
        lift = max(0, 33 - factor.shift)
        if factor.shift - 32 + lift > _MAX_SHIFT or (255 * positions) << lift >= 2**30:
            return False
    return True


def _runs(window: Window, site: Site) -> tuple[int, int]:
    """(runs of neighbouring pixels in a window, pixels of a run)."""
    (kernel_h, kernel_w), whole_rows = window.kernel, window.kernel[1] == site.ins[0].shape[2]
    return (1, kernel_h * kernel_w) if whole_rows else (kernel_h, kernel_w)


def _max_cycles(site: Site) -> float:
    """Estimated Cortex-M4 cycles: per pixel, and per two positions of a window for a start and each word."""
    op, (batch, out_h, out_w, channels) = site.op, site.outs[0].shape
    assert isinstance(op, MaxPool2D)
    runs, columns = _runs(op.window, site)
    pairs, words = runs * math.ceil(columns / 2), math.ceil(channels / _MAX_GROUP)
    return batch * out_h * out_w * (120.0 + 6.0 * pairs + words * (15.8 * pairs - 4.8))


def _average_cycles(site: Site) -> float:
    """Estimated Cortex-M4 cycles: per pixel, and per group of channels for a result, a run, a position."""
    op, (batch, out_h, out_w, channels) = site.op, site.outs[0].shape
    assert isinstance(op, AveragePool2D)
    runs, columns = _runs(op.window, site)
    whole, rest = columns // 8 * 8, columns % 8
    group = 190.0 + runs * (30.0 + 11.0 * rest + 7.6 * whole)
    return batch * out_h * out_w * (130.0 + math.ceil(channels / _AVERAGE_GROUP) * group)


kernels(MaxPool2D, Kernel("tc_max_pool_s8_dsp", max_args, _takes_max, _REQUIRES, cycles=_max_cycles))
kernels(
    AveragePool2D,
    Kernel("tc_average_pool_s8_dsp", average_args, _takes_average, _REQUIRES, cycles=_average_cycles),
)
