"""BitShift with broadcasting, on all integer types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, GraphBuilder, Types
from tinycompile.ops.broadcast import Elementwise, add_elementwise, fits_loops, looped, loops
from tinycompile.ops.integers import SUFFIXES, WIDTHS, raw_of, raw_of_width
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Site, elementwise_in_place
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import SourceNode


@dataclass(frozen=True)
class Shift(Elementwise):
    """x << z, or x >> z with copies of the sign; by a negative z or all bits of x only the sign stays."""

    left: bool

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        x, z = np.broadcast_arrays(*xs)
        bits = ins[0].dtype.itemsize * 8
        outside = (z < 0) | (z >= bits)
        amount = np.where(outside, 0, z).astype(x.dtype)
        rest = np.zeros_like(x) if self.left else np.where(x < 0, -np.ones_like(x), 0)
        shifted = np.left_shift(x, amount) if self.left else np.right_shift(x, amount)
        return (np.where(outside, rest, shifted).astype(x.dtype),)


@imports("BitShift")
def _import_shift(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    direction = node.attr_str("direction")
    if direction not in ("LEFT", "RIGHT"):
        raise node.error(f"direction '{direction}' is unknown", "use LEFT or RIGHT")
    operands = [node.input(0), node.input(1)]
    return [add_elementwise(b, Shift(direction == "LEFT"), operands, node.origins, node.name)]


def _args(site: Site) -> tuple[Arg, ...]:
    return (In(0), In(1), Out(0), loops(site))


def _kernel(symbol: str, left: bool, types: Callable[[Site], bool], dtype: str) -> Kernel:
    def accepts(site: Site) -> bool:
        assert isinstance(site.op, Shift)
        return site.op.left is left and types(site) and fits_loops(site)

    return Kernel(symbol, _args, accepts, in_place=elementwise_in_place, cycles=looped(14.0), dtype=dtype)


kernels(
    Shift,
    *(_kernel(f"tc_shift_left_{bits}", True, raw_of_width(bits), f"int{bits}") for bits in WIDTHS),
    *(
        _kernel(f"tc_shift_right_{suffix}", False, raw_of(dtype), dtype.value)
        for dtype, suffix in SUFFIXES.items()
        if dtype is not DType.FLOAT32
    ),
)
