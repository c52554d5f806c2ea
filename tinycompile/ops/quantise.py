"""Quantize, Dequantize and Requantize: the borders between reals and their integers.

Shapes never change. Rounding is that of docs/numerics.md: to nearest, ties to even, one float32
division per element, saturated to the integer type.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinycompile.errors import declare
from tinycompile.ir import (
    DType,
    GraphBuilder,
    Op,
    Quant,
    TensorType,
    Types,
)
from tinycompile.numeric import dequantize, quantize
from tinycompile.ops.element_types import element_type
from tinycompile.ops.kernel import Arg, Data, In, Kernel, Out, Purpose, Site, Struct, per_result
from tinycompile.ops.lut import has_table, look_up, table, table_kernels
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.traits import ElementTable

TC_SCALE = declare(
    "TC301",
    "Bad quantisation parameters",
    "A scale must be positive and finite, and a zero point must lie in the range of its type (0 for int32). "
    "Quantise the model again; a scale of zero usually comes from a tensor that is constant zero.",
)
TC_BLOCKS = declare(
    "TC302",
    "Block quantisation is not supported",
    "Tensors are quantised as a whole or per channel. Quantise the model without block_size.",
)

_QUANTIZED = (DType.INT8, DType.UINT8, DType.INT16, DType.UINT16)


@dataclass(frozen=True)
class Quantize(Op):
    """float32 x -> saturate(rint(x / scale) + zero_point) of type `dtype` (8 or 16 bits)."""

    dtype: DType
    quant: Quant

    def infer(self, ins: Types) -> Types:
        _check_axis(self.quant, ins[0])
        if self.dtype not in _QUANTIZED or ins[0].dtype is not DType.FLOAT32:
            raise ValueError(f"{ins[0]} cannot be quantised to {self.dtype.value}")
        return (ins[0].with_dtype(self.dtype, self.quant),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        scale, zero = _along_axis(self.quant, ins[0])
        return (quantize(xs[0], scale, zero, self.dtype.numpy),)

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op:
        return replace(self, quant=_permuted(self.quant, perm))


@dataclass(frozen=True)
class Dequantize(Op):
    """Integer q (8 or 16 bits, or int32) -> float32 (q - zero_point) * scale."""

    quant: Quant

    def infer(self, ins: Types) -> Types:
        _check_axis(self.quant, ins[0])
        if ins[0].dtype not in (*_QUANTIZED, DType.INT32):
            raise ValueError(f"{ins[0]} cannot be dequantised")
        return (ins[0].with_dtype(DType.FLOAT32),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        scale, zero = _along_axis(self.quant, ins[0])
        return (dequantize(xs[0], scale, zero),)

    @property
    def foldable(self) -> bool:
        return False

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op:
        return replace(self, quant=_permuted(self.quant, perm))


@dataclass(frozen=True)
class Requantize(ElementTable):
    """The same reals with the quantisation and 8-bit type of the result, rounded to nearest.

    Both quantisations are per tensor and stand in the types. Without quantisations it is a copy.
    """

    def infer(self, ins: Types) -> Types:
        return (ins[0],)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        return (look_up(xs[0], _requantise_table(ins[0], outs[0])),)

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        return self if has_table(ins[0], outs[0]) else None


def read_quant(
    node: SourceNode, b: GraphBuilder, scale_index: int, zero_index: int, shape: tuple[int, ...], axis: int
) -> Quant:
    """The quantisation given by two constant inputs of a node, for a tensor of `shape`.

    One scale means per tensor; several mean per channel along `axis`, which may be negative. An absent
    zero point is 0.

    Raises:
        ModelError: computed at run time, of the wrong length, not positive and finite, or by blocks.
    """
    scale = node.const(scale_index, b, "the scale")
    zero = np.zeros(scale.shape, np.int64)
    if node.has(zero_index):
        zero = node.const(zero_index, b, "the zero point")
    if scale.dtype != np.float32:
        raise node.error(f"the scale is {scale.dtype}, not float32", code=TC_SCALE)
    if not bool(np.all(np.isfinite(scale) & (scale > 0))):
        raise node.error("a scale is not positive and finite", "quantise the model again", TC_SCALE)
    if zero.dtype == np.int32 and zero.any():
        raise node.error("an int32 tensor has a zero point that is not 0", code=TC_SCALE)
    if scale.size != zero.size:
        raise node.error(f"{scale.size} scales do not go with {zero.size} zero points", code=TC_OPERANDS)
    if scale.size == 1:
        return Quant.tensor(float(scale.item()), int(zero.item()))
    if scale.ndim != 1:
        raise node.error(f"scales of shape {scale.shape} mean block quantisation", code=TC_BLOCKS)
    if not -len(shape) <= axis < len(shape) or shape[axis] != scale.size:
        raise node.error(f"{scale.size} scales along axis {axis} do not fit shape {shape}", code=TC_OPERANDS)
    scales, zeros = tuple(float(s) for s in scale), tuple(int(z) for z in zero)
    return Quant(scales, zeros, axis % len(shape))


def _check_axis(quant: Quant, x: TensorType) -> None:
    if quant.axis is None:
        return
    if quant.axis >= x.rank or x.shape[quant.axis] != len(quant.scale):
        raise ValueError(f"{len(quant.scale)} scales along axis {quant.axis} do not fit {x}")


def _along_axis(quant: Quant, x: TensorType) -> tuple[np.ndarray, np.ndarray]:
    """Scales (float32) and zero points (int64), shaped to broadcast against `x`."""
    shape = [1] * x.rank
    if quant.axis is not None:
        shape[quant.axis] = len(quant.scale)
    scale, zero = np.asarray(quant.scale, np.float32), np.asarray(quant.zero_point, np.int64)
    return scale.reshape(shape), zero.reshape(shape)


def _permuted(quant: Quant, perm: tuple[int, ...]) -> Quant:
    return quant if quant.axis is None else replace(quant, axis=perm.index(quant.axis))


def _requantise_table(x: TensorType, y: TensorType) -> np.ndarray:
    return table(lambda reals: reals, x, y)


def _reject_blocks(node: SourceNode) -> None:
    if node.attr_int("block_size", 0):
        raise node.error("block_size is set", "quantise per tensor or per channel", TC_BLOCKS)


@imports("QuantizeLinear")
def _import_quantize(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    _reject_blocks(node)
    x = node.type(0, b)
    if x.dtype is not DType.FLOAT32:
        raise node.error(f"{x} is not float32", "cast it before it is quantised", TC_OPERANDS)
    quant = read_quant(node, b, 1, 2, x.shape, node.attr_int("axis", 1))
    number = node.attr_int("output_dtype", 0)
    dtype = node.type(2, b).dtype if node.has(2) else element_type(node, number) if number else DType.UINT8
    if dtype not in _QUANTIZED:
        raise node.error(f"quantisation to {dtype.value} is not supported", "use int8", TC_OPERANDS)
    return b.add(Quantize(dtype, quant), [node.input(0)], origins=node.origins, hint=node.name)


@imports("DequantizeLinear")
def _import_dequantize(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    _reject_blocks(node)
    x = node.type(0, b)
    number = node.attr_int("output_dtype", 0)
    if number and element_type(node, number) is not DType.FLOAT32:
        raise node.error("output_dtype is not float32", "dequantise to float32")
    if x.dtype not in (*_QUANTIZED, DType.INT32):
        raise node.error(f"{x} cannot be dequantised", "use int8 or int32", TC_OPERANDS)
    quant = read_quant(node, b, 1, 2, x.shape, node.attr_int("axis", 1))
    return b.add(Dequantize(quant), [node.input(0)], origins=node.origins, hint=node.name)


def _channel_args(site: Site) -> tuple[Arg, ...]:
    """The tensor as [outer, channels, inner]; per tensor there is one channel."""
    assert isinstance(site.op, Quantize | Dequantize)
    quant, shape = site.op.quant, site.ins[0].shape
    axis, channels = quant.axis, len(quant.scale)
    outer = 1 if axis is None else math.prod(shape[:axis])
    inner = site.ins[0].elements // max(1, outer * channels)
    sizes = Struct("tc_channels_t", (("outer", outer), ("channels", channels), ("inner", inner)))
    scale = Data(np.asarray(quant.scale, np.float32), "scale", Purpose.QUANTISATION)
    return (
        In(0),
        Out(0),
        scale,
        Data(np.asarray(quant.zero_point, np.int32), "zero", Purpose.QUANTISATION),
        sizes,
    )


def _quantizes_to(dtype: DType) -> Callable[[Site], bool]:
    return lambda site: site.outs[0].dtype is dtype


def _dequantizes_from(dtype: DType) -> Callable[[Site], bool]:
    return lambda site: site.ins[0].dtype is dtype


def _never(site: Site) -> tuple[tuple[int, int], ...]:
    return ()


def _shrinks_in_place(site: Site) -> tuple[tuple[int, int], ...]:
    """Byte i is written after the float at 4 * i was read. Only bytes may alias floats in C."""
    return () if site.has_const(0) else ((0, 0),)


def _quantize_kernel(suffix: str, dtype: DType) -> Kernel:
    in_place = _shrinks_in_place if dtype.itemsize == 1 else _never
    return Kernel(
        f"tc_quantize_{suffix}",
        _channel_args,
        _quantizes_to(dtype),
        in_place=in_place,
        cycles=per_result(51.0, 90.0),
        dtype=dtype.value,
    )


def _dequantize_kernel(suffix: str, dtype: DType) -> Kernel:
    return Kernel(
        f"tc_dequantize_{suffix}",
        _channel_args,
        _dequantizes_from(dtype),
        cycles=per_result(15.0, 90.0),
        dtype=dtype.value,
    )


_SUFFIXES = {DType.INT8: "s8", DType.UINT8: "u8", DType.INT16: "s16", DType.UINT16: "u16"}

kernels(Quantize, *(_quantize_kernel(suffix, dtype) for dtype, suffix in _SUFFIXES.items()))
kernels(
    Dequantize,
    *(_dequantize_kernel(suffix, dtype) for dtype, suffix in _SUFFIXES.items()),
    _dequantize_kernel("s32", DType.INT32),
)
kernels(Requantize, *table_kernels(lambda site: _requantise_table(site.ins[0], site.outs[0])))
