"""The choices of post-training quantisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RangeMethod = Literal["minmax", "percentile", "mse"]


@dataclass(frozen=True)
class QuantizeOptions:
    """How calibration data become scales.

    Attributes:
        ranges: `minmax` takes the extremes seen, `percentile` cuts outliers, `mse` minimises the
            mean squared rounding and clipping error.
        percentile: share of the values kept by `percentile`, in percent.
        bias_correction: shift biases by the mean error that quantised weights cause.
        equalize: balance weight ranges across neighbouring layers before quantising
            (Nagel et al., Data-Free Quantization, ICCV 2019).
    """

    ranges: RangeMethod = "minmax"
    percentile: float = 99.99
    bias_correction: bool = False
    equalize: bool = False
