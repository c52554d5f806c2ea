"""Conv: padding rules, strides, dilations, groups, 1-D, weights known at run time only."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_RNG = np.random.default_rng(12)


def conv_case(
    name: str,
    x: tuple[int, ...],
    weights: tuple[int, ...],
    bias: bool = True,
    opset: int = 17,
    **attributes: Any,
) -> OpCase:
    """A convolution with random weights, in float32 and int8."""
    operands: list[Any] = [TensorSpec(x), _RNG.uniform(-1, 1, weights).astype(np.float32)]
    if bias:
        operands.append(_RNG.uniform(-1, 1, weights[0]).astype(np.float32))
    return OpCase(
        name, "Conv", operands, attributes, opset, int8=True, weight_axis=0, bias=(2,) if bias else ()
    )


CASES = [
    conv_case("plain", (1, 3, 7, 6), (5, 3, 3, 3)),
    conv_case("no_bias", (1, 3, 7, 6), (4, 3, 3, 2), bias=False),
    conv_case("batch", (2, 4, 5, 5), (3, 4, 3, 3), opset=13, pads=[1, 1, 1, 1]),
    conv_case("strided", (1, 4, 9, 8), (6, 4, 3, 3), strides=[2, 3], pads=[1, 0, 0, 2]),
    conv_case("dilated", (1, 3, 9, 9), (4, 3, 3, 2), dilations=[2, 3], pads=[2, 2, 2, 2]),
    conv_case("same_upper", (1, 3, 7, 8), (4, 3, 4, 3), opset=13, strides=[2, 2], auto_pad="SAME_UPPER"),
    conv_case("same_lower", (1, 3, 7, 8), (4, 3, 4, 3), opset=13, strides=[2, 2], auto_pad="SAME_LOWER"),
    conv_case("valid", (1, 3, 7, 8), (4, 3, 4, 3), opset=13, strides=[2, 1], auto_pad="VALID"),
    conv_case("wide_padding", (1, 2, 3, 3), (3, 2, 3, 3), opset=13, pads=[3, 2, 4, 3]),
    conv_case("pointwise", (1, 17, 5, 3), (9, 17, 1, 1)),
    conv_case("pointwise_one_pixel", (1, 12, 1, 1), (7, 12, 1, 1)),
    conv_case("pointwise_many_channels", (1, 66, 1, 1), (27, 66, 1, 1)),
    conv_case("pointwise_strided", (1, 8, 6, 6), (5, 8, 1, 1), strides=[2, 2]),
    conv_case("pointwise_padded", (1, 3, 4, 4), (5, 3, 1, 1), pads=[1, 1, 1, 1]),
    conv_case("groups", (1, 6, 6, 5), (9, 2, 3, 3), opset=13, group=3, pads=[1, 1, 1, 1]),
    conv_case("groups_of_odd_size", (1, 6, 6, 5), (3, 2, 3, 3), opset=13, group=3),
    conv_case("one_dimension", (1, 4, 11), (5, 4, 3), opset=13, strides=[2], pads=[1, 1]),
    OpCase(
        "sums_of_more_than_24_bits",
        "Conv",
        [TensorSpec((1, 160, 4, 3)), _RNG.choice(np.array([-1, 1], np.float32), (3, 160, 3, 3))],
        {"pads": [1, 1, 1, 1]},
        int8=True,
        weight_axis=0,
    ),
    OpCase(
        "weight_zero_points",
        "Conv",
        [TensorSpec((1, 3, 5, 5)), _RNG.uniform(0, 1, (4, 3, 3, 3)).astype(np.float32)],
        {"pads": [1, 1, 1, 1]},
        int8=True,
    ),
    OpCase(
        "run_time_weights",
        "Conv",
        [TensorSpec((1, 3, 5, 5)), TensorSpec((2, 3, 3, 3))],
        {"pads": [1, 1, 1, 1]},
        int8=True,
    ),
]
