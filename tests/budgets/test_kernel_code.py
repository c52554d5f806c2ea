"""The code of no kernel grows unnoticed: more than 5 % over the table fails.

`python -m tests.budgets.test_kernel_code` writes the table anew, to be looked at in the diff.
"""

from __future__ import annotations

import sys

import pytest

from tests.codegen.compilers import needs_arm_gcc
from tests.skips import skip_here
from tinycompile.build import find_arm_gcc, kernel_code
from tinycompile.codegen.runtime import sources_for
from tinycompile.ops import kernels_of, op_classes
from tinycompile.ops.kernel_code import TABLE, Code, code_bytes, parse
from tinycompile.resources import runtime_dir
from tinycompile.target import CORES

_TABLE = runtime_dir() / TABLE
_CORE, _COMPILER = "cortex-m4f", "12.2.1"
_GROWTH = 1.05


def _symbols() -> list[str]:
    """All functions that kernels bring with them."""
    sources = sources_for({kernel.symbol for op in op_classes() for kernel in kernels_of(op)})
    return [name.removesuffix(".c") for name in sources]


def _calls(symbol: str) -> tuple[str, ...]:
    """The other functions that one brings with it."""
    return tuple(s for s in (n.removesuffix(".c") for n in sources_for([symbol])) if s != symbol)


def _measured() -> dict[str, int]:
    compiler = find_arm_gcc()
    assert compiler is not None
    if not compiler.version.endswith(_COMPILER):
        skip_here(f"the table holds for gcc {_COMPILER}, this is {compiler.version}")
    return kernel_code(_symbols(), CORES[_CORE], compiler, "speed")


def _table() -> dict[str, Code]:
    return parse(_TABLE.read_text(encoding="utf-8"))


@pytest.mark.qemu
@needs_arm_gcc
def test_no_kernel_outgrows_its_budget() -> None:
    measured, budgets = _measured(), {symbol: code.size for symbol, code in _table().items()}
    assert measured.keys() == budgets.keys()
    over = {
        s: f"{size} bytes, {budgets[s]} before" for s, size in measured.items() if size > _GROWTH * budgets[s]
    }
    assert not over


def test_the_table_knows_what_each_function_calls() -> None:
    assert {symbol: code.calls for symbol, code in _table().items()} == {s: _calls(s) for s in _symbols()}


def test_what_is_called_twice_counts_once() -> None:
    """Both call the tile of two pixels."""
    pair, table = ("tc_conv2d_1x1_s8_dsp", "tc_conv2d_small_s8_dsp"), _table()
    both = sum(code_bytes([symbol]) for symbol in pair) - table["tc_tile_two_s8_dsp"].size
    assert code_bytes(pair) == both


if __name__ == "__main__":
    rows = (f"{' '.join([symbol, str(size), *_calls(symbol)])}\n" for symbol, size in _measured().items())
    sys.exit(not _TABLE.write_text("".join(rows), encoding="utf-8"))
