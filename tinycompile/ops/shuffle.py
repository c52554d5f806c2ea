"""Channel shuffle (Zhang et al., "ShuffleNet", 2018): one dimension seen as a matrix that is transposed.

Operand x of any type and rank. No operator of ONNX: exporters write it as Reshape, Transpose and Reshape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinycompile.ir import Op, Region, RegionForm, Types
from tinycompile.ops.axes import moved_axis
from tinycompile.ops.common import elementwise_region
from tinycompile.ops.kernel import Arg, Kernel, Site
from tinycompile.ops.layout import transpose_args, transpose_cycles
from tinycompile.ops.registry import kernels
from tinycompile.ops.traits import Copying

#: Before the dimension, the groups, the members of a group, behind the dimension.
_SWAPPED = (0, 2, 1, 3)


@dataclass(frozen=True)
class Shuffle(Copying):
    """y[.., i * groups + g, ..] = x[.., g * n / groups + i, ..] along `axis`, a dimension of n."""

    axis: int
    groups: int

    def infer(self, ins: Types) -> Types:
        x = ins[0]
        if not 0 <= self.axis < x.rank or self.groups < 1 or x.shape[self.axis] % self.groups:
            raise ValueError(f"dimension {self.axis} of {x} does not fall into {self.groups} groups")
        return (x,)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        apart = xs[0].reshape(self.seen(ins[0].shape)).transpose(_SWAPPED)
        return (np.ascontiguousarray(apart).reshape(ins[0].shape),)

    def seen(self, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        """`shape` with the dimension in groups, and all before and behind it as one each."""
        size, behind = shape[self.axis], math.prod(shape[self.axis + 1 :])
        return math.prod(shape[: self.axis]), self.groups, size // self.groups, behind

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op:
        return replace(self, axis=moved_axis(self.axis, perm))

    def region_form(self, region: Region, ins: Types, outs: Types) -> RegionForm | None:
        """Of channels, the same region."""
        return elementwise_region(self, region, ins, outs) if self.axis == 3 else None


def _args(site: Site) -> tuple[Arg, ...]:
    assert isinstance(site.op, Shuffle)
    return transpose_args(site.op.seen(site.ins[0].shape), _SWAPPED)


def _of_width(itemsize: int) -> Callable[[Site], bool]:
    return lambda site: site.ins[0].dtype.itemsize == itemsize


def _cycles(site: Site) -> float:
    assert isinstance(site.op, Shuffle)
    return transpose_cycles(site.op.seen(site.ins[0].shape), _SWAPPED)


kernels(
    Shuffle,
    *(
        Kernel(f"tc_transpose_{bits}", _args, _of_width(bits // 8), cycles=_cycles, dtype="any")
        for bits in (8, 16, 32, 64)
    ),
)
