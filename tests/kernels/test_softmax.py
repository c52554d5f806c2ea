"""Softmax gives the same bytes everywhere: int8 from all exponentials or from their factors, and float32."""

from __future__ import annotations

import numpy as np
import pytest
from cases import floats, int8s, quantised
from emulated import check_emulated
from harness import Case, check, kernel_named

from tests.codegen.compilers import ARM_COMPILERS
from tinycompile.ir import DType, TensorType
from tinycompile.ops.softmax import Form, Softmax, exponentials
from tinycompile.target import CORES

_SYMBOLS = ("tc_softmax_s8", "tc_softmax_small_s8")


def _cases(count: int, core: str = "host") -> list[Case]:
    """Rows of one to a thousand elements along any axis; scales of results that are powers of two or not."""
    rng = np.random.default_rng(33)
    cases = []
    for index in range(count):
        length = int(rng.choice([1, 2, 10, 33, 1000])) if index % 4 else int(rng.integers(1, 20))
        shape = (int(rng.integers(1, 4)), length, int(rng.integers(1, 4)))
        x = quantised(shape, float(np.float32(np.exp2(rng.uniform(-8, 3)))), int(rng.integers(-128, 128)))
        scale = [1 / 256, 1 / 128, 0.0041, 0.01, 0.7, 3.0][index % 6]
        y = quantised(shape, float(np.float32(scale)), int(rng.choice([-128, 0, 100])))
        values = int8s(rng, shape, extreme=index % 5 == 0)
        cases.append(Case(Softmax(1), (x,), (y,), (values,), core=CORES[core]))
    return cases


@pytest.mark.parametrize("symbol", _SYMBOLS)
def test_on_this_machine(symbol: str) -> None:
    check(kernel_named(Softmax, symbol), _cases(120))


@pytest.mark.parametrize("core", ["cortex-m0+", "cortex-m4f"])
@pytest.mark.parametrize("compiler", ARM_COMPILERS)
@pytest.mark.parametrize("symbol", _SYMBOLS)
def test_emulated(symbol: str, compiler: str, core: str) -> None:
    check_emulated(kernel_named(Softmax, symbol), _cases(24, core), compiler)


def _float_cases(form: Form, core: str = "host") -> list[Case]:
    """Distances from 0 to beyond what exponentials can hold, subnormal results, and what is no number."""
    rng = np.random.default_rng(34)
    near = np.linspace(-120, 0, 4801, dtype=np.float32)
    far = -np.geomspace(1, 3e38, 400, dtype=np.float32)
    rows = [np.stack([np.zeros_like(d), d], axis=1) for d in (near, far)]
    with np.errstate(over="ignore"):
        rows += [floats(rng, (60, 7), s) * np.float32(scale) for s in (0.0, 0.2) for scale in (1, 30, 1e30)]
    return [
        Case(op, (x,), op.infer((x,)), (values,), core=CORES[core])
        for values in rows
        for x, op in [(TensorType(values.shape, DType.FLOAT32), Softmax(1, form))]
    ]


@pytest.mark.parametrize("form", [Form.SHARE, Form.LOG])
def test_floats_on_this_machine(form: Form) -> None:
    check(kernel_named(Softmax, f"tc_{form}_f32"), _float_cases(form))


@pytest.mark.parametrize("core", ["cortex-m0+", "cortex-m4f"])
@pytest.mark.parametrize("compiler", ARM_COMPILERS)
@pytest.mark.parametrize("form", [Form.SHARE, Form.LOG])
def test_floats_emulated(form: Form, compiler: str, core: str) -> None:
    check_emulated(kernel_named(Softmax, f"tc_{form}_f32"), _float_cases(form, core), compiler)


def test_an_exponential_worked_out_by_hand() -> None:
    """The example of docs/numerics.md: scale_x = 0.1, scale_y = 1/256, ten elements, distance 20."""
    x, y = quantised((1, 10), float(np.float32(0.1)), 0), quantised((1, 10), 1 / 256, -128)
    found = exponentials(Softmax(1), x, y)
    assert (int(found.levels[1]), int(found.levels[16 + 4])) == (1693631, 1439501329)
    assert int(found.terms[0]) == 1 << 22
    assert int(found.terms[20]) == 567637 == (1693631 * 1439501329 + 2**31) >> 32
    assert (found.shift, found.multiplier, int(found.numerators[20])) == (9, 2**31, 567637 << 8)


@pytest.mark.parametrize("scale", [0.001, 0.02, 0.3])
@pytest.mark.parametrize("count", [10, 1000])
def test_results_are_those_of_the_exact_softmax(scale: float, count: int) -> None:
    """Rounded once from double precision; nothing is close enough to a tie to tell the two apart."""
    scale = float(np.float32(scale))
    x, y = quantised((64, count), scale, 0), quantised((64, count), 1 / 256, -128)
    values = int8s(np.random.default_rng(7), (64, count))
    powers = np.exp((values.astype(np.float64) - values.max(axis=1, keepdims=True)) * scale)
    share = np.rint(powers / powers.sum(axis=1, keepdims=True) * 256) - 128
    (got,) = Softmax(1).evaluate((values,), (x,), (y,))
    assert np.array_equal(got, np.clip(share, -128, 127).astype(np.int8))
