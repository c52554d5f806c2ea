"""Regions of NHWC tensors: the receptive-field algebra works on these."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.ir.types import TensorType


@dataclass(frozen=True)
class Region:
    """Half-open ranges of rows (dimension 1) and columns (dimension 2) of an NHWC tensor."""

    rows: tuple[int, int]
    cols: tuple[int, int]

    @staticmethod
    def whole(type_: TensorType) -> Region:
        """All of a tensor of rank 4."""
        return Region((0, type_.shape[1]), (0, type_.shape[2]))

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.rows[1] - self.rows[0]

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.cols[1] - self.cols[0]

    def hull(self, other: Region) -> Region:
        """The smallest region that holds both."""
        return Region(
            (min(self.rows[0], other.rows[0]), max(self.rows[1], other.rows[1])),
            (min(self.cols[0], other.cols[0]), max(self.cols[1], other.cols[1])),
        )

    def part(self, type_: TensorType) -> TensorType:
        """The type of this part of a tensor."""
        (top, bottom), (left, right) = self.rows, self.cols
        shape = (type_.shape[0], bottom - top, right - left, type_.shape[3])
        return TensorType(shape, type_.dtype, type_.quant)
