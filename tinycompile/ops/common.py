"""What the integer semantics and kernels of several operators share."""

from __future__ import annotations

import numpy as np

from tinycompile.ir import Op, Quant, Region, RegionForm, TensorType, Types
from tinycompile.numeric.fixed_point import quantize_multipliers, requantize
from tinycompile.ops.kernel import Data, Purpose


def quant_of(type_: TensorType) -> Quant:
    """The quantisation of a tensor that must have one."""
    if type_.quant is None:
        raise ValueError(f"{type_} is not quantised")
    return type_.quant


def clamp_bounds(out: TensorType, lo: float, hi: float) -> tuple[int, int]:
    """The int8 range of a result after a fused clamp to the reals [lo, hi]."""
    quant = quant_of(out)
    low, high = out.dtype.limits
    if lo > -np.inf:
        low = int(np.clip(np.rint(lo / quant.scale0) + quant.zero0, low, high))
    if hi < np.inf:
        high = int(np.clip(np.rint(hi / quant.scale0) + quant.zero0, low, high))
    return low, high


def channel_multipliers(
    x: TensorType, w: TensorType, y: TensorType, channels: int
) -> tuple[np.ndarray, np.ndarray]:
    """(int32[channels], int32[channels]): multipliers and shifts for scale_x * scale_w / scale_y."""
    real = quant_of(x).scale0 * quant_of(w).scales() / quant_of(y).scale0
    multipliers, shifts = quantize_multipliers(np.broadcast_to(real, (channels,)))
    return multipliers, shifts


def requantise_channels(
    acc: np.ndarray, x: TensorType, w: TensorType, y: TensorType, lo: float, hi: float
) -> np.ndarray:
    """int8 results from accumulators [..., channels] of a product of x and w."""
    multipliers, shifts = channel_multipliers(x, w, y, acc.shape[-1])
    low, high = clamp_bounds(y, lo, hi)
    scaled = requantize(acc, multipliers, shifts) + quant_of(y).zero0
    return np.clip(scaled, low, high).astype(np.int8)


def requantise_data(x: TensorType, w: TensorType, y: TensorType, channels: int) -> Data:
    """Packed int32[channels][2] of (multiplier, shift), read in step by the kernels."""
    multipliers, shifts = channel_multipliers(x, w, y, channels)
    return Data(np.stack([multipliers, shifts], axis=1).astype(np.int32), "requant", Purpose.QUANTISATION)


def clamp_float(x: np.ndarray, lo: float, hi: float) -> np.ndarray:
    """min(max(x, lo), hi) in float32, as `tc_clamp_f32` does it: NaN and the sign of a zero stay."""
    low, high = np.float32(lo), np.float32(hi)
    raised = np.where(x < low, low, x)
    return np.asarray(np.where(raised > high, high, raised), dtype=np.float32)


def elementwise_region(op: Op, region: Region, ins: Types, outs: Types) -> RegionForm | None:
    """A region of an elementwise NHWC operator: the same region of operands of its size.

    Operands that do not vary with the position are read as they are.
    """
    if outs[0].rank != 4:
        return None
    height, width = outs[0].shape[1:3]
    needs: list[Region | None] = []
    for type_ in ins:
        tall, wide = type_.rank == 4 and type_.shape[1] == height, type_.rank == 4 and type_.shape[2] == width
        if tall and (height > 1 or width > 1):
            needs.append(Region(region.rows, region.cols if wide else (0, 1)))
        elif type_.rank == 4 and (type_.shape[1] != 1 or (wide and region.cols != (0, width))):
            return None
        else:
            needs.append(None)
    return RegionForm(op, tuple(needs))
