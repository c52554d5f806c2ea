"""DepthToSpace in both modes and SpaceToDepth."""

from __future__ import annotations

from tests.ops.case import OpCase, TensorSpec

_DEEP = TensorSpec((2, 12, 3, 4))
_WIDE = TensorSpec((2, 3, 6, 4))

CASES = [
    OpCase("depth_first", "DepthToSpace", [_DEEP], {"blocksize": 2, "mode": "DCR"}, int8=True),
    OpCase("column_first", "DepthToSpace", [_DEEP], {"blocksize": 2, "mode": "CRD"}, int8=True),
    OpCase("threes", "DepthToSpace", [TensorSpec((1, 18, 2, 2))], {"blocksize": 3}, int8=True),
    OpCase("to_depth", "SpaceToDepth", [_WIDE], {"blocksize": 2}, int8=True),
]
