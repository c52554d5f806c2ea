"""The code of no kernel grows unnoticed: more than 5 % over the table fails.

`python -m tests.budgets.test_kernel_code` writes the table anew, to be looked at in the diff.
"""

from __future__ import annotations

import sys

import pytest

from tests.codegen.compilers import needs_arm_gcc
from tinycompile.build import find_arm_gcc, kernel_code
from tinycompile.codegen.runtime import sources_for
from tinycompile.ops import kernels_of, op_classes
from tinycompile.resources import runtime_dir
from tinycompile.target import CORES

_TABLE = runtime_dir() / "kernel_code.txt"
_CORE, _COMPILER = "cortex-m4f", "12.2.1"
_GROWTH = 1.05


def _measured() -> dict[str, int]:
    compiler = find_arm_gcc()
    assert compiler is not None
    if not compiler.version.endswith(_COMPILER):
        pytest.skip(f"the table holds for gcc {_COMPILER}, this is {compiler.version}")
    sources = sources_for({kernel.symbol for op in op_classes() for kernel in kernels_of(op)})
    symbols = [name.removesuffix(".c") for name in sources]
    return kernel_code(symbols, CORES[_CORE], compiler, "speed")


def _budgets() -> dict[str, int]:
    rows = (line.split() for line in _TABLE.read_text(encoding="utf-8").splitlines())
    return {symbol: int(size) for symbol, size in rows}


@pytest.mark.qemu
@needs_arm_gcc
def test_no_kernel_outgrows_its_budget() -> None:
    measured, budgets = _measured(), _budgets()
    assert measured.keys() == budgets.keys()
    over = {
        s: f"{size} bytes, {budgets[s]} before" for s, size in measured.items() if size > _GROWTH * budgets[s]
    }
    assert not over


if __name__ == "__main__":
    rows = (f"{symbol} {size}\n" for symbol, size in _measured().items())
    sys.exit(not _TABLE.write_text("".join(rows), encoding="utf-8"))
