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
from tinycompile.ops.kernel import Site
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


@functools.lru_cache(maxsize=4)  # asked for several times for one node
def scaled_filters(site: Site) -> ScaledFilters | None:
    """The filters of a depthwise int8 node, or None where a channel has no such form."""
    x, w, y = site.ins[0], site.ins[1], site.outs[0]
    weights = site.const(1)[..., 0].astype(np.int64)
    bias = bias_of(site).astype(np.int64)
    in_zero, out_zero = quant_of(x).zero0, quant_of(y).zero0
    low, high = x.dtype.limits
    sums = np.abs(weights).sum(axis=(1, 2))
    largest = np.abs(bias) + max(in_zero - low, high - in_zero) * sums
    multipliers, shifts = channel_multipliers(x, w, y, len(weights))
    lifts, factors = np.zeros(len(weights), np.int64), np.zeros(len(weights), np.int64)
    for channel in range(len(weights)):
        found = _lift(int(multipliers[channel]), int(shifts[channel]), int(largest[channel]), out_zero)
        if found is None:
            return None
        lifts[channel], factors[channel] = found
    scale = np.int64(1) << lifts
    lifted = weights * scale[:, None, None]
    folded = (bias - in_zero * weights.sum(axis=(1, 2))) * scale
    fits = np.abs(lifted).max(initial=0) <= _INT16_MAX and np.abs(folded).max(initial=0) <= INT32_MAX
    return ScaledFilters(lifted.astype(np.int16), folded.astype(np.int32), factors) if fits else None


def _lift(multiplier: int, shift: int, largest: int, zero: int) -> tuple[int, int] | None:
    """(power of two for the weights, multiplier) of a channel with accumulators up to `largest`, or None."""
    lift = max(0, _TOTAL_SHIFT - shift) if multiplier else 0
    factor = multiplier >> max(0, shift - _TOTAL_SHIFT)
    if lift > 14 or (largest << lift) > INT32_MAX:
        return None
    if ((largest << lift) * factor >> 32) + (2 * abs(zero) + 1 << LAST_SHIFT) > INT32_MAX:
        return None
    if shift <= _TOTAL_SHIFT and multiplier:
        return lift, factor
    for candidate in (factor, factor + 1):
        if _same_results((multiplier, shift), (candidate, _TOTAL_SHIFT), largest, zero):
            return 0, candidate
    return None


def _same_results(a: tuple[int, int], b: tuple[int, int], largest: int, zero: int) -> bool:
    """True when two (multiplier, shift) give the same int8 results for all accumulators up to `largest`.

    Results rise with the accumulator, so it is enough that they rise past every int8 value at the same one.
    """
    steps = range(-128 - zero, 129 - zero)
    return all(_threshold(*a, step, largest) == _threshold(*b, step, largest) for step in steps)


def _threshold(multiplier: int, shift: int, step: int, largest: int) -> int:
    """The least accumulator from -largest on whose result is at least `step`, or largest + 1."""
    needed = (step << shift) - (1 << (shift - 1))
    if multiplier == 0:
        return -largest if needed <= 0 else largest + 1
    return max(-largest, min(largest + 1, -(-needed // multiplier)))
