"""Running sums over rows: how a mean over all positions is taken of rows that come one at a time.

No source format has these operators; the planner puts them in the place of a global average where its operand
is streamed. Sums and their order are those of the average: (row, column) from 0 on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinycompile.ir import DType, Fold, Op, Region, RegionForm, TensorType, Types
from tinycompile.numeric import quantize_multiplier, requantize_away_s8
from tinycompile.ops.common import quant_of
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Scalar, Site, Struct, per_result
from tinycompile.ops.registry import kernels
from tinycompile.target import Feature

#: TC_MOST_IN_HALVES of tc_row_sums_s8_dsp.
_MOST_IN_HALVES = 256


@dataclass(frozen=True)
class RowSums(Op):
    """x[1, H, W, C] -> [1, H, 1, C]: row r is the sum of the rows up to r along H and W.

    int8: int32 sums of x minus its zero point. With `carried`, a second operand is the row before the first.
    """

    carried: bool = False

    def infer(self, ins: Types) -> Types:
        return (_sums_type(ins[0]),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        x = xs[0].astype(np.int32) - quant_of(ins[0]).zero0 if ins[0].dtype is DType.INT8 else xs[0]
        y = np.zeros(outs[0].shape, x.dtype)
        total = xs[1][:, -1, 0].copy() if self.carried else y[:, 0, 0].copy()
        for row in range(x.shape[1]):
            for column in range(x.shape[2]):
                total += x[:, row, column]
            y[:, row, 0] = total
        return (y,)

    def region_form(self, region: Region, ins: Types, outs: Types) -> RegionForm | None:
        carried = region.rows[0] > 0
        needed = Region(region.rows, (0, ins[0].shape[2]))
        return RegionForm(replace(self, carried=carried), (needed,), carries=carried)


@dataclass(frozen=True)
class MeanOfSums(Op):
    """x[1, H, 1, C] -> [1, 1, 1, C]: its last row divided by `count`. int32 sums are in units of `scale`."""

    count: int
    scale: float = 1.0

    def infer(self, ins: Types) -> Types:
        dtype = DType.INT8 if ins[0].dtype is DType.INT32 else ins[0].dtype
        return (TensorType((1, 1, 1, ins[0].shape[3]), dtype),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        last = xs[0][:, -1:]
        if ins[0].dtype is DType.FLOAT32:
            return (last / np.float32(self.count),)
        factor = quantize_multiplier(self.scale / (quant_of(outs[0]).scale0 * self.count))
        return (requantize_away_s8(last, factor.multiplier, factor.shift, quant_of(outs[0]).zero0),)

    def region_form(self, region: Region, ins: Types, outs: Types) -> RegionForm:
        height = ins[0].shape[1]
        return RegionForm(self, (Region((height - 1, height), (0, 1)),))

    def row_reach(self, ins: Types) -> tuple[int, int, int]:
        return (1, 1 - ins[0].shape[1], 1)


def mean_fold(x: TensorType, y: TensorType, count: int) -> Fold | None:
    """The sum of x[1, H, W, C] over H and W, divided by `count`, as an accumulation; None for other types."""
    if x.shape[0] != 1 or not (
        (x.per_tensor_int8 and y.per_tensor_int8) or x.dtype is y.dtype is DType.FLOAT32
    ):
        return None
    scale = quant_of(x).scale0 if x.dtype is DType.INT8 else 1.0
    return Fold(RowSums(), _sums_type(x), MeanOfSums(count, scale))


def _sums_type(x: TensorType) -> TensorType:
    dtype = DType.INT32 if x.dtype is DType.INT8 else DType.FLOAT32
    return TensorType((x.shape[0], x.shape[1], 1, x.shape[3]), dtype)


def _sum_args(site: Site) -> tuple[Arg, ...]:
    assert isinstance(site.op, RowSums)
    x = site.ins[0]
    fields = (
        ("rows", x.shape[1]),
        ("width", x.shape[2]),
        ("channels", x.shape[3]),
        ("zero", quant_of(x).zero0 if x.dtype is DType.INT8 else 0),
        ("carried", int(site.op.carried)),
    )
    return (In(0), Out(0), Struct("tc_row_sums_t", fields))


def _mean_args(site: Site) -> tuple[Arg, ...]:
    assert isinstance(site.op, MeanOfSums)
    x, y = site.ins[0], site.outs[0]
    factor = quantize_multiplier(site.op.scale / (quant_of(y).scale0 * site.op.count))
    fields = (
        ("skip", (x.shape[1] - 1) * x.shape[3]),
        ("channels", x.shape[3]),
        ("multiplier", factor.multiplier),
        ("shift", factor.shift),
        ("zero", quant_of(y).zero0),
    )
    return (In(0), Out(0), Struct("tc_mean_of_sums_t", fields))


def _float_mean_args(site: Site) -> tuple[Arg, ...]:
    assert isinstance(site.op, MeanOfSums)
    x = site.ins[0]
    skip, channels = (x.shape[1] - 1) * x.shape[3], x.shape[3]
    return (In(0), Out(0), Scalar(skip), Scalar(channels), Scalar(float(site.op.count), "float"))


def _sum_cycles(per_element: float) -> Callable[[Site], float]:
    """Estimated Cortex-M4F cycles: per element, per sum that is set to 0 or copied, per pixel and row."""

    def cycles(site: Site) -> float:
        assert isinstance(site.op, RowSums)
        _, height, width, channels = site.ins[0].shape
        copied = (height - site.op.carried) * channels
        return site.ins[0].elements * per_element + 7.0 * copied + height * (14.0 * width + 30.0) + 30.0

    return cycles


def _four_cycles(site: Site) -> float:
    """tc_row_sums_s8_dsp: per pixel of four channels, per four channels, per channel that is left over."""
    assert isinstance(site.op, RowSums)
    _, height, width, channels = site.ins[0].shape
    fours, rest = divmod(channels, 4)
    runs = -(-width // _MOST_IN_HALVES)
    pixels = fours * (8.0 * width + 36.0 * runs) + rest * (7.0 * width + 24.0 * runs)
    return height * (pixels + 60.0) + 7.0 * (height - site.op.carried) * channels + 30.0


kernels(
    RowSums,
    Kernel(
        "tc_row_sums_s8",
        _sum_args,
        lambda site: site.ins[0].per_tensor_int8,
        cycles=_sum_cycles(16.5),
    ),
    Kernel(
        "tc_row_sums_s8_dsp",
        _sum_args,
        lambda site: site.ins[0].per_tensor_int8 and site.ins[0].shape[3] >= 4,
        frozenset({Feature.DSP}),
        cycles=_four_cycles,
    ),
    Kernel(
        "tc_row_sums_f32",
        _sum_args,
        lambda site: site.ins[0].dtype is DType.FLOAT32,
        cycles=_sum_cycles(15.0),
        dtype="float32",
    ),
)
kernels(
    MeanOfSums,
    Kernel(
        "tc_mean_of_sums_s8",
        _mean_args,
        lambda site: site.ins[0].dtype is DType.INT32,
        cycles=per_result(57.0),
    ),
    Kernel(
        "tc_mean_of_sums_f32",
        _float_mean_args,
        lambda site: site.ins[0].dtype is DType.FLOAT32,
        cycles=per_result(26.0),
        dtype="float32",
    ),
)
