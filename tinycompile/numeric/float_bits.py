"""Single precision arrays and their bit patterns: what the twins of `tc_math_*.h` are made of.

A twin performs the float32 operations of its C form in the same order on whole arrays. Where C branches, the
twin evaluates every branch on operands made harmless and selects. Constants are `np.float32`, because a
Python float would make a NumPy scalar double before NumPy 2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import numpy as np
from numpy.typing import ArrayLike, NDArray

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]
Mask = NDArray[np.bool_]

f32 = np.float32
u32 = np.uint32

INF = f32(np.inf)
NAN = u32(0x7FC00000).view(np.float32)  # every NaN result is this one
TINY = f32(2.0**-12)  # below it the cubic term of an odd function is less than half an ulp
_NEAREST = f32(1.5 * 2.0**23)  # adding it leaves the rounded integer in the low bits


def elementwise(fn: Callable[..., F32]) -> Callable[..., F32]:
    """Make a public function of `fn`: operands become float32 and broadcast, NaN results become `NAN`."""

    @wraps(fn)
    def public(*operands: ArrayLike) -> F32:
        arrays = np.broadcast_arrays(*(np.asarray(operand, dtype=np.float32) for operand in operands))
        shape = arrays[0].shape
        with np.errstate(all="ignore"):
            result = fn(*(np.atleast_1d(array) for array in arrays))
        return np.where(np.isnan(result), NAN, result).astype(np.float32, copy=False).reshape(shape)

    return public


def bits(x: F32) -> U32:
    return np.ascontiguousarray(x).view(np.uint32)


def from_bits(pattern: U32) -> F32:
    return np.ascontiguousarray(pattern).view(np.float32)


def signed(magnitude: F32, like: F32) -> F32:
    """A non-negative `magnitude` with the sign of `like`."""
    return from_bits(bits(magnitude) | (bits(like) & u32(0x80000000)))


def pow2(exponent: I32) -> F32:
    """2**exponent, exponent in -126..127."""
    return from_bits((exponent + np.int32(127)).view(np.uint32) << u32(23))


def nearest(x: F32) -> tuple[F32, I32]:
    """The integer nearest to x, half to even, as a float and as an integer; |x| <= 2**21."""
    shifted = x + _NEAREST
    return shifted - _NEAREST, (bits(shifted) - u32(0x4B400000)).view(np.int32)


def horner(x: F32, *coefficients: float) -> F32:
    """The polynomial with these coefficients, highest power first, each step a product and then a sum."""
    p = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        p = p * x + f32(coefficient)
    return p
