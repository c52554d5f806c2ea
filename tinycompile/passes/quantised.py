"""What the quantisation passes share: reading, shifting and choosing quantisations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinycompile.ir import DType, Quant, TensorType
from tinycompile.numeric import quantize

#: Difference between an unsigned byte and the int8 that stands for the same real.
SIGN_SHIFT = 128
_INT8_STEPS = 255


def signed_quant(quant: Quant) -> Quant:
    """The int8 quantisation of the reals that `quant` gives to uint8."""
    return replace(quant, zero_point=tuple(z - SIGN_SHIFT for z in quant.zero_point))


def signed_data(data: np.ndarray) -> np.ndarray:
    """uint8 data as int8, 128 lower."""
    return (data.astype(np.int16) - SIGN_SHIFT).astype(np.int8)


def same_reals(a: TensorType, b: TensorType) -> bool:
    """True when two 8-bit types hold exactly the same reals, so that conversion loses nothing."""
    return signed_type(a) == signed_type(b)


def signed_type(type_: TensorType) -> TensorType:
    """The int8 type of the same reals as an int8 or uint8 type."""
    if type_.dtype is not DType.UINT8 or type_.quant is None:
        return type_
    return type_.with_dtype(DType.INT8, signed_quant(type_.quant))


def is_byte(type_: TensorType) -> bool:
    """True for int8 and uint8 tensors with one scale."""
    return type_.dtype in (DType.INT8, DType.UINT8) and type_.quant is not None and type_.quant.per_tensor


def own_range(data: np.ndarray) -> Quant:
    """The per-tensor int8 quantisation of a float constant: its range, widened to hold 0."""
    low, high = min(0.0, float(data.min(initial=0.0))), max(0.0, float(data.max(initial=0.0)))
    if low == high:
        return Quant.tensor(1.0, 0)
    scale = float(np.float32((high - low) / _INT8_STEPS))
    return Quant.tensor(scale, int(np.clip(np.rint(-128 - low / scale), -128, 127)))


def quantised_data(data: np.ndarray, quant: Quant) -> np.ndarray:
    """int8 values of a float constant."""
    return quantize(data, quant.scale0, quant.zero0, np.int8)
