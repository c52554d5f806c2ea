"""What an inference of the MLPerf Tiny networks costs on three cores stays within its goals."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.cores import MACHINES, NETWORKS, Network, cost
from tests.codegen.compilers import needs_arm_gcc
from tests.skips import skip_here
from tinycompile.build import find_arm_gcc

pytest.importorskip("unicorn")
pytest.importorskip("capstone")

_COMPILER = "12.2.1"


@pytest.mark.qemu
@needs_arm_gcc
@pytest.mark.parametrize("core", MACHINES)
@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: n.label)
def test_within_the_goal(zoo: Path, network: Network, core: str) -> None:
    compiler = find_arm_gcc()
    assert compiler is not None
    if not compiler.version.endswith(_COMPILER):
        skip_here(f"the goals hold for gcc {_COMPILER}, this is {compiler.version}")
    found = cost(zoo, network, core, compiler)
    assert (found.cycles is None) == (core != "Cortex-M4")
    assert found.share <= 1
