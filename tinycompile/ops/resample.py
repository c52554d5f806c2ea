"""From output positions to input positions along one dimension, by the rules of ONNX Resize.

Positions are computed in float32, as runtimes do: a scale such as float32(1/3) then still maps onto the
integers that its author had in mind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TRANSFORMATIONS = (
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
    "tf_half_pixel_for_nn",
)
NEAREST_MODES = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple")


#: For every output element (first, second, weight in [0, 1)): x[first] + (x[second] - x[first]) * weight.
LinearTaps = tuple[tuple[int, int, float], ...]


@dataclass(frozen=True)
class Resampling:
    """One dimension: `size` elements become `out_size`, by the factor `scale` (a float32 value)."""

    size: int
    out_size: int
    scale: float

    @property
    def identity(self) -> bool:
        """True when every element stays where it is."""
        return self.size == self.out_size and self.scale == 1.0

    def positions(self, transformation: str) -> np.ndarray:
        """float32[out_size]: where every output element lies in the input, not yet clipped."""
        at, scale, half = np.arange(self.out_size, dtype=np.float32), np.float32(self.scale), np.float32(0.5)
        if transformation == "align_corners":
            span = np.float32(max(1, self.out_size - 1))
            return at * np.float32(self.size - 1) / span
        if transformation == "asymmetric":
            return at / scale
        if transformation == "tf_half_pixel_for_nn":
            return (at + half) / scale
        if transformation == "pytorch_half_pixel" and self.out_size == 1:
            return np.zeros(1, np.float32)
        if transformation != "half_pixel_symmetric":
            return (at + half) / scale - half
        # The output size was rounded: what was lost is taken off both ends equally.
        adjustment = np.float32(self.out_size) / (scale * np.float32(self.size))
        lost = np.float32(self.size) * half * (np.float32(1) - adjustment)
        return lost + (at + half) / scale - half

    def nearest(self, transformation: str, mode: str) -> tuple[int, ...]:
        """The input index that every output element copies."""
        at = self.positions(transformation)
        if mode == "simple":  # of the operators before opset 11
            mode = "ceil" if self.scale < 1 else "floor"
        if mode == "round_prefer_floor":
            found = np.ceil(at - np.float32(0.5))
        elif mode == "round_prefer_ceil":
            found = np.floor(at + np.float32(0.5))
        else:
            found = np.ceil(at) if mode == "ceil" else np.floor(at)
        return tuple(int(index) for index in np.clip(found, 0, self.size - 1))

    def linear(self, transformation: str) -> LinearTaps:
        """The taps of every output element."""
        if self.identity:
            return tuple((index, index, 0.0) for index in range(self.size))
        at = np.clip(self.positions(transformation), np.float32(0), np.float32(self.size - 1))
        first = np.floor(at).astype(np.int64)
        second = np.minimum(first + 1, self.size - 1)
        weight = at - first.astype(np.float32)
        return tuple(zip(first.tolist(), second.tolist(), weight.tolist(), strict=True))
