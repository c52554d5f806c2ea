"""Pad: all modes, constants, negative pads, chosen axes, element sizes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.case import OpCase, TensorSpec

_X = TensorSpec((2, 3, 4, 5))
_SPATIAL = np.array([0, 0, 1, 2, 0, 0, 2, 1])


def _pad(name: str, x: TensorSpec, pads: list[int], mode: str = "constant", **more: Any) -> OpCase:
    return OpCase(name, "Pad", [x, np.array(pads)], {"mode": mode}, **more)


CASES = [
    OpCase("zeros", "Pad", [_X, _SPATIAL], int8=True),
    OpCase("reflect", "Pad", [_X, _SPATIAL], {"mode": "reflect"}, int8=True),
    OpCase("edge", "Pad", [_X, _SPATIAL], {"mode": "edge"}, int8=True),
    OpCase("value", "Pad", [_X, _SPATIAL, np.array(1.5, np.float32)], int8=True, integer=False, plain=(2,)),
    OpCase("wrap", "Pad", [_X, _SPATIAL], {"mode": "wrap"}, opset=19, int8=True),
    OpCase("axes", "Pad", [_X, np.array([2, 1]), None, np.array([-2])], opset=19, int8=True),
    _pad("one_dimension", TensorSpec((7,)), [3, 2]),
    _pad("inner", TensorSpec((3, 4)), [0, 2, 0, 3], int8=True),
    _pad("cropped", TensorSpec((3, 4)), [-1, 0, 1, 2], int8=True),
    _pad("cropped_edge", TensorSpec((3, 4)), [-1, 1, 0, -2], "edge"),
    _pad("int64", TensorSpec((3, 4), "int64", -9, 9), [1, 0, 1, 3]),
    _pad("int8", TensorSpec((3, 4), "int8", -9, 9), [1, 0, 1, 3], "reflect"),
    OpCase("attributes", "Pad", [TensorSpec((3, 4))], {"pads": [1, 2, 3, 4], "value": 2.5}, opset=9),
    OpCase("center", "CenterCropPad", [TensorSpec((5, 4, 7)), np.array([2, 7])], {"axes": [0, 1]}, opset=18),
    OpCase("center_odd", "CenterCropPad", [TensorSpec((5, 4)), np.array([8, 1])], opset=18),
]
