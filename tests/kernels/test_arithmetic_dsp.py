"""Sums and products of int8 tensors with the DSP extension: in C on this machine, and emulated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cases import int8s, quantised
from emulated import check_emulated
from harness import Case, check, kernel_named

from tests.codegen.compilers import ARM_COMPILERS
from tinycompile.ops.arithmetic import Add, Arithmetic, Mul, Sub
from tinycompile.target import CORES

_SHAPES = (
    ((1, 5, 4, 7), (1, 5, 4, 7)),
    ((2, 3, 3, 8), (1, 1, 1, 8)),
    ((1, 1, 6, 5), (1, 4, 1, 5)),
    ((3,), (3,)),
    ((1, 64), (1, 64)),
    ((2, 1, 13), (2, 5, 13)),
)
_BOUNDS = ((-np.inf, np.inf), (0.0, np.inf), (-1.0, 1.5))
_KERNELS = {Add: "tc_add_s8_dsp", Sub: "tc_add_s8_dsp", Mul: "tc_mul_s8_dsp"}


def _cases(op_class: type[Arithmetic], count: int, core: str = "host") -> list[Case]:
    """Operands of many scales; results that use the int8 range or saturate; some with one operand twice."""
    rng = np.random.default_rng(11)
    kernel = kernel_named(op_class, _KERNELS[op_class])
    cases: list[Case] = []
    while len(cases) < count:
        index = len(cases)
        scales = np.exp2(rng.uniform(-9.0, 3.0, 2)) if index % 2 else np.exp2(rng.uniform(-5.0, -3.0, 2))
        zeros = rng.integers(-128, 128, 3)
        types = tuple(
            quantised(shape, float(np.float32(scale)), int(zero))
            for shape, scale, zero in zip(_SHAPES[index % len(_SHAPES)], scales, zeros, strict=False)
        )
        lo, hi = _BOUNDS[index % 3]
        op = op_class(lo=lo, hi=hi)
        reach = float(scales.sum() if op_class is not Mul else 40.0 * scales.prod())
        y_scale = float(np.float32(reach * np.exp2(rng.uniform(-3.0, 2.0))))
        y = quantised(op.infer(types)[0].shape, y_scale, int(zeros[2]))
        operands = tuple(int8s(rng, t.shape, extreme=index % 5 == 0) for t in types)
        case = replace(Case(op, types, (y,), operands), core=CORES[core])
        if kernel.accepts(case.site):
            cases.append(case)
    return cases


@pytest.mark.parametrize("op_class", list(_KERNELS))
def test_on_this_machine(op_class: type[Arithmetic]) -> None:
    kernel = kernel_named(op_class, _KERNELS[op_class])
    cases = _cases(op_class, 120)
    check(kernel, cases)
    check(kernel, [case for case in cases if kernel.in_place(case.site)], in_place=True)


@pytest.mark.parametrize("core", ["cortex-m4f", "cortex-m33"])
@pytest.mark.parametrize("compiler", ARM_COMPILERS)
@pytest.mark.parametrize("op_class", [Add, Mul])
def test_emulated(op_class: type[Arithmetic], compiler: str, core: str) -> None:
    check_emulated(kernel_named(op_class, _KERNELS[op_class]), _cases(op_class, 40, core), compiler)


def test_scalars_and_far_scales_are_left_to_the_portable_kernels() -> None:
    x, y = quantised((1, 4), 0.1, 0), quantised((1, 4), 0.1, 100)
    scalar, tiny = quantised((1, 1), 0.1, 0), quantised((1, 4), 1e-6, 0)
    add, mul = kernel_named(Add, "tc_add_s8_dsp"), kernel_named(Mul, "tc_mul_s8_dsp")

    def site(op: Arithmetic, *types: object) -> Case:
        ins = types[:2]
        operands = tuple(np.zeros(t.shape, np.int8) for t in ins)  # type: ignore[attr-defined]
        return Case(op, ins, types[2:], operands)  # type: ignore[arg-type]

    assert add.accepts(site(Add(), x, x, y).site) and mul.accepts(site(Mul(), x, x, y).site)
    assert not add.accepts(site(Add(), x, scalar, y).site)
    assert not add.accepts(site(Add(), tiny, tiny, y).site)  # the zero point leaves int32 when it is shifted
    assert not mul.accepts(site(Mul(), x, scalar, y).site)
    assert not mul.accepts(site(Mul(), x, quantised((1, 4), 10.0, 0), y).site)  # a factor above 1/4
