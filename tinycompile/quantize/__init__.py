"""Post-training quantisation: a float graph and calibration data become a QDQ graph."""

from tinycompile.quantize.calibrate import quantize
from tinycompile.quantize.options import QuantizeOptions, RangeMethod

__all__ = ["QuantizeOptions", "RangeMethod", "quantize"]
