"""Elementwise operators of several tensors: NumPy broadcasting, collapsed to few loops for the kernels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, GraphBuilder, Op, Region, RegionForm, TensorType, Types
from tinycompile.ops.common import elementwise_region
from tinycompile.ops.kernel import Site, Struct, same_dtype
from tinycompile.ops.layout import Reshape

#: Loops of the C bodies; shapes with more dimensions after merging are refused.
MAX_RANK = 6

Shape = tuple[int, ...]


def broadcast_shape(shapes: Sequence[Shape]) -> Shape:
    """The common shape of operands that broadcast against each other.

    Raises:
        ValueError: they do not.
    """
    try:
        return tuple(int(size) for size in np.broadcast_shapes(*shapes))
    except ValueError:
        raise ValueError(f"shapes {', '.join(map(str, shapes))} do not broadcast") from None


def collapse(out: Shape, operands: Sequence[Shape]) -> tuple[Shape, tuple[Shape, ...]]:
    """The fewest loops that walk `out` densely: (sizes, per operand the element strides).

    Dimensions of size 1 vanish; neighbours merge where every operand is dense or constant over both.
    The last stride of an operand is always 0 or 1.
    """
    if 0 in out:
        return (0,), ((0,),) * len(operands)
    strides = [_strides(out, shape) for shape in operands]
    sizes: list[int] = []
    steps: list[list[int]] = []
    for axis in reversed([axis for axis, size in enumerate(out) if size != 1]):
        step = [stride[axis] for stride in strides]
        if sizes and all(outer == inner * sizes[0] for outer, inner in zip(step, steps[0], strict=True)):
            sizes[0] *= out[axis]
            continue
        sizes.insert(0, out[axis])
        steps.insert(0, step)
    if not sizes:
        return (1,), ((0,),) * len(operands)
    return tuple(sizes), tuple(zip(*steps, strict=True))


def _strides(out: Shape, shape: Shape) -> Shape:
    padded = (1,) * (len(out) - len(shape)) + shape
    return tuple(0 if size == 1 else math.prod(padded[axis + 1 :]) for axis, size in enumerate(padded))


def fits_loops(site: Site) -> bool:
    """True when the C bodies have enough loops."""
    return len(collapse(site.outs[0].shape, [t.shape for t in site.ins])[0]) <= MAX_RANK


def loops(site: Site) -> Struct:
    """The parameter block `tc_broadcast<n>_t` of an elementwise operator with n operands."""
    sizes, strides = collapse(site.outs[0].shape, [t.shape for t in site.ins])
    fill = MAX_RANK - len(sizes)
    fields = [("size", (1,) * fill + sizes)]
    fields += [(label, (0,) * fill + stride) for label, stride in zip("abc", strides, strict=False)]
    return Struct(f"tc_broadcast{len(site.ins)}_t", tuple(fields))


def loop_cycles(site: Site, per_element: float, per_row: float) -> float:
    """Cycles of a C body: per element, and per run of the innermost loop."""
    sizes, _ = collapse(site.outs[0].shape, [t.shape for t in site.ins])
    return site.outs[0].elements * per_element + math.prod(sizes[:-1]) * per_row


def looped(per_element: float, per_row: float = 20.0) -> Callable[[Site], float]:
    """The estimate of a C body: `loop_cycles`."""
    return lambda site: loop_cycles(site, per_element, per_row)


@dataclass(frozen=True)
class Elementwise(Op):
    """Base of operators whose result i depends on element i of each (broadcast) operand."""

    def infer(self, ins: Types) -> Types:
        if not same_dtype(ins):
            raise ValueError(f"operands {', '.join(map(str, ins))} have different element types")
        return (TensorType(broadcast_shape([t.shape for t in ins]), self.result_dtype(ins)),)

    def result_dtype(self, ins: Types) -> DType:
        """The element type of the result; that of operand 0 unless overridden."""
        return ins[0].dtype

    def region_form(self, region: Region, ins: Types, outs: Types) -> RegionForm | None:
        return elementwise_region(self, region, ins, outs)

    def channelwise(self, ins: Types, outs: Types) -> bool:
        return True

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op | None:
        return self if all(t.rank == outs[0].rank for t in ins) else None


def add_elementwise(
    b: GraphBuilder, op: Op, operands: Sequence[str], origins: Sequence[str], hint: str = ""
) -> str:
    """Apply an elementwise operator; operands of lower rank get leading dimensions of size 1.

    Equal ranks let layout changes pass through the operator.

    Raises:
        ValueError: the operands do not go together.
    """
    rank = max(b.type(x).rank for x in operands)
    aligned = [_with_rank(b, x, rank, origins) for x in operands]
    return b.add1(op, *aligned, origins=origins, hint=hint)


def _with_rank(b: GraphBuilder, x: str, rank: int, origins: Sequence[str]) -> str:
    shape = b.type(x).shape
    if len(shape) == rank:
        return x
    return b.add1(Reshape((1,) * (rank - len(shape)) + shape), x, origins=origins)
