"""Activations with parameters, Clip and PRelu."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_X = TensorSpec((2, 3, 4, 5), low=-4.0, high=4.0)
_SLOPES = np.array([0.1, -0.3, 1.7], np.float32).reshape(3, 1, 1)


def _f32(value: float) -> np.ndarray:
    return np.asarray(value, np.float32)


CASES = [
    OpCase("relu", "Relu", [_X], int8=True),
    OpCase("relu_vector", "Relu", [TensorSpec((7,))], int8=True),
    OpCase("relu_scalar", "Relu", [TensorSpec(())]),
    OpCase("relu_int32", "Relu", [TensorSpec((2, 5), "int32", -9, 9)]),
    OpCase("clip_both", "Clip", [_X, _f32(-1.0), _f32(2.5)], int8=True),
    OpCase("clip_low", "Clip", [_X, _f32(-0.5)], int8=True),
    OpCase("clip_high", "Clip", [_X, None, _f32(1.0)], int8=True),
    OpCase("clip_crossed", "Clip", [_X, _f32(1.0), _f32(-1.5)]),
    OpCase("clip_neither", "Clip", [_X], int8=True),
    OpCase("clip_opset6", "Clip", [_X], {"min": 0.0, "max": 6.0}, opset=10),
    OpCase("clip_int8", "Clip", [TensorSpec((2, 5), "int8", -9, 9), np.int8(-3), np.int8(4)]),
    OpCase("clip_int64", "Clip", [TensorSpec((2, 5), "int64", -9, 9), np.int64(-3)]),
    OpCase(
        "clip_run_time", "Clip", [_X, TensorSpec((), low=-1.0, high=-0.5), TensorSpec((), low=0.5, high=1.0)]
    ),
    OpCase("leaky_relu", "LeakyRelu", [_X], int8=True),
    OpCase("leaky_relu_alpha", "LeakyRelu", [_X], {"alpha": 0.3}, int8=True),
    OpCase("leaky_relu_negative", "LeakyRelu", [_X], {"alpha": -0.2}, int8=True),
    OpCase("prelu_scalar", "PRelu", [_X, np.array([0.25], np.float32)], int8=True),
    OpCase("prelu_channels", "PRelu", [_X, _SLOPES], int8=True),
    OpCase("prelu_last", "PRelu", [_X, np.linspace(-0.5, 0.5, 5, dtype=np.float32)], int8=True),
    OpCase("prelu_run_time", "PRelu", [_X, TensorSpec((3, 1, 1))], int8=True),
    OpCase("elu", "Elu", [_X], int8=True),
    OpCase("elu_alpha", "Elu", [_X], {"alpha": 0.4}, int8=True),
    OpCase("selu", "Selu", [_X], int8=True),
    OpCase("selu_parameters", "Selu", [_X], {"alpha": 2.0, "gamma": 0.5}, int8=True),
    OpCase("celu", "Celu", [_X], {"alpha": 2.0}, int8=True),
    OpCase("hard_sigmoid", "HardSigmoid", [_X], int8=True),
    OpCase("hard_sigmoid_parameters", "HardSigmoid", [_X], {"alpha": 0.5, "beta": 0.25}, int8=True),
    OpCase("thresholded_relu", "ThresholdedRelu", [_X], {"alpha": 0.7}, int8=True),
    OpCase("shrink", "Shrink", [_X], {"lambd": 0.6, "bias": 0.2}),
    OpCase("quick_gelu", "QuickGelu", [_X], domain="com.microsoft", int8=True),
    OpCase("quick_gelu_alpha", "QuickGelu", [_X], {"alpha": 0.8}, domain="com.microsoft"),
]
