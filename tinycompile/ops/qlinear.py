"""Operators on quantised tensors as sources spell them: QLinearConv, QLinearMatMul and relatives.

QLinear* operators become Dequantize, the float operator and Quantize, from which the QDQ passes make
integers again. MatMulInteger is a product of int32 differences, ConvInteger an exact float convolution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tinycompile.ir import GraphBuilder, Quant
from tinycompile.ops.compose import apply
from tinycompile.ops.layout import Reshape
from tinycompile.ops.quantise import Dequantize, read_quant
from tinycompile.ops.registry import imports
from tinycompile.ops.source import TC_OPERANDS, AttributeValue, SourceNode

_INT32 = 6  # number of the element type in the source format
_FLOAT_INTEGERS = 1 << 24  # float32 holds all integers up to here
_STANDARD_OPSET = 17  # parts of com.microsoft operators are standard operators

_SAME_NAME = {
    "QLinearAdd": "Add",
    "QLinearMul": "Mul",
    "QLinearSigmoid": "Sigmoid",
    "QLinearLeakyRelu": "LeakyRelu",
    "QLinearGlobalAveragePool": "GlobalAveragePool",
    "QLinearAveragePool": "AveragePool",
    "QLinearSoftmax": "Softmax",
}
_PAIRS = ("QLinearAdd", "QLinearMul")


def _standard(node: SourceNode) -> SourceNode:
    return replace(node, opset=_STANDARD_OPSET) if node.domain else node


def _real(node: SourceNode, b: GraphBuilder, index: int, axis: int = 1) -> str:
    """The reals behind the quantised input `index`, whose scale and zero point follow it."""
    inputs = [name for name in node.inputs[index : index + 3] if name is not None]
    return apply(node, b, "DequantizeLinear", *inputs, attributes={"axis": axis})


def _quantised(node: SourceNode, b: GraphBuilder, y: str, scale_index: int) -> list[str]:
    """`y` quantised by the scale at `scale_index` and the zero point behind it."""
    inputs = [name for name in node.inputs[scale_index : scale_index + 2] if name is not None]
    return [apply(node, b, "QuantizeLinear", y, *inputs)]


def _real_bias(node: SourceNode, b: GraphBuilder, index: int, quants: tuple[Quant, Quant]) -> str:
    """The reals behind an int32 bias of scale scale_x * scale_w."""
    bias = node.input(index)
    scales = np.float32(quants[0].scale0) * np.asarray(quants[1].scale, np.float32)
    quant = Quant(tuple(float(s) for s in scales), (0,) * len(scales), None if len(scales) == 1 else 0)
    return b.add1(Dequantize(quant), bias, origins=node.origins)


@imports("QLinearConv")
def _import_qlinear_conv(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    operands = [_real(node, b, 0), _real(node, b, 3, axis=0)]
    if node.has(8):
        x = read_quant(node, b, 1, 2, node.type(0, b).shape, 1)
        w = read_quant(node, b, 4, 5, node.type(3, b).shape, 0)
        operands.append(_real_bias(node, b, 8, (x, w)))
    return _quantised(node, b, apply(node, b, "Conv", *operands, attributes=node.attributes), 6)


@imports("QLinearMatMul")
def _import_qlinear_matmul(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    left = _real(node, b, 0, axis=-2 if node.type(0, b).rank > 1 else -1)
    return _quantised(node, b, apply(node, b, "MatMul", left, _real(node, b, 3, axis=-1)), 6)


@imports("QGemm")
def _import_qgemm(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """com.microsoft: A, B, int32 C; without a scale for the result it is float32."""
    node = _standard(node)
    channels = 0 if node.attr_int("transB", 0) else 1
    operands = [_real(node, b, 0), _real(node, b, 3, axis=channels)]
    alpha = node.attr_float("alpha", 1.0)
    if node.has(6):
        x = read_quant(node, b, 1, 2, node.type(0, b).shape, 1)
        w = read_quant(node, b, 4, 5, node.type(3, b).shape, channels)
        scaled = replace(x, scale=(float(np.float32(x.scale0 * alpha)),))
        operands.append(_real_bias(node, b, 6, (scaled, w)))
    names = ("transA", "transB", "alpha")
    attributes: dict[str, AttributeValue] = {n: v for n, v in node.attributes.items() if n in names}
    y = apply(node, b, "Gemm", *operands, attributes=attributes)
    return _quantised(node, b, y, 7) if node.has(7) else [y]


@imports(*_SAME_NAME)
def _import_qlinear(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """com.microsoft: the standard operator between quantised tensors."""
    node = _standard(node)
    if node.attr_int("channels_last", 0):
        raise node.error("channels_last is set", "export the model with channels first")
    count = 2 if node.op_type in _PAIRS else 1
    operands = [_real(node, b, 3 * i) for i in range(count)]
    known = {n: v for n, v in node.attributes.items() if n not in ("channels_last", "opset")}
    y = apply(node, b, _SAME_NAME[node.op_type], *operands, attributes=known)
    return _quantised(node, b, y, 3 * count)


@imports("QLinearConcat")
def _import_qlinear_concat(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """com.microsoft: scale and zero point of the result, then each operand with its own."""
    node = _standard(node)
    operands = [_real(node, b, index) for index in range(2, len(node.inputs), 3)]
    return _quantised(node, b, apply(node, b, "Concat", *operands, attributes=node.attributes), 0)


@imports("MatMulInteger")
def _import_matmul_integer(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    left = _difference(node, b, 0, 2, rows=True)
    return [apply(node, b, "MatMul", left, _difference(node, b, 1, 3, rows=False))]


def _difference(node: SourceNode, b: GraphBuilder, index: int, zero_index: int, *, rows: bool) -> str:
    """Input `index` minus its zero point, as int32; several zero points stand for rows (or for columns)."""
    x = apply(node, b, "Cast", node.input(index), attributes={"to": _INT32})
    if not node.has(zero_index):
        return x
    zero = apply(node, b, "Cast", node.input(zero_index), attributes={"to": _INT32})
    if rows and b.type(zero).rank == 1 and b.type(zero).elements > 1:
        zero = b.add1(Reshape((b.type(zero).elements, 1)), zero, origins=node.origins)
    return apply(node, b, "Sub", x, zero)


@imports("ConvInteger")
def _import_conv_integer(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    terms = math.prod(node.type(1, b).shape[1:])
    if terms * 255 * 255 > _FLOAT_INTEGERS:
        raise node.error(
            f"{terms} products a result are too many for an exact int32 convolution",
            "use QLinearConv",
            TC_OPERANDS,
        )
    operands = [_steps(node, b, 0, 2), _steps(node, b, 1, 3)]
    y = apply(node, b, "Conv", *operands, attributes=node.attributes)
    return [apply(node, b, "Cast", y, attributes={"to": _INT32})]


def _steps(node: SourceNode, b: GraphBuilder, index: int, zero_index: int) -> str:
    """Input `index` minus its zero point, as float32; several zero points stand along axis 0."""
    shape = node.type(index, b).shape
    zeros: tuple[int, ...] = (0,)
    if node.has(zero_index):
        zeros = tuple(int(z) for z in node.const(zero_index, b, "the zero point").reshape(-1))
    if len(zeros) not in (1, shape[0]):
        raise node.error(f"{len(zeros)} zero points do not fit shape {shape}", code=TC_OPERANDS)
    quant = Quant((1.0,) * len(zeros), zeros, None if len(zeros) == 1 else 0)
    return b.add1(Dequantize(quant), node.input(index), origins=node.origins)
