"""The operands of an integer operator, made from what its float counterpart reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, Node, Quant, TensorType
from tinycompile.numeric import dequantize
from tinycompile.ops.quantise import Dequantize, Requantize
from tinycompile.passes.quantised import own_range, quantised_data, signed_data, signed_quant
from tinycompile.passes.rewrite import Rewriter

#: Relative difference up to which two float32 scales count as the same.
_SCALE_TOLERANCE = 1e-6
_INT32 = np.iinfo(np.int32)


@dataclass(frozen=True, eq=False)
class Operand:
    """An operand not yet in the graph: a value with its type, constant data, or a value to requantise."""

    name: str
    type: TensorType
    data: np.ndarray | None = None
    requantise: bool = False

    def value(self, rw: Rewriter) -> str:
        """Put the operand into the graph."""
        if self.data is not None:
            return rw.const(self.data, self.name, self.type.quant)
        if self.requantise:
            return rw.add1(Requantize(), self.name, out_type=self.type)
        return self.name


def integer_operands(rw: Rewriter, node: Node, quantise_constants: bool) -> list[Operand] | None:
    """The operands as integers: activations, weights and biases as they are stored.

    Float constants are quantised by their own range or, without `quantise_constants`, stay; float
    weights always stay. None when an operand is a float that is computed.
    """
    operands: list[Operand] = []
    for index, name in enumerate(node.inputs):
        role = index if node.op.weight_axis is not None else 0
        ranged = quantise_constants and role != 1
        operand = _bias(rw, node, operands) if role == 2 else _operand(rw, name, ranged)
        if operand is None:
            return None
        operands.append(operand)
    return operands


def moved_operands(rw: Rewriter, node: Node, quant: Quant) -> list[Operand] | None:
    """The operands of a data movement with every float one quantised by `quant`."""
    operands: list[Operand] = []
    for name in node.inputs:
        type_, data = rw.type(name), rw.data(name)
        if type_.dtype is not DType.FLOAT32:
            operands.append(Operand(name, type_))
            continue
        wanted = type_.with_dtype(DType.INT8, quant)
        if data is not None:
            operands.append(Operand(name, wanted, quantised_data(data, quant)))
            continue
        operand = _operand(rw, name, False)
        if operand is None or not (operand.type.per_tensor_int8 and operand.data is None):
            return None
        operands.append(Operand(operand.name, wanted, requantise=operand.type != wanted))
    return operands


def _operand(rw: Rewriter, name: str, quantise_constants: bool) -> Operand | None:
    type_, data = rw.type(name), rw.data(name)
    if type_.dtype is not DType.FLOAT32:
        return Operand(name, type_)
    if data is not None:
        if not quantise_constants:
            return Operand(name, type_)
        quant = own_range(data)
        return Operand(name, type_.with_dtype(DType.INT8, quant), quantised_data(data, quant))
    found = rw.produced_by(name, Dequantize)
    return None if found is None else _stored(rw, found[0].inputs[0], found[1].quant)


def _stored(rw: Rewriter, name: str, quant: Quant) -> Operand | None:
    """The integer value behind a Dequantize, read as `quant`."""
    type_, data = rw.type(name), rw.data(name)
    if data is not None:
        if type_.dtype is DType.UINT8:
            data, quant, type_ = signed_data(data), signed_quant(quant), type_.with_dtype(DType.INT8)
        return Operand(name, type_.with_dtype(type_.dtype, quant), data)
    return Operand(name, type_) if type_.quant == quant else None


def _bias(rw: Rewriter, node: Node, before: Sequence[Operand]) -> Operand | None:
    """The bias as int32 of scale scale_x * scale_w, taken as stored where it has that scale already."""
    name, x, w = node.inputs[2], before[0].type.quant, before[1].type.quant
    if x is None or w is None or w.axis not in (None, node.op.weight_axis):
        return None
    scale = x.scale0 * w.scales()
    data = rw.data(name)
    found = rw.produced_by(name, Dequantize)
    if found is not None:
        stored, quant = rw.data(found[0].inputs[0]), found[1].quant
        if stored is None:
            return None
        same = np.allclose(quant.scales(), scale, rtol=_SCALE_TOLERANCE, atol=0.0)
        if stored.dtype == np.int32 and quant.symmetric and same:
            return Operand(name, TensorType(stored.shape, DType.INT32), stored)
        data = dequantize(stored, np.asarray(quant.scale), np.asarray(quant.zero_point))
    if data is None:
        return None
    rounded = np.clip(np.rint(data.astype(np.float64) / scale), _INT32.min, _INT32.max).astype(np.int32)
    return Operand(name, TensorType(rounded.shape, DType.INT32), rounded)
