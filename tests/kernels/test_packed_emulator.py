"""The kernels with packed weights in their assembly form on emulated cores, built by both compilers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from emulated import check_emulated
from harness import Case, kernel_named
from packed_cases import conv_cases, dense_cases, kx3_cases, pointwise_cases, with_dead_channels
from programs import check_on_emulator

from tests.codegen.compilers import ARM_COMPILERS, arm_compiler
from tinycompile.build import Compiler
from tinycompile.ops import Kernel
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.matmul import FullyConnected
from tinycompile.target import CORES, load_board

pytest.importorskip("unicorn")
pytest.importorskip("capstone")

#: M4F, M7 with the double-precision FPU, M33.
_BOARDS = ("mps2-an386", "mps2-an500", "mps2-an505")
_GENERAL = ["tc_conv2d_s8_dsp", "tc_conv2d_small_s8_dsp", "tc_conv2d_wide_s8_dsp"]
_DENSE = ["tc_conv2d_1x1_s8_dsp", "tc_fully_connected_s8_dsp", "tc_fully_connected_small_s8_dsp"]


@pytest.fixture(params=ARM_COMPILERS)
def compiler(request: pytest.FixtureRequest) -> Compiler:
    return arm_compiler(request.param)


def _able(kernel: Kernel, cases: list[Case]) -> list[Case]:
    able = [case for case in cases if kernel.accepts(case.site)]
    assert len(able) > 0.9 * len(cases)
    return able


@pytest.mark.parametrize("symbol", _GENERAL)
def test_convolutions(symbol: str, compiler: Compiler) -> None:
    kernel = kernel_named(Conv2D, symbol)
    check_on_emulator(kernel, _able(kernel, conv_cases(60)), load_board(_BOARDS[0]), compiler)


@pytest.mark.parametrize(("board", "optimize"), [(_BOARDS[0], "speed"), (_BOARDS[1], "ram")])
def test_windows_of_three_columns(board: str, optimize: str, compiler: Compiler) -> None:
    kernel = kernel_named(Conv2D, "tc_conv2d_kx3_s8_dsp")
    check_on_emulator(kernel, _able(kernel, kx3_cases(60)), load_board(board), compiler, optimize)


@pytest.mark.slow
@pytest.mark.parametrize("symbol", _DENSE)
def test_dense(symbol: str, compiler: Compiler) -> None:
    for op, cases in ((Conv2D, pointwise_cases()[::2]), (FullyConnected, dense_cases()[::2])):
        kernel = kernel_named(op, symbol)
        check_on_emulator(kernel, _able(kernel, cases), load_board(_BOARDS[0]), compiler)


@pytest.mark.parametrize("core", ["cortex-m4f", "cortex-m33"])
@pytest.mark.parametrize("name", ARM_COMPILERS)
def test_pointwise_onto_the_operand(name: str, core: str) -> None:
    kernel = kernel_named(Conv2D, "tc_conv2d_1x1_s8_dsp")
    cases = [replace(case, core=CORES[core]) for case in pointwise_cases()[::2]]
    able = [case for case in cases if kernel.accepts(case.site) and kernel.in_place(case.site)]
    assert len(able) > 30
    check_emulated(kernel, able, name, in_place=True)


def test_dense_with_the_kernel_of_convolutions(compiler: Compiler) -> None:
    kernel = kernel_named(FullyConnected, "tc_conv2d_small_s8_dsp")
    check_on_emulator(kernel, _able(kernel, dense_cases()[::3]), load_board(_BOARDS[0]), compiler)


@pytest.mark.parametrize("board", _BOARDS[1:])
@pytest.mark.parametrize("symbol", [*_GENERAL, *_DENSE])
def test_other_cores_and_small_code(symbol: str, board: str, compiler: Compiler) -> None:
    cases = pointwise_cases()[1::9]
    dead = [with_dead_channels(case) for case in cases if len(case.operands) > 2]
    kernel = kernel_named(Conv2D, symbol)
    check_on_emulator(kernel, _able(kernel, [*cases, *dead]), load_board(board), compiler, "ram")
