"""The arithmetic contract in NumPy: every function here has a bit-identical twin in `runtime_c/include/`."""

from __future__ import annotations

from tinycompile.numeric.affine import dequantize, int8_table, quantize, saturate, table_index
from tinycompile.numeric.fixed_point import (
    INT32_MAX,
    INT32_MIN,
    Multiplier,
    PairMultiplier,
    add_multipliers,
    quantize_multiplier,
    quantize_multipliers,
    requantize,
    requantize_away_s8,
    requantize_pair,
    requantize_s8,
)

__all__ = [
    "INT32_MAX",
    "INT32_MIN",
    "Multiplier",
    "PairMultiplier",
    "add_multipliers",
    "dequantize",
    "int8_table",
    "quantize",
    "quantize_multiplier",
    "quantize_multipliers",
    "requantize",
    "requantize_away_s8",
    "requantize_pair",
    "requantize_s8",
    "saturate",
    "table_index",
]
