"""The harness itself: marshalling, guards, and that both ways of calling agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from harness import Case, call, call_sanitised, check, invocation, kernel_named

from tinycompile.ir import DType, TensorType, Types
from tinycompile.ops.layout import Transpose


def _transpose() -> Case:
    x = TensorType((2, 3, 5), DType.INT8)
    op = Transpose((2, 0, 1))
    return Case(op, (x,), op.infer((x,)), (np.arange(30, dtype=np.int8).reshape(2, 3, 5),))


def test_both_ways_give_the_semantics() -> None:
    check(kernel_named(Transpose, "tc_transpose_8"), [_transpose(), _transpose()])


def test_a_write_beside_a_result_is_seen() -> None:
    what = invocation(kernel_named(Transpose, "tc_transpose_8"), _transpose())
    short = replace(what, buffers=(what.buffers[0], what.buffers[1][:-1], *what.buffers[2:]))
    with pytest.raises(AssertionError, match="wrote beside buffer 1"):
        call(short)


class _Reversed(Transpose):
    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        return (super().evaluate(xs, ins, outs)[0][::-1],)


def test_wrong_results_are_seen() -> None:
    case = _transpose()
    with pytest.raises(AssertionError, match=r"24 of 30 differ .* at \[0, 0, 0\]: 0, expected 4"):
        check(kernel_named(Transpose, "tc_transpose_8"), [replace(case, op=_Reversed((2, 0, 1)))])


def test_a_sanitiser_finding_is_seen() -> None:
    what = invocation(kernel_named(Transpose, "tc_transpose_8"), _transpose())
    short = replace(what, buffers=(what.buffers[0][:-1], *what.buffers[1:]))
    with pytest.raises(AssertionError, match="heap-buffer-overflow"):
        call_sanitised([short])
