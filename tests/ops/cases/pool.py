"""Pooling: padding rules, strides, dilations, ceil_mode, what an average counts, 1-D and global forms."""

from __future__ import annotations

from typing import Any

from tests.ops.case import OpCase, TensorSpec

_X = TensorSpec((2, 5, 9, 7))
_WINDOWS: dict[str, dict[str, Any]] = {
    "plain": {"kernel_shape": [2, 3], "strides": [2, 2]},
    "padded": {"kernel_shape": [3, 3], "strides": [2, 1], "pads": [1, 1, 0, 1]},
    "same_upper": {"kernel_shape": [3, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
    "same_lower": {"kernel_shape": [3, 2], "strides": [2, 2], "auto_pad": "SAME_LOWER"},
    "valid": {"kernel_shape": [4, 2], "strides": [3, 2], "auto_pad": "VALID"},
    "ceil": {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 0, 1, 1], "ceil_mode": 1},
    "dilated": {"kernel_shape": [3, 2], "dilations": [2, 3], "pads": [1, 1, 1, 1]},
}


def _pools(op_type: str, prefix: str) -> list[OpCase]:
    return [
        OpCase(f"{prefix}_{name}", op_type, [_X], window, opset=19, int8=True)
        for name, window in _WINDOWS.items()
    ]


CASES = [
    *_pools("MaxPool", "max"),
    *_pools("AveragePool", "average"),
    OpCase(
        "average_counts_padding",
        "AveragePool",
        [_X],
        {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "count_include_pad": 1},
        opset=19,
        int8=True,
    ),
    OpCase(
        "average_counts_padding_ceil",
        "AveragePool",
        [TensorSpec((1, 3, 10, 10))],
        {
            "kernel_shape": [3, 3],
            "strides": [2, 2],
            "pads": [1, 1, 1, 1],
            "count_include_pad": 1,
            "ceil_mode": 1,
        },
        opset=19,
        int8=True,
    ),
    OpCase(
        "average_many_channels",
        "AveragePool",
        [TensorSpec((1, 37, 4, 4))],
        {"kernel_shape": [2, 2]},
        opset=19,
        int8=True,
    ),
    OpCase(
        "max_1d",
        "MaxPool",
        [TensorSpec((1, 4, 11))],
        {"kernel_shape": [3], "strides": [2], "pads": [1, 0]},
        opset=19,
        int8=True,
    ),
    OpCase(
        "average_1d",
        "AveragePool",
        [TensorSpec((1, 4, 11))],
        {"kernel_shape": [3], "pads": [1, 1]},
        opset=19,
        int8=True,
    ),
    OpCase(
        "max_of_int8",
        "MaxPool",
        [TensorSpec((1, 3, 5, 5), "int8", -128, 127)],
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]},
        opset=19,
    ),
    OpCase(
        "max_of_uint8",
        "MaxPool",
        [TensorSpec((1, 3, 5, 5), "uint8", 0, 255)],
        {"kernel_shape": [2, 2], "strides": [2, 2]},
        opset=19,
    ),
    OpCase("global_average", "GlobalAveragePool", [TensorSpec((2, 19, 5, 7))], opset=19, int8=True),
    OpCase("global_average_image", "GlobalAveragePool", [TensorSpec((1, 6, 5, 7))], opset=19, int8=True),
    OpCase("global_max", "GlobalMaxPool", [TensorSpec((2, 19, 5, 7))], opset=19, int8=True),
    OpCase("global_average_1d", "GlobalAveragePool", [TensorSpec((1, 3, 9))], opset=19, int8=True),
    OpCase("lp_2", "LpPool", [_X], {"kernel_shape": [2, 3], "strides": [2, 2], "p": 2}, opset=18),
    OpCase("lp_1", "LpPool", [_X], {"kernel_shape": [2, 3], "p": 1}, opset=18),
    OpCase("global_lp_3", "GlobalLpPool", [TensorSpec((1, 3, 4, 5))], {"p": 3}, opset=18),
]
