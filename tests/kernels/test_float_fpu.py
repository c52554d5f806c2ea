"""The float32 kernels of cores with an FPU against the semantics, in C here and in assembly emulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from emulated import check_emulated
from float_cases import conv_cases, dense_cases, matmul_cases, node
from harness import Case, check, kernel_named
from programs import check_on_emulator

from tests.codegen.compilers import ARM_COMPILERS, arm_compiler
from tinycompile.ir import Op
from tinycompile.ops import kernels_of
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.matmul import FullyConnected, MatMul
from tinycompile.ops.spatial import Window
from tinycompile.target import Feature, load_board

pytest.importorskip("unicorn")
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

_CONV, _DENSE, _MATMUL = "tc_conv2d_f32_fpu", "tc_fully_connected_f32_fpu", "tc_matmul_f32_fpu"
_DEPTHWISE = "tc_depthwise_conv2d_f32_fpu"
_IN_PLACE = "tc_depthwise_conv2d_inplace_f32_fpu"

#: Operator, kernel, and its cases, fewer of them for a core.
_KERNELS: list[tuple[type[Op], str, Callable[[str], list[Case]]]] = [
    (Conv2D, _CONV, lambda core: conv_cases(250 if core == "host" else 60, core)),
    (Conv2D, _DEPTHWISE, lambda core: conv_cases(250 if core == "host" else 60, core, depthwise=True)),
    (Conv2D, _DENSE, lambda core: dense_cases(core, pointwise=True)[:: 1 if core == "host" else 3]),
    (FullyConnected, _DENSE, lambda core: dense_cases(core)[:: 1 if core == "host" else 3]),
    (MatMul, _MATMUL, lambda core: matmul_cases(core)[:: 1 if core == "host" else 3]),
]
_ALL = pytest.mark.parametrize(
    ("op", "symbol", "cases"), _KERNELS, ids=[f"{o.__name__}-{s}" for o, s, _ in _KERNELS]
)


@pytest.fixture(params=ARM_COMPILERS)
def compiler(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@_ALL
def test_on_this_machine(op: type[Op], symbol: str, cases: Callable[[str], list[Case]]) -> None:
    check(kernel_named(op, symbol), cases("host"))


@pytest.mark.parametrize("core", ["cortex-m4f", "cortex-m33"])
@_ALL
def test_emulated(
    op: type[Op], symbol: str, cases: Callable[[str], list[Case]], core: str, compiler: str
) -> None:
    check_emulated(kernel_named(op, symbol), cases(core), compiler)


def _in_place(count: int, core: str = "host") -> list[Case]:
    kernel = kernel_named(Conv2D, _IN_PLACE)
    able = [case for case in conv_cases(count, core, depthwise=True) if kernel.accepts(case.site)]
    assert len(able) > count // 4
    return able


def test_in_place_on_this_machine() -> None:
    check(kernel_named(Conv2D, _IN_PLACE), _in_place(400), in_place=True)


def test_in_place_emulated(compiler: str) -> None:
    check_emulated(kernel_named(Conv2D, _IN_PLACE), _in_place(90, "cortex-m4f"), compiler, in_place=True)


def _finite(cases: list[Case]) -> list[Case]:
    """Which NaN results hold is not defined, and programs are compared byte by byte."""
    return [case for case in cases if all(np.isfinite(x).all() for x in case.operands)]


@pytest.mark.parametrize("board", ["mps2-an386", "mps2-an500"])
@pytest.mark.parametrize("index", range(4))
def test_small_code_stays_within_its_plan(index: int, board: str, compiler: str) -> None:
    op, symbol, cases = _KERNELS[index]
    found = arm_compiler(compiler)
    check_on_emulator(kernel_named(op, symbol), _finite(cases("host"))[::4], load_board(board), found, "ram")


def _padded_and_not() -> tuple[Case, Case]:
    """Two convolutions with a bias."""
    rng = np.random.default_rng(5)
    open_, padded = (Window((3, 3), (1, 1), (pad,) * 4) for pad in (0, 1))
    shapes = [(1, 5, 5, 4), (4, 3, 3, 1), (4,)]
    return node(Conv2D(padded, 4), rng, shapes, 2, 1, "host"), node(
        Conv2D(open_, 4), rng, shapes, 2, 1, "host"
    )


def _with(case: Case, operand: int, value: float) -> Case:
    changed = case.operands[operand].copy()
    changed.flat[0] = value
    return replace(case, operands=(*case.operands[:operand], changed, *case.operands[operand + 1 :]))


@pytest.mark.parametrize(("operand", "value"), [(1, np.inf), (1, np.nan), (2, -0.0)])
def test_padding_that_zeros_cannot_stand_for_is_refused(operand: int, value: float) -> None:
    """0 * inf is no zero, and -0 + 0 is not -0."""
    padded, inside = _padded_and_not()
    for symbol in (_CONV, _DEPTHWISE):
        kernel = kernel_named(Conv2D, symbol)
        assert kernel.accepts(padded.site) and not kernel.accepts(_with(padded, operand, value).site)
        check(kernel, [padded, _with(inside, operand, value)], sanitised=False)


def test_every_kernel_is_used_by_some_case() -> None:
    tested = {(op, symbol) for op, symbol, _ in _KERNELS} | {(Conv2D, _IN_PLACE)}
    assert tested == {
        (op, kernel.symbol)
        for op in (Conv2D, FullyConnected, MatMul)
        for kernel in kernels_of(op)
        if Feature.FPU_SP in kernel.requires
    }
