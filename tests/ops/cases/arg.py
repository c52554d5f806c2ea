"""ArgMax and ArgMin: axes, ties with either rule, every element type."""

from __future__ import annotations

from tests.ops.case import OpCase, TensorSpec


def _arg(op_type: str, dtype: str, axis: int, last: int, keepdims: int) -> OpCase:
    """Few different values, so that there are ties; floats are left as they are."""
    spec = TensorSpec((3, 7, 5), dtype, 0, 3)
    attributes = {"axis": axis, "keepdims": keepdims, "select_last_index": last}
    return OpCase(f"{op_type.lower()}_{dtype}_{axis % 3}_{last}", op_type, [spec], attributes)


CASES = [
    *(
        _arg(op_type, dtype, axis, last, keepdims=last)
        for op_type in ("ArgMax", "ArgMin")
        for dtype in ("float32", "int8", "uint8", "int32")
        for axis in (0, 1, -1)
        for last in (0, 1)
    ),
    OpCase("quantised", "ArgMax", [TensorSpec((1, 12))], {"axis": 1}, int8=True, integer=False),
]
