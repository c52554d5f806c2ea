"""Weights and factors of depthwise convolutions as the kernels for the DSP extension take them.

All channels share one last shift: with weights of int16, a power of two moves from the shift of a channel
into its weights, so a result is (high word of acc * multiplier + rounding) >> 8, saturated. Where the shift
is larger, a shorter multiplier is taken if it gives the same result for every accumulator that can occur.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from tinycompile.numeric.fixed_point import INT32_MAX
from tinycompile.ops.common import channel_multipliers, quant_of
from tinycompile.ops.kernel import Quantised, Site
from tinycompile.ops.matmul_kernels import bias_of

#: The last shift, behind the high word of a product.
LAST_SHIFT = 8
_TOTAL_SHIFT = 32 + LAST_SHIFT
_INT16_MAX = 2**15 - 1


@dataclass(frozen=True, eq=False)
class ScaledFilters:
    """What the kernels compute with.

    Attributes:
        weights: int16[channels][kernel_h][kernel_w].
        bias: int32[channels], with -in_zero * (sum of the weights).
        multipliers: int32[channels].
    """

    weights: np.ndarray
    bias: np.ndarray
    multipliers: np.ndarray


@dataclass(frozen=True)
class _Channel:
    """A channel with its accumulators, from `low` to `high`, and what turns them into results."""

    low: int
    high: int
    multiplier: int
    shift: int
    out_zero: int

    def threshold(self, step: int) -> int:
        """The least accumulator whose result is at least `step`, or high + 1."""
        needed = (step << self.shift) - (1 << (self.shift - 1))
        if self.multiplier == 0:
            return self.low if needed <= 0 else self.high + 1
        return max(self.low, min(self.high + 1, -(-needed // self.multiplier)))

    def agrees(self, other: _Channel, moved: int) -> bool:
        """True when `other`, fed with accumulators that are larger by `moved`, gives the same int8 results.

        Results rise with the accumulator, so it is enough that they rise past each value at the same one.
        """
        steps = range(-128 - self.out_zero, 129 - self.out_zero)
        return all(self.threshold(step) == other.threshold(step) - moved for step in steps)


@dataclass(frozen=True)
class _Form:
    """A channel for the last shift: the power of two in its weights, a change of its bias, the multiplier."""

    lift: int
    moved: int
    multiplier: int


def scaled_filters(site: Site) -> ScaledFilters | None:
    """The filters of a depthwise int8 node, or None where a channel has no such form."""
    return _scaled_filters(Quantised(site))


@functools.lru_cache(maxsize=128)  # asked for by every kernel for every part of a node
def _scaled_filters(quantised: Quantised) -> ScaledFilters | None:
    site = quantised.site
    x, w, y = site.ins[0], site.ins[1], site.outs[0]
    weights = site.const(1)[..., 0].astype(np.int64)
    bias = bias_of(site).astype(np.int64)
    in_zero, out_zero = quant_of(x).zero0, quant_of(y).zero0
    ends = weights[..., None] * (np.array(x.dtype.limits) - in_zero)
    lows, highs = bias + ends.min(axis=3).sum(axis=(1, 2)), bias + ends.max(axis=3).sum(axis=(1, 2))
    multipliers, shifts = channel_multipliers(x, w, y, len(weights))
    forms: list[_Form] = []
    for numbers in zip(lows, highs, multipliers, shifts, strict=True):
        low, high, multiplier, shift = (int(number) for number in numbers)
        form = _form(_Channel(low, high, multiplier, shift, out_zero))
        if form is None:
            return None
        forms.append(form)
    scale = np.int64(1) << np.array([form.lift for form in forms], np.int64)
    lifted = weights * scale[:, None, None]
    folded = (bias + np.array([form.moved for form in forms]) - in_zero * weights.sum(axis=(1, 2))) * scale
    if np.abs(lifted).max(initial=0) > _INT16_MAX or np.abs(folded).max(initial=0) > INT32_MAX:
        return None
    return ScaledFilters(
        lifted.astype(np.int16),
        folded.astype(np.int32),
        np.array([form.multiplier for form in forms], np.int32),
    )


def _form(channel: _Channel) -> _Form | None:
    """The form of a channel, exact for all its accumulators; None where 32 bits are too few."""
    multiplier, shift = channel.multiplier, channel.shift
    if multiplier and shift <= _TOTAL_SHIFT:
        form = _Form(_TOTAL_SHIFT - shift, 0, multiplier)
        return form if _fits(channel, form) else None
    shorter, middle = multiplier >> max(0, shift - _TOTAL_SHIFT), (channel.low + channel.high) // 2
    for candidate in (shorter, shorter + 1):
        real = multiplier * 2.0 ** (_TOTAL_SHIFT - shift)
        moved = round(middle * (real / candidate - 1.0)) if candidate else 0
        other = _Channel(channel.low + moved, channel.high + moved, candidate, _TOTAL_SHIFT, channel.out_zero)
        form = _Form(0, moved, candidate)
        if _fits(channel, form) and channel.agrees(other, moved):
            return form
    return None


def _fits(channel: _Channel, form: _Form) -> bool:
    """True when accumulators, and results before the last shift, stay inside int32."""
    largest = max(abs(channel.low + form.moved), abs(channel.high + form.moved)) << form.lift
    offset = 2 * abs(channel.out_zero) + 1 << LAST_SHIFT
    return largest <= INT32_MAX and (largest * form.multiplier >> 32) + offset <= INT32_MAX
