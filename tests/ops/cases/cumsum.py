"""CumSum: axes, exclusive and reverse, every element type."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, TensorSpec

CASES = [
    OpCase(
        f"{dtype}_{axis % 3}_{exclusive}{reverse}",
        "CumSum",
        [TensorSpec((3, 4, 5), dtype, -9, 9), np.array(axis, np.int32)],
        {"exclusive": exclusive, "reverse": reverse},
    )
    for dtype, axis in (("float32", 0), ("float32", -1), ("int32", 1), ("int64", 2))
    for exclusive in (0, 1)
    for reverse in (0, 1)
]
