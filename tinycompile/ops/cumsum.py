"""CumSum along one dimension: float32, int32, int64 (modulo 2**32 and 2**64)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, GraphBuilder, Op, Types
from tinycompile.ops.axes import moved_axis, normal_axis
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Site, Struct, elementwise_in_place, per_result
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import TC_OPERANDS, SourceNode


@dataclass(frozen=True)
class CumSum(Op):
    """Sums of all elements up to each one along `axis`.

    `exclusive` leaves the element itself out; `reverse` sums from the end. Floats are added one by one
    from 0 on.
    """

    axis: int
    exclusive: bool = False
    reverse: bool = False

    def infer(self, ins: Types) -> Types:
        if not 0 <= self.axis < ins[0].rank:
            raise ValueError(f"{ins[0]} has no dimension {self.axis}")
        return (ins[0].with_shape(ins[0].shape),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        x = np.flip(xs[0], self.axis) if self.reverse else xs[0]
        start = np.zeros_like(x, shape=(*x.shape[: self.axis], 1, *x.shape[self.axis + 1 :]))
        with np.errstate(all="ignore"):
            sums = np.add.accumulate(np.concatenate([start, x], self.axis), self.axis, dtype=x.dtype)
        size = x.shape[self.axis]
        y = np.take(sums, range(size) if self.exclusive else range(1, size + 1), self.axis)
        return (np.ascontiguousarray(np.flip(y, self.axis) if self.reverse else y),)

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op | None:
        return CumSum(moved_axis(self.axis, perm), self.exclusive, self.reverse)


@imports("CumSum")
def _import_cumsum(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    given = node.const(1, b, "the axis").ravel()
    if given.size != 1:
        raise node.error(f"the axis has {given.size} elements", code=TC_OPERANDS)
    axis = normal_axis(node, int(given[0]), node.type(0, b).rank)
    op = CumSum(axis, bool(node.attr_int("exclusive", 0)), bool(node.attr_int("reverse", 0)))
    return b.add(op, [node.input(0)], origins=node.origins, hint=node.name)


def _args(site: Site) -> tuple[Arg, ...]:
    op, shape = site.op, site.ins[0].shape
    assert isinstance(op, CumSum)
    return (
        In(0),
        Out(0),
        Struct(
            "tc_cumsum_t",
            (
                ("outer", math.prod(shape[: op.axis])),
                ("size", shape[op.axis]),
                ("inner", math.prod(shape[op.axis + 1 :])),
                ("exclusive", int(op.exclusive)),
                ("reverse", int(op.reverse)),
            ),
        ),
    )


def _holds(dtype: DType) -> Callable[[Site], bool]:
    return lambda site: site.ins[0].dtype is dtype


kernels(
    CumSum,
    *(
        Kernel(
            f"tc_cumsum_{suffix}",
            _args,
            _holds(dtype),
            in_place=elementwise_in_place,
            cycles=per_result(16.5, 200.0),
            dtype=dtype.value,
        )
        for suffix, dtype in (("f32", DType.FLOAT32), ("s32", DType.INT32), ("s64", DType.INT64))
    ),
)
