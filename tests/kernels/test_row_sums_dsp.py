"""Running sums over rows with the DSP extension: in C on this machine, and emulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from cases import int8s, quantised
from emulated import check_emulated
from harness import Case, call, call_sanitised, check, compare, invocation, kernel_named

from tests.codegen.compilers import ARM_COMPILERS
from tinycompile.ir import DType, TensorType
from tinycompile.ops.row_sums import RowSums
from tinycompile.target import CORES

_KERNEL = kernel_named(RowSums, "tc_row_sums_s8_dsp")
#: Beyond 256 pixels a sum of halves would overflow.
_WIDTHS = (1, 2, 5, 16, 255, 256, 257, 600)


def _cases(core: str = "host", count: int = 60) -> list[Case]:
    """Rows from the top, and rows whose sums go on from those of the row before."""
    rng = np.random.default_rng(8)
    cases = []
    for index in range(count):
        width, channels = _WIDTHS[index % len(_WIDTHS)], int(rng.integers(4, 14))
        shape = (1, int(rng.integers(1, 5)), width, channels)
        values = int8s(rng, shape, extreme=index % 3 == 0)
        if index % 4 == 0:
            values[:] = -128 if index % 8 else 127
        x, op = quantised(shape, 0.05, int(rng.integers(-128, 128))), RowSums(carried=index % 2 > 0)
        before = rng.integers(-(2**20), 2**20, (1, 1, 1, channels)).astype(np.int32)
        sums = TensorType((1, shape[1], 1, channels), DType.INT32)
        ins = (x, sums.with_shape((1, 1, 1, channels)))[: 1 + op.carried]
        cases.append(replace(Case(op, ins, (sums,), (values, before)[: len(ins)]), core=CORES[core]))
    return cases


@pytest.mark.parametrize("run", [call, lambda what: call_sanitised([what])[0]], ids=["guarded", "sanitised"])
def test_on_this_machine(run: Callable[..., tuple[np.ndarray, ...]]) -> None:
    """The row before lies where the first sums go."""
    for case in _cases():
        shared = (1, 0) if len(case.ins) > 1 else None
        compare(_KERNEL, case, case.expected(), run(invocation(_KERNEL, case, shared)))


def test_agrees_with_the_plain_kernel() -> None:
    check(kernel_named(RowSums, "tc_row_sums_s8"), [case for case in _cases() if len(case.ins) == 1])


@pytest.mark.parametrize("core", ["cortex-m4f", "cortex-m33"])
@pytest.mark.parametrize("compiler", ARM_COMPILERS)
def test_emulated(compiler: str, core: str) -> None:
    cases = _cases(core, 24)
    check_emulated(_KERNEL, [case for case in cases if len(case.ins) == 1], compiler)
    check_emulated(_KERNEL, [case for case in cases if len(case.ins) > 1], compiler, shared=(1, 0))
