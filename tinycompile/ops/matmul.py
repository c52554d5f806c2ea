"""Matrix products: MatMul of two run-time operands, FullyConnected with constant weights; float32 and int8.

float32: each result is a sum over k = 0, 1, ... from the bias (or 0) on. int8: exact int32 sums of
(a - zero_a) * (b - zero_b), requantised once. Integers that stand for themselves wrap around.
The kernels stand in `matmul_kernels`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import (
    ChannelForm,
    ChannelSite,
    DType,
    GraphBuilder,
    Op,
    TensorType,
    Types,
)
from tinycompile.numeric import Multiplier, quantize_multiplier, requantize_s8
from tinycompile.ops.arithmetic import add_values, scale_value
from tinycompile.ops.common import clamp_bounds, clamp_float, quant_of, requantise_channels
from tinycompile.ops.integers import is_raw
from tinycompile.ops.layout import Reshape, Transpose
from tinycompile.ops.products import can_accumulate, exact_product, ordered_product, weight_offsets
from tinycompile.ops.registry import imports
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.traits import Clamped
from tinycompile.ops.weighted import Weighted, WeightedOp

_ACC_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class FullyConnected(WeightedOp):
    """y[..., n] = sum_k x[..., k] * w[n, k] + bias[n], clamped to [lo, hi].

    Operands: x[..., K], w[N, K], optionally bias[N]. int8: w per channel (axis 0) or per
    tensor, bias int32 of scale scale_x * scale_w.
    """

    def infer(self, ins: Types) -> Types:
        x, w = ins[0], ins[1]
        if w.rank != 2 or x.rank < 1 or x.shape[-1] != w.shape[1]:
            raise ValueError(f"{x} does not go with weights {w}")
        return (TensorType((*x.shape[:-1], w.shape[0]), x.dtype),)

    def macs(self, ins: Types, outs: Types) -> int:
        return outs[0].elements * ins[1].shape[1]

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        return self if can_accumulate(ins[0], ins[1], outs[0]) else None

    def channel_form(self, first: int, count: int, ins: Types, outs: Types) -> ChannelForm:
        return ChannelForm(self, (None, *(0,) * (len(ins) - 1)))

    def weighted(self, at: ChannelSite) -> Weighted:
        return Weighted(at)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        if is_raw(ins[0]):
            return (np.matmul(xs[0], xs[1].T),)
        rows = xs[0].reshape(math.prod(ins[0].shape[:-1]), ins[1].shape[1])
        if ins[0].dtype is DType.INT8:
            w = xs[1].astype(np.int32) - weight_offsets(ins[1])
            acc = exact_product(rows.astype(np.int32) - quant_of(ins[0]).zero0, w.T, 255 * 255)
            total = acc + (xs[2] if len(xs) > 2 else 0)
            scaled = requantise_channels(total, ins[0], ins[1], outs[0], self.lo, self.hi)
            return (scaled.reshape(outs[0].shape),)
        sums = ordered_product(rows, xs[1].T, xs[2] if len(xs) > 2 else np.zeros(1, np.float32))
        return (clamp_float(sums, self.lo, self.hi).reshape(outs[0].shape),)


@dataclass(frozen=True)
class MatMul(Clamped):
    """c[..., m, n] = sum_k a[..., m, k] * b[..., k, n]; leading dimensions broadcast as in NumPy."""

    def infer(self, ins: Types) -> Types:
        a, b = ins
        if a.rank < 2 or b.rank < 2 or a.shape[-1] != b.shape[-2]:
            raise ValueError(f"{a} cannot be multiplied by {b}")
        lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        return (TensorType((*lead, a.shape[-2], b.shape[-1]), a.dtype),)

    def macs(self, ins: Types, outs: Types) -> int:
        return outs[0].elements * ins[0].shape[-1]

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        if not all(t.per_tensor_int8 for t in (*ins, *outs)):
            return None
        return self if 255 * 256 * ins[0].shape[-1] < _ACC_LIMIT else None

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        a, b = xs
        if ins[0].dtype is DType.FLOAT32:
            return (clamp_float(_float_product(a, b, outs[0].shape), self.lo, self.hi),)
        if is_raw(ins[0]):
            return (np.matmul(a, b),)
        qa, qb, qc = quant_of(ins[0]), quant_of(ins[1]), quant_of(outs[0])
        acc = exact_product(a.astype(np.int32) - qa.zero0, b.astype(np.int32) - qb.zero0, 255 * 255)
        lo, hi = clamp_bounds(outs[0], self.lo, self.hi)
        factor = self.factor(ins, outs)
        return (requantize_s8(acc, factor.multiplier, factor.shift, qc.zero0, lo, hi),)

    def factor(self, ins: Types, outs: Types) -> Multiplier:
        """The fixed-point form of scale_a * scale_b / scale_c.

        Raises:
            ValueError: there is none.
        """
        a, b, c = (quant_of(t).scale0 for t in (*ins, *outs))
        return quantize_multiplier(a * b / c)


def _float_product(a: np.ndarray, b: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    lead = shape[:-2]
    left = np.broadcast_to(a, (*lead, *a.shape[-2:])).reshape(-1, *a.shape[-2:])
    right = np.broadcast_to(b, (*lead, *b.shape[-2:])).reshape(-1, *b.shape[-2:])
    start = np.zeros(1, np.float32)
    products = [ordered_product(x, w, start) for x, w in zip(left, right, strict=True)]
    return np.array(products, np.float32).reshape(shape)


@imports("MatMul")
def _import_matmul(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    left, right = node.input(0), node.input(1)
    a_rank, b_rank = b.type(left).rank, b.type(right).rank
    if a_rank == 0 or b_rank == 0:
        raise node.error("a matrix product of scalars is not defined", code=TC_OPERANDS)
    if a_rank == 1:
        left = b.add1(Reshape((1, b.type(left).shape[0])), left, origins=node.origins)
    if b_rank == 1:
        right = b.add1(Reshape((b.type(right).shape[0], 1)), right, origins=node.origins)
    y = b.add1(MatMul(), left, right, origins=node.origins, hint=node.name)
    if a_rank == 1 or b_rank == 1:
        shape = b.type(y).shape
        kept = (*shape[:-2], *(() if a_rank == 1 else shape[-2:-1]), *(() if b_rank == 1 else shape[-1:]))
        y = b.add1(Reshape(kept), y, origins=node.origins)
    return [y]


@imports("Gemm")
def _import_gemm(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    left, right = node.input(0), node.input(1)
    if node.attr_int("transA", 0):
        left = b.add1(Transpose((1, 0)), left, origins=node.origins)
    if node.attr_int("transB", 0):
        right = b.add1(Transpose((1, 0)), right, origins=node.origins)
    y = b.add1(MatMul(), left, right, origins=node.origins, hint=node.name)
    y = scale_value(b, y, node.attr_float("alpha", 1.0), node.origins)
    if not node.has(2):
        return [y]
    bias = scale_value(b, node.input(2), node.attr_float("beta", 1.0), node.origins)
    return [add_values(b, y, bias, node.origins)]
