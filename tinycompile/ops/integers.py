"""Integer tensors that stand for themselves (indices, counts, masks): C arithmetic in NumPy.

Sums and products wrap around, a quotient is cut towards zero, and division by zero gives 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinycompile.ir import DType, TensorType
from tinycompile.ops.kernel import Site

#: How C function names end for each element type.
SUFFIXES = {
    DType.INT8: "s8",
    DType.UINT8: "u8",
    DType.INT16: "s16",
    DType.UINT16: "u16",
    DType.INT32: "s32",
    DType.UINT32: "u32",
    DType.INT64: "s64",
    DType.UINT64: "u64",
    DType.FLOAT32: "f32",
}
#: Widths of the kernels for which the sign does not matter.
WIDTHS = (8, 16, 32, 64)


def is_raw(type_: TensorType) -> bool:
    """True for an integer or bool tensor without quantisation."""
    return type_.quant is None and type_.dtype is not DType.FLOAT32


def raw_of_width(bits: int) -> Callable[[Site], bool]:
    """Accepts operands that are raw integers (or bools) of this width."""
    return lambda site: is_raw(site.ins[0]) and site.ins[0].dtype.itemsize * 8 == bits


def raw_of(dtype: DType) -> Callable[[Site], bool]:
    """Accepts operands of this element type that stand for themselves."""
    return lambda site: site.ins[0].dtype is dtype and site.ins[0].quant is None


def quotient(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """x / z cut towards zero; 0 where z is 0; the lowest integer divided by -1 wraps to itself."""
    safe = np.where(z == 0, 1, z).astype(x.dtype)
    with np.errstate(over="ignore"):
        floored = x // safe
        inexact = (floored * safe != x) & ((x < 0) != (safe < 0))
        return np.where(z == 0, 0, floored + inexact).astype(x.dtype)


def remainder(x: np.ndarray, z: np.ndarray, *, floored: bool) -> np.ndarray:
    """x - z * (x / z) with the quotient rounded down (`floored`) or cut towards zero; 0 where z is 0."""
    safe = np.where(z == 0, 1, z).astype(x.dtype)
    with np.errstate(over="ignore"):
        rest = np.mod(x, safe) if floored else np.fmod(x, safe)
    return np.where(z == 0, 0, rest).astype(x.dtype)


def power(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """x ** z modulo 2**bits; for z < 0 the power cut towards zero (0 for x = 0)."""
    base, exponent = np.broadcast_arrays(x, z)
    unit = np.where((base == 1) | ((base == -1) & (exponent % 2 == 0)), 1, np.where(base == -1, -1, 0))
    result = np.ones(base.shape, x.dtype)
    square, rest = base.copy(), np.where(exponent < 0, 0, exponent)
    with np.errstate(over="ignore"):
        while rest.any():
            result = np.where(rest & 1, result * square, result).astype(x.dtype)
            square = square * square
            rest = rest >> 1
    return np.where(exponent < 0, unit, result).astype(x.dtype)
