"""One node on given data, and what its kernels are held to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinycompile.ir import Op, TensorType

Array = npt.NDArray[np.generic]
#: (instructions, model cycles) per unit, Cortex-M4, gcc 12.2.1 -O2; None where a peer has no such kernel.
Figures = tuple[float, float] | None


@dataclass(frozen=True)
class Shape:
    """One node and its yardsticks.

    Attributes:
        name: what the command line matches.
        unit: what `units` counts: MAC, element, input, or call.
        units: by how much totals are divided.
        make: builds the node.
        cmsis, tinyengine: the peers' figures per unit.
        goal: model cycles per unit on a Cortex-M4 to stay within.
    """

    name: str
    unit: str
    units: int
    make: Callable[[], Problem]
    cmsis: Figures = None
    tinyengine: Figures = None
    goal: float | None = None


@dataclass(frozen=True, eq=False)
class Problem:
    """A node with its operands; those after the first `inputs` are constants."""

    op: Op
    operands: tuple[tuple[TensorType, Array], ...]
    out: TensorType
    inputs: int = 1
