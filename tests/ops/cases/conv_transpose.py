"""ConvTranspose: strides, pads, groups, dilations, output_padding, output_shape, auto_pad, 1-D."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_RNG = np.random.default_rng(11)
_X = TensorSpec((1, 4, 3, 5))


def _weights(*shape: int) -> np.ndarray:
    return _RNG.uniform(-1, 1, shape).astype(np.float32)


def _case(
    name: str, weights: tuple[int, ...], x: TensorSpec = _X, bias: int = 0, **attributes: Any
) -> OpCase:
    operands: list[Any] = [x, _weights(*weights)]
    if bias:
        operands.append(_weights(bias))
    return OpCase(
        name, "ConvTranspose", operands, attributes, int8=True, weight_axis=1, bias=(2,) if bias else ()
    )


CASES = [
    _case("plain", (4, 3, 3, 3)),
    _case("strided", (4, 3, 3, 3), strides=[2, 2], bias=3),
    _case("uneven", (4, 3, 3, 2), strides=[3, 2], pads=[1, 0, 0, 1], output_padding=[2, 1], bias=3),
    _case("narrow_kernel", (4, 2, 1, 1), strides=[3, 2]),
    _case("dilated", (4, 3, 2, 2), strides=[2, 1], dilations=[2, 3]),
    _case("groups", (4, 3, 3, 3), group=2, strides=[2, 1], pads=[1, 1, 1, 1]),
    _case("depthwise", (4, 1, 3, 3), group=4, strides=[2, 2]),
    _case("cropped", (4, 2, 3, 3), pads=[2, 2, 2, 2]),
    _case("output_shape", (4, 2, 3, 3), strides=[3, 2], output_shape=[10, 12]),
    _case("output_shape_smaller", (4, 2, 3, 3), strides=[3, 2], output_shape=[8, 10], auto_pad="SAME_UPPER"),
    _case("same_upper", (4, 2, 4, 3), strides=[2, 3], auto_pad="SAME_UPPER"),
    _case("same_lower", (4, 2, 4, 3), strides=[2, 3], auto_pad="SAME_LOWER"),
    _case("one_dimension", (2, 3, 4), TensorSpec((1, 2, 7)), bias=3, strides=[2], pads=[1, 2]),
]
