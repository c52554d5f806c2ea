"""Inputs and outputs of a Program."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinycompile.ir import TensorType


@dataclass(frozen=True)
class Port:
    """A model input or output: its name in the source model and its place in the arena.

    With `rows`, it never is in the arena as a whole: its rows (of `row_bytes`) come or go one at a time. With
    `perm`, its dimension d is dimension perm[d] in the source model. With `patches` too, the model asks for
    rectangles of it instead, in any order.
    """

    name: str
    type: TensorType
    offset: int
    rows: bool = False
    perm: tuple[int, ...] | None = None
    patches: bool = False

    @property
    def source_type(self) -> TensorType:
        """The type as the source model has it."""
        if self.perm is None:
            return self.type
        return self.type.with_shape(tuple(self.type.shape[self.perm.index(d)] for d in range(len(self.perm))))

    def from_source(self, samples: np.ndarray) -> np.ndarray:
        """Samples [count, *shape] of the source model in the order of this port."""
        if self.perm is None:
            return samples
        return np.ascontiguousarray(samples.transpose(0, *(d + 1 for d in self.perm)))

    def to_source(self, samples: np.ndarray) -> np.ndarray:
        """The inverse of `from_source`."""
        if self.perm is None:
            return samples
        return np.ascontiguousarray(
            samples.transpose(0, *(self.perm.index(d) + 1 for d in range(len(self.perm))))
        )

    @property
    def row_bytes(self) -> int:
        """Bytes of one row (dimension 1)."""
        return self.type.nbytes // self.type.shape[1]

    @property
    def pixel_bytes(self) -> int:
        """Bytes of one pixel (dimensions 1 and 2) of an image."""
        return self.type.shape[3] * self.type.dtype.itemsize
