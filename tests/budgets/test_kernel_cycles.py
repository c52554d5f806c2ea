"""The kernel chosen for each of the peers' shapes stays within its goal, and its estimate within 10 %."""

from __future__ import annotations

import pytest

from benchmarks.kernels.bench import graph_of, run
from benchmarks.kernels.problem import Shape
from benchmarks.kernels.shapes import SHAPES
from tests.codegen.compilers import needs_arm_gcc
from tests.skips import skip_here
from tinycompile.build import find_arm_gcc
from tinycompile.plan.select import select
from tinycompile.target import load_board

pytest.importorskip("unicorn")
pytest.importorskip("capstone")

_BOARD = "mps2-an386"
_COMPILER = "12.2.1"


@pytest.mark.qemu
@needs_arm_gcc
@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: s.name)
def test_goal_and_estimate(shape: Shape) -> None:
    compiler, board = find_arm_gcc(), load_board(_BOARD)
    assert compiler is not None
    if not compiler.version.endswith(_COMPILER):
        skip_here(f"the goals hold for gcc {_COMPILER}, this is {compiler.version}")
    (choice,) = select(graph_of(shape.make()), board.core).values()
    result = run(shape, choice.plain, board, compiler, "speed")
    assert result.exact
    assert result.cycles is not None and result.estimate is not None
    assert shape.goal is None or result.cycles <= shape.goal * shape.units
    assert abs(result.estimate / result.cycles - 1) < 0.1
