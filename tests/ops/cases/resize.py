"""Resize and Upsample: modes, coordinate rules, scales and sizes, up and down, 1-D, 2-D and channels last."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_X = TensorSpec((1, 3, 7, 9))
_RULES = ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel", "half_pixel_symmetric")
_NEAREST = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")


def _scales(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def _resize(name: str, scales: np.ndarray, **attributes: Any) -> OpCase:
    return OpCase(name, "Resize", [_X, None, scales], attributes, opset=19, int8=True, plain=(2,))


def _sized(name: str, sizes: tuple[int, ...], **attributes: Any) -> OpCase:
    return OpCase(name, "Resize", [_X, None, None, np.array(sizes)], attributes, opset=19, int8=True)


CASES = [
    *(
        _resize(
            f"nearest_{rule}_{mode}",
            _scales(1, 1, 2.5, 0.6),
            mode="nearest",
            coordinate_transformation_mode=rule,
            nearest_mode=mode,
        )
        for rule in _RULES
        for mode in _NEAREST
    ),
    *(
        _resize(f"linear_{rule}_{index}", scales, mode="linear", coordinate_transformation_mode=rule)
        for rule in _RULES
        for index, scales in enumerate((_scales(1, 1, 2, 3), _scales(1, 1, 0.6, 1.3)))
    ),
    *(
        _sized(f"{mode}_to_{index}", sizes, mode=mode, coordinate_transformation_mode="pytorch_half_pixel")
        for mode in ("nearest", "linear")
        for index, sizes in enumerate(((1, 3, 14, 18), (1, 3, 1, 1), (1, 3, 7, 4)))
    ),
    OpCase(
        "linear_1d",
        "Resize",
        [TensorSpec((1, 3, 7)), None, _scales(1, 1, 2.5)],
        {"mode": "linear"},
        opset=19,
        int8=True,
        plain=(2,),
    ),
    OpCase(
        "nearest_1d",
        "Resize",
        [TensorSpec((1, 3, 7)), None, _scales(1, 1, 2.5)],
        opset=19,
        int8=True,
        plain=(2,),
    ),
    OpCase(
        "linear_matrix", "Resize", [TensorSpec((5, 7)), None, _scales(2, 2.5)], {"mode": "linear"}, opset=19
    ),
    OpCase(
        "nearest_channels_last",
        "Resize",
        [TensorSpec((1, 7, 9, 3)), None, None, np.array([1, 14, 18, 3])],
        opset=19,
        int8=True,
    ),
    OpCase("linear_axes", "Resize", [_X, None, _scales(3, 2)], {"mode": "linear", "axes": [3, 2]}, opset=19),
    OpCase(
        "not_larger",
        "Resize",
        [_X, None, None, np.array([15, 17])],
        {"mode": "linear", "axes": [2, 3], "keep_aspect_ratio_policy": "not_larger"},
        opset=19,
    ),
    OpCase(
        "not_smaller",
        "Resize",
        [_X, None, None, np.array([15, 17])],
        {"axes": [2, 3], "keep_aspect_ratio_policy": "not_smaller"},
        opset=19,
    ),
    OpCase(
        "nearest_uint8",
        "Resize",
        [TensorSpec((1, 3, 4, 4), "uint8", 0, 255), None, _scales(1, 1, 2, 2)],
        opset=19,
    ),
    OpCase("resize_10", "Resize", [_X, _scales(1, 1, 2, 2.5)], {"mode": "nearest"}, opset=10),
    OpCase("resize_10_down", "Resize", [_X, _scales(1, 1, 0.6, 0.5)], {"mode": "nearest"}, opset=10),
    OpCase("resize_10_linear", "Resize", [_X, _scales(1, 1, 2, 2.5)], {"mode": "linear"}, opset=10),
    OpCase("upsample", "Upsample", [_X, _scales(1, 1, 2, 3)], {"mode": "nearest"}, opset=9),
    OpCase("upsample_linear", "Upsample", [_X, _scales(1, 1, 2, 3)], {"mode": "linear"}, opset=9),
]
