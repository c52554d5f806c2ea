"""Operators on quantised tensors, of ONNX and of onnxruntime: both signs, per tensor and per channel."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_RNG = np.random.default_rng(14)
_S8 = TensorSpec((1, 3, 6, 5), "int8", -128, 127)
_U8 = TensorSpec((1, 3, 6, 5), "uint8", 0, 255)


def _scale(*values: float) -> np.ndarray:
    return np.asarray(values if len(values) > 1 else values[0], np.float32)


def _small(*shape: int, dtype: str = "int8") -> np.ndarray:
    """Weights that no 16-bit intermediate sum of onnxruntime saturates."""
    low = -60 if dtype == "int8" else 0
    return _RNG.integers(low, 61, shape).astype(dtype)


def _bias(channels: int) -> np.ndarray:
    return _RNG.integers(-3000, 3000, channels).astype(np.int32)


_FILTERS = _small(2, 3, 3, 3, dtype="uint8")
_WIDE = {"pads": [1, 1, 1, 1], "strides": [2, 1]}


def _microsoft(name: str, op_type: str, inputs: list[Any], **attributes: Any) -> OpCase:
    return OpCase(name, op_type, inputs, attributes, domain="com.microsoft")


_S8_QUANT = [_scale(0.05), np.int8(7)]
_U8_QUANT = [_scale(0.03), np.uint8(120)]
_LATER = TensorSpec((1, 1, 6, 5), "int8", -128, 127)

#: What onnxruntime's quantiser writes in its operator-oriented format.
_ONNXRUNTIME = [
    _microsoft("add_s8", "QLinearAdd", [_S8, *_S8_QUANT, _LATER, _scale(0.02), np.int8(-3), *_S8_QUANT]),
    _microsoft("add_u8", "QLinearAdd", [_U8, *_U8_QUANT, _U8, _scale(0.04), np.uint8(9), *_U8_QUANT]),
    _microsoft("mul_s8", "QLinearMul", [_S8, *_S8_QUANT, _LATER, _scale(0.02), np.int8(-3), *_S8_QUANT]),
    _microsoft("sigmoid_s8", "QLinearSigmoid", [_S8, *_S8_QUANT, _scale(1 / 256), np.int8(-128)]),
    _microsoft("leaky_relu_u8", "QLinearLeakyRelu", [_U8, *_U8_QUANT, *_U8_QUANT], alpha=0.2),
    _microsoft("softmax_s8", "QLinearSoftmax", [_S8, *_S8_QUANT, _scale(1 / 256), np.int8(-128)],
               axis=1, opset=13),
    _microsoft("global_average_pool_s8", "QLinearGlobalAveragePool",
               [_S8, *_S8_QUANT, _scale(0.04), np.int8(5)], channels_last=0),
    _microsoft("average_pool_u8", "QLinearAveragePool", [_U8, *_U8_QUANT, _scale(0.0317), np.uint8(99)],
               kernel_shape=[2, 3], strides=[2, 1], pads=[0, 1, 0, 1]),
    _microsoft("concat_s8", "QLinearConcat", [*_S8_QUANT, _S8, _scale(0.03), np.int8(1), _LATER, *_S8_QUANT],
               axis=1),
    _microsoft(
        "gemm_s8", "QGemm",
        [TensorSpec((3, 9), "int8", -128, 127), _scale(0.04), np.int8(3), _small(5, 9),
         _scale(0.01, 0.02, 0.03, 0.015, 0.02), np.zeros(5, np.int8), _bias(5), _scale(0.31), np.int8(-9)],
        transB=1,
    ),
    _microsoft(
        "gemm_s8_to_float", "QGemm",
        [TensorSpec((3, 9), "int8", -128, 127), _scale(0.04), np.int8(3), _small(9, 5), _scale(0.02),
         np.int8(0)],
    ),
]  # fmt: skip

CASES = [
    OpCase(
        "conv_s8_per_channel",
        "QLinearConv",
        [
            _S8,
            _scale(0.05),
            np.int8(7),
            _small(4, 3, 3, 3),
            _scale(0.01, 0.02, 0.03, 0.015),
            np.zeros(4, np.int8),
            _scale(0.7),
            np.int8(-5),
            _bias(4),
        ],
        _WIDE,
    ),
    OpCase(
        "conv_u8",
        "QLinearConv",
        [
            _U8,
            _scale(0.05),
            np.uint8(130),
            _small(4, 3, 3, 3, dtype="uint8"),
            _scale(0.01),
            np.uint8(31),
            _scale(0.7),
            np.uint8(120),
        ],
        _WIDE,
    ),
    OpCase(
        "matmul_s8",
        "QLinearMatMul",
        [
            TensorSpec((2, 4, 9), "int8", -128, 127),
            _scale(0.04),
            np.int8(3),
            _small(9, 5),
            _scale(0.03),
            np.int8(0),
            _scale(0.31),
            np.int8(-9),
        ],
    ),
    OpCase(
        "matmul_u8_of_two_inputs",
        "QLinearMatMul",
        [
            TensorSpec((4, 9), "uint8", 0, 255),
            _scale(0.04),
            np.uint8(3),
            TensorSpec((9, 5), "uint8", 0, 120),
            _scale(0.03),
            np.uint8(60),
            _scale(0.31),
            np.uint8(90),
        ],
    ),
    OpCase(
        "matmul_integer",
        "MatMulInteger",
        [
            TensorSpec((4, 9), "uint8", 0, 255),
            _small(9, 5),
            np.uint8(12),
            np.int8(0),
        ],
    ),
    OpCase(
        "matmul_integer_no_zeros",
        "MatMulInteger",
        [
            TensorSpec((2, 4, 9), "uint8", 0, 255),
            TensorSpec((9, 5), "uint8", 0, 100),
        ],
    ),
    OpCase("conv_integer", "ConvInteger", [_U8, _FILTERS, np.uint8(9), np.uint8(4)], _WIDE),
    OpCase("conv_integer_no_zeros", "ConvInteger", [_U8, _FILTERS], {"dilations": [2, 2]}),
    *_ONNXRUNTIME,
]
