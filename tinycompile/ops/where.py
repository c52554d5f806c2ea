"""Where: elements of one of two tensors, as a bool tensor says, with broadcasting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, GraphBuilder, Op, TensorType, Types
from tinycompile.ops.broadcast import Elementwise, add_elementwise, broadcast_shape, fits_loops, looped, loops
from tinycompile.ops.integers import WIDTHS
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Site, elementwise_in_place
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import SourceNode


@dataclass(frozen=True)
class Where(Elementwise):
    """Operands: condition (bool), x, z. x where the condition holds, z elsewhere."""

    def infer(self, ins: Types) -> Types:
        condition, x, z = ins
        if condition.dtype is not DType.BOOL or x.dtype is not z.dtype:
            raise ValueError(f"operands {condition}, {x}, {z} do not make a selection")
        return (TensorType(broadcast_shape([t.shape for t in ins]), x.dtype),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        return (np.asarray(np.where(xs[0], xs[1], xs[2])),)

    @property
    def moves_data(self) -> bool:
        return True

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        return self


@imports("Where")
def _import_where(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    return [add_elementwise(b, Where(), [node.input(i) for i in range(3)], node.origins, node.name)]


def _args(site: Site) -> tuple[Arg, ...]:
    return (In(0), In(1), In(2), Out(0), loops(site))


def _of_width(bits: int) -> Callable[[Site], bool]:
    return lambda site: site.outs[0].dtype.itemsize * 8 == bits and fits_loops(site)


kernels(
    Where,
    *(
        Kernel(
            f"tc_where_{bits}",
            _args,
            _of_width(bits),
            in_place=elementwise_in_place,
            cycles=looped(14.0, 100.0),
            dtype="any",
        )
        for bits in WIDTHS
    ),
)
