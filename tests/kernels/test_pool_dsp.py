"""Pooling with the DSP extension: in C on this machine, and emulated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cases import int8s, quantised
from emulated import check_emulated
from harness import Case, check, kernel_named

from tests.codegen.compilers import ARM_COMPILERS
from tinycompile.ops.pool import AveragePool2D, MaxPool2D
from tinycompile.ops.spatial import Window
from tinycompile.target import CORES

_CHANNELS = (8, 9, 12, 15, 20)


def _windows(rng: np.random.Generator) -> tuple[Window, tuple[int, int]]:
    """A window and an input size such that every window sees a pixel; some cover whole rows, or all."""
    while True:
        size = (int(rng.integers(1, 13)), int(rng.integers(1, 13)))
        kernel = (int(rng.integers(1, 13)), int(rng.integers(1, 13)))
        kind = rng.integers(4)
        if kind == 0:
            kernel = size
        elif kind == 1:
            kernel = (kernel[0], size[1])
        pads = tuple(int(rng.integers(0, min(3, side))) for side in (*kernel, *kernel))
        strides = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
        if size[0] + pads[0] + pads[2] >= kernel[0] and size[1] + pads[1] + pads[3] >= kernel[1]:
            return Window(kernel, strides, pads), size  # type: ignore[arg-type]


def _cases(op_class: type[AveragePool2D] | type[MaxPool2D], count: int, core: str = "host") -> list[Case]:
    rng = np.random.default_rng(21)
    cases = []
    for index in range(count):
        window, size = _windows(rng)
        shape = (1 + (index % 4 == 0), *size, _CHANNELS[index % len(_CHANNELS)])
        zero = int(rng.integers(-128, 128))
        x = quantised(shape, 0.05, zero)
        if op_class is MaxPool2D:
            op: AveragePool2D | MaxPool2D = MaxPool2D(window)
            y = x.with_shape(op.infer((x,))[0].shape)
        else:
            op = AveragePool2D(window, bool(index % 2), divide=index % 7 > 0)
            # Equal scales make ties common where counts are powers of two.
            scale = 0.05 if index % 3 else float(np.float32(0.05 * np.exp2(rng.uniform(-6.0, 3.0))))
            y = quantised(op.infer((x,))[0].shape, scale, zero if index % 2 else int(rng.integers(-128, 128)))
        values = int8s(rng, shape, extreme=index % 5 == 0)
        cases.append(replace(Case(op, (x,), (y,), (values,)), core=CORES[core]))
    kernel = _kernel(op_class)
    return [case for case in cases if kernel.accepts(case.site)]


def _kernel(op_class: type[AveragePool2D] | type[MaxPool2D]):  # type: ignore[no-untyped-def]
    name = "tc_max_pool_s8_dsp" if op_class is MaxPool2D else "tc_average_pool_s8_dsp"
    return kernel_named(op_class, name)


@pytest.mark.parametrize("op_class", [AveragePool2D, MaxPool2D])
def test_on_this_machine(op_class: type[AveragePool2D] | type[MaxPool2D]) -> None:
    cases = _cases(op_class, 200)
    assert len(cases) > 150
    check(_kernel(op_class), cases)


@pytest.mark.parametrize("core", ["cortex-m4f", "cortex-m33"])
@pytest.mark.parametrize("compiler", ARM_COMPILERS)
@pytest.mark.parametrize("op_class", [AveragePool2D, MaxPool2D])
def test_emulated(op_class: type[AveragePool2D] | type[MaxPool2D], compiler: str, core: str) -> None:
    check_emulated(_kernel(op_class), _cases(op_class, 50, core), compiler)


def _whole_images(core: str = "host") -> list[Case]:
    """Windows over all of an image, and beyond it where there is padding."""
    kernel = kernel_named(AveragePool2D, "tc_global_average_pool_s8")
    rng, found = np.random.default_rng(22), []
    for index in range(40):
        size = (int(rng.integers(1, 13)), int(rng.integers(1, 13)))
        pads = (0, 0, 0, 0) if index % 2 else tuple(int(n) for n in rng.integers(0, 2, 4))
        window = Window((size[0] + pads[0] + pads[2], size[1] + pads[1] + pads[3]), (2, 2), pads)  # type: ignore[arg-type]
        x = quantised((1 + index % 3, *size, int(rng.integers(1, 20))), 0.05, int(rng.integers(-128, 128)))
        op = AveragePool2D(window, bool(index % 4), divide=index % 7 > 0)
        scale = 0.05 if index % 3 else float(np.float32(0.05 * np.exp2(rng.uniform(-6.0, 3.0))))
        y = quantised(op.infer((x,))[0].shape, scale, int(rng.integers(-128, 128)))
        values = int8s(rng, x.shape, extreme=index % 5 == 0)
        found.append(Case(op, (x,), (y,), (values,), core=CORES[core]))
    able = [case for case in found if kernel.accepts(case.site)]
    assert len(able) > 25
    return able


def test_whole_images_on_this_machine() -> None:
    check(kernel_named(AveragePool2D, "tc_global_average_pool_s8"), _whole_images())


@pytest.mark.parametrize("core", ["cortex-m0+", "cortex-m4f"])
@pytest.mark.parametrize("compiler", ARM_COMPILERS)
def test_whole_images_emulated(compiler: str, core: str) -> None:
    check_emulated(kernel_named(AveragePool2D, "tc_global_average_pool_s8"), _whole_images(core), compiler)


def test_parts_of_images_are_left_to_others() -> None:
    kernel, x = kernel_named(AveragePool2D, "tc_global_average_pool_s8"), quantised((1, 4, 4, 8), 0.05, 0)
    for window in (
        Window((4, 3)),
        Window((3, 4)),
        Window((2, 2), (2, 2)),
        Window((4, 4), (4, 4), (1, 0, 0, 0)),
    ):
        op = AveragePool2D(window)
        assert not kernel.accepts(Case(op, (x,), op.infer((x,)), (np.zeros(x.shape, np.int8),)).site)


@pytest.mark.parametrize("zero", [-128, -1, 0, 1, 127])
def test_ties_go_away_from_zero_in_the_result(zero: int) -> None:
    """2x2 averages with equal scales: every sum of four values, a quarter of which are ties."""
    sums = np.arange(-512, 509)
    quarters = np.stack([(sums + k) // 4 for k in range(4)], axis=1).astype(np.int8)
    values = np.repeat(quarters.reshape(1, -1, 2, 2)[..., None], 8, axis=4).transpose(0, 2, 1, 3, 4)
    values = np.ascontiguousarray(values.reshape(1, 2, -1, 8))
    x = quantised(values.shape, 0.1, zero)
    op = AveragePool2D(Window((2, 2), (2, 2)))
    y = quantised(op.infer((x,))[0].shape, 0.1, zero)
    check(_kernel(AveragePool2D), [Case(op, (x,), (y,), (values,))])
    eighths = np.stack([(sums + k) // 8 for k in range(8)], axis=1).astype(np.int8).reshape(-1, 2, 4, 1)
    x, op = quantised(eighths.shape, 0.1, zero), AveragePool2D(Window((2, 4)))
    y = quantised(op.infer((x,))[0].shape, 0.1, zero)
    check(kernel_named(AveragePool2D, "tc_global_average_pool_s8"), [Case(op, (x,), (y,), (eighths,))])
