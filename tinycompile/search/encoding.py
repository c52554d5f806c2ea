"""How samples become int8: pixels as they are, floats by the range they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tinycompile.ir import DType, Quant

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Encoding:
    """Samples of one data set as the network takes them.

    Attributes:
        dtype: of the samples: uint8, int8 or float32.
        quant: int8 quantisation of the network's input (uint8 samples have 128 subtracted first).
        gain: the network is trained on `gain` times the reals of `quant`, which have a variance near one;
            weights that read the input take it up.
    """

    dtype: DType
    quant: Quant
    gain: float = 1.0

    def integers(self, samples: Array) -> Array:
        """int8 samples, as they enter the first layer."""
        if self.dtype is DType.FLOAT32:
            steps = np.rint(samples.astype(np.float32) / np.float32(self.quant.scale0)) + self.quant.zero0
            return np.asarray(np.clip(steps, -128, 127), np.int8)
        if self.dtype is DType.UINT8:
            return (samples.astype(np.int16) - 128).astype(np.int8)
        return samples.astype(np.int8)

    @property
    def step(self) -> float:
        """What one integer step is worth to the network that is trained."""
        return self.quant.scale0 * self.gain


def encoding_of(samples: Array) -> Encoding:
    """The encoding of data like these.

    Integers are taken as they are, so that no normalisation is left to compute: the zero point is the median
    at the borders, which padding then continues, and the root mean square around it becomes the real number
    one. Floats keep their unit; their scale covers all but one in ten thousand of them.
    """
    dtype = DType.of(samples.dtype)
    if dtype in (DType.UINT8, DType.INT8):
        integers = samples[: 1 << 14].astype(np.float32) - (128 if dtype is DType.UINT8 else 0)
        zero = round(float(np.median(_borders(integers))))
        spread = float(np.sqrt(np.mean((integers - zero) ** 2))) or 1.0
        return Encoding(dtype, Quant.tensor(1 / spread, zero))
    part = samples[: 1 << 14].astype(np.float32)
    low, high = (float(v) for v in np.quantile(part, (0.5e-4, 1 - 0.5e-4)))
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255 or 1.0
    zero = min(127, max(-128, round(-128 - low / scale)))
    return Encoding(DType.FLOAT32, Quant.tensor(scale, zero), 1 / (float(part.std()) or 1.0))


def _borders(samples: Array) -> Array:
    """First and last rows and columns of samples [count, channels, height, width]."""
    sides = (samples[:, :, 0], samples[:, :, -1], samples[:, :, :, 0], samples[:, :, :, -1])
    return np.concatenate([side.reshape(-1) for side in sides])
