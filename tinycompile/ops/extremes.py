"""Min and Max of tensors with broadcasting, for every element type.

On quantised tensors all operands and the result share one quantisation, so that integers compare as
their reals do; rounding is monotonic, hence the result is that of the reals rounded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, GraphBuilder, Op, Types
from tinycompile.numeric.float_math import maxf, minf
from tinycompile.ops.broadcast import Elementwise, add_elementwise, fits_loops, looped, loops
from tinycompile.ops.integers import SUFFIXES
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Site, elementwise_in_place
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import SourceNode


@dataclass(frozen=True)
class Max(Elementwise):
    """The larger element; NaN if either is NaN."""

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        return (np.asarray(maxf(*xs) if ins[0].dtype is DType.FLOAT32 else np.maximum(*xs)),)

    @property
    def moves_data(self) -> bool:
        return True

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        return self


@dataclass(frozen=True)
class Min(Max):
    """The smaller element; NaN if either is NaN."""

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        return (np.asarray(minf(*xs) if ins[0].dtype is DType.FLOAT32 else np.minimum(*xs)),)


@imports("Max", "Min")
def _import_extreme(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    op = Max() if node.op_type == "Max" else Min()
    result = node.input(0)
    for index in range(1, len(node.inputs)):
        result = add_elementwise(b, op, [result, node.input(index)], node.origins, node.name)
    return [result]


def _kernel(stem: str, dtype: DType, suffix: str) -> Kernel:
    def accepts(site: Site) -> bool:
        return all(t.dtype is dtype for t in site.ins) and fits_loops(site)

    cycles = 20.0 if dtype.itemsize == 8 else 16.0 if dtype is DType.FLOAT32 else 13.0
    return Kernel(
        f"tc_{stem}_{suffix}",
        _args,
        accepts,
        in_place=elementwise_in_place,
        cycles=looped(cycles, 50.0),
        dtype=dtype.value,
    )


def _args(site: Site) -> tuple[Arg, ...]:
    return (In(0), In(1), Out(0), loops(site))


kernels(Max, *(_kernel("maximum", dtype, suffix) for dtype, suffix in SUFFIXES.items()))
kernels(Min, *(_kernel("minimum", dtype, suffix) for dtype, suffix in SUFFIXES.items()))
