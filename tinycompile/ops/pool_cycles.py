"""Estimated Cortex-M4F cycles of the portable pooling kernels, at zero wait states."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from tinycompile.ops.kernel import Site
from tinycompile.ops.spatial import Window


@runtime_checkable
class _Windowed(Protocol):
    """An operator that moves a window over an image."""

    @property
    def window(self) -> Window: ...


def _positions(site: Site) -> int:
    assert isinstance(site.op, _Windowed)
    return math.prod(site.op.window.kernel)


def each_result(per_input: float, per_output: float) -> Callable[[Site], float]:
    """Kernels that make one result after the other: per position of a window, and per result."""
    return lambda site: site.outs[0].elements * (_positions(site) * per_input + per_output)


def each_channel(pixel: float, channel: float, position: float, each: float) -> Callable[[Site], float]:
    """Kernels that go through all channels of a position in turn.

    Per pixel of the result, per channel of it, per position of its window, per channel of that.
    """

    def cycles(site: Site) -> float:
        channels = site.outs[0].shape[3]
        one = pixel + channel * channels + _positions(site) * (position + each * channels)
        return site.outs[0].elements // max(1, channels) * one + 60.0

    return cycles
