"""ArgMax and ArgMin along one dimension: float32, int8, uint8, int32; int64 results."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, GraphBuilder, Op, TensorType, Types
from tinycompile.ops.axes import moved_axis, normal_axis
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Site, Struct
from tinycompile.ops.layout import Reshape
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import SourceNode


@dataclass(frozen=True)
class ArgExtreme(Op):
    """Where along `axis`, which becomes 1, the largest (or smallest) element stands.

    Of equal ones the first, or the `last`. A NaN is never chosen, unless there is nothing else (then 0).
    """

    axis: int
    largest: bool = True
    last: bool = False

    def infer(self, ins: Types) -> Types:
        x = ins[0]
        if not 0 <= self.axis < x.rank or x.shape[self.axis] == 0:
            raise ValueError(f"{x} has no elements along dimension {self.axis}")
        return (TensorType((*x.shape[: self.axis], 1, *x.shape[self.axis + 1 :]), DType.INT64),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        x = np.moveaxis(xs[0], self.axis, -1)
        if ins[0].dtype is DType.FLOAT32:
            worst = np.float32(-np.inf if self.largest else np.inf)
            extreme = (np.fmax if self.largest else np.fmin).reduce(x, axis=-1, keepdims=True, initial=worst)
        else:
            extreme = (np.maximum if self.largest else np.minimum).reduce(x, axis=-1, keepdims=True)
        chosen = x == extreme
        if self.last:
            found = np.where(chosen.any(axis=-1), x.shape[-1] - 1 - np.argmax(chosen[..., ::-1], axis=-1), 0)
        else:
            found = np.argmax(chosen, axis=-1)
        return (found.astype(np.int64).reshape(outs[0].shape),)

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        return self if ins[0].dtype in (DType.INT8, DType.UINT8) and outs[0].quant is None else None

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op | None:
        return ArgExtreme(moved_axis(self.axis, perm), self.largest, self.last)


@imports("ArgMax", "ArgMin")
def _import_arg(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    x = node.type(0, b)
    axis = normal_axis(node, node.attr_int("axis", 0), x.rank)
    op = ArgExtreme(axis, node.op_type == "ArgMax", bool(node.attr_int("select_last_index", 0)))
    y = b.add1(op, node.input(0), origins=node.origins, hint=node.name)
    if node.attr_int("keepdims", 1):
        return [y]
    return b.add(Reshape((*x.shape[:axis], *x.shape[axis + 1 :])), [y], origins=node.origins)


def _args(site: Site) -> tuple[Arg, ...]:
    op, shape = site.op, site.ins[0].shape
    assert isinstance(op, ArgExtreme)
    return (
        In(0),
        Out(0),
        Struct(
            "tc_arg_t",
            (
                ("outer", math.prod(shape[: op.axis])),
                ("size", shape[op.axis]),
                ("inner", math.prod(shape[op.axis + 1 :])),
                ("last", int(op.last)),
            ),
        ),
    )


def _accepts(dtype: DType, largest: bool) -> Callable[[Site], bool]:
    def accepts(site: Site) -> bool:
        op = site.op
        assert isinstance(op, ArgExtreme)
        return site.ins[0].dtype is dtype and op.largest is largest

    return accepts


def _cycles(site: Site) -> float:
    """Estimated Cortex-M4F cycles: per element of the operand and of the result."""
    return 15.4 * site.ins[0].elements + 20.0 * site.outs[0].elements + 60.0


kernels(
    ArgExtreme,
    *(
        Kernel(
            f"tc_arg_{kind}_{suffix}",
            _args,
            _accepts(dtype, kind == "max"),
            cycles=_cycles,
            dtype=dtype.value,
        )
        for suffix, dtype in (
            ("s8", DType.INT8),
            ("f32", DType.FLOAT32),
            ("u8", DType.UINT8),
            ("s32", DType.INT32),
        )
        for kind in ("max", "min")
    ),
)
