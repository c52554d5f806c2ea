"""Tensor types: element type, shape and quantisation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np


class DType(StrEnum):
    """Element types that a tensor can have at run time."""

    FLOAT32 = "float32"
    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    BOOL = "bool"

    @property
    def numpy(self) -> np.dtype[np.generic]:
        """The NumPy dtype; `bool` is one byte, as in C."""
        return np.dtype(self.value)

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.numpy.itemsize

    @property
    def is_integer(self) -> bool:
        """True for the integer types, not for bool."""
        return self.numpy.kind in "iu"

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest value of an integer type."""
        info = np.iinfo(self.value)
        return int(info.min), int(info.max)

    @staticmethod
    def of(dtype: np.dtype[np.generic]) -> DType:
        """The DType of a NumPy dtype.

        Raises:
            ValueError: there is none (float64, complex, strings).
        """
        return DType(np.dtype(dtype).name)


@dataclass(frozen=True)
class Quant:
    """Affine quantisation: real = scale * (q - zero_point).

    Per tensor with `axis` None and one entry each, per channel along `axis` otherwise.
    Scales are float32 values, as stored in the model.
    """

    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    axis: int | None = None

    def __post_init__(self) -> None:
        if len(self.scale) != len(self.zero_point):
            raise ValueError("as many zero points as scales are needed")
        if self.axis is None and len(self.scale) != 1:
            raise ValueError("per-tensor quantisation has one scale")

    @property
    def per_tensor(self) -> bool:
        """True when one scale serves the whole tensor."""
        return self.axis is None

    @property
    def symmetric(self) -> bool:
        """True when every zero point is 0."""
        return not any(self.zero_point)

    @property
    def scale0(self) -> float:
        """The scale of a per-tensor quantisation."""
        return self.scale[0]

    @property
    def zero0(self) -> int:
        """The zero point of a per-tensor quantisation."""
        return self.zero_point[0]

    def scales(self) -> np.ndarray:
        """float64[channels] of the scales."""
        return np.asarray(self.scale, dtype=np.float64)

    @staticmethod
    def tensor(scale: float, zero_point: int) -> Quant:
        """Per-tensor quantisation; the scale is rounded to float32."""
        return Quant((float(np.float32(scale)),), (int(zero_point),), None)


@dataclass(frozen=True)
class TensorType:
    """Shape (all dimensions static), element type and optional quantisation.

    Spatial operators work on [N, H, W, C]; everything else is layout-free.
    """

    shape: tuple[int, ...]
    dtype: DType
    quant: Quant | None = None

    @cached_property
    def elements(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @cached_property
    def nbytes(self) -> int:
        """Bytes of the dense tensor."""
        return self.elements * self.dtype.itemsize

    @property
    def rank(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def quantised(self) -> bool:
        """True for an integer tensor that stands for reals."""
        return self.quant is not None

    @property
    def per_tensor_int8(self) -> bool:
        """True for an int8 activation: one scale and one zero point."""
        return self.dtype is DType.INT8 and self.quant is not None and self.quant.per_tensor

    def with_shape(self, shape: tuple[int, ...]) -> TensorType:
        """The same element type with another shape."""
        return TensorType(tuple(map(int, shape)), self.dtype, self.quant)

    def with_dtype(self, dtype: DType, quant: Quant | None = None) -> TensorType:
        """The same shape with another element type."""
        return TensorType(self.shape, dtype, quant)

    def __str__(self) -> str:
        text = f"{self.dtype.value}[{','.join(map(str, self.shape))}]"
        if self.quant is None:
            return text
        if self.quant.per_tensor:
            return f"{text} q({self.quant.scale0:.6g},{self.quant.zero0})"
        return f"{text} q(per channel, axis {self.quant.axis})"
