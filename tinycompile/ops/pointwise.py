"""The common part of all functions of one tensor, element by element."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, Op, Types
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Scalar, Site, elementwise_in_place, per_result
from tinycompile.ops.lut import has_table, look_up, table, table_kernels
from tinycompile.ops.registry import kernels
from tinycompile.ops.traits import ElementTable


@dataclass(frozen=True)
class Pointwise(ElementTable):
    """Base: y[i] = f(x[i]). float32 by `single`, 8-bit tensors by a table of `real`, rounded once."""

    @property
    @abstractmethod
    def symbol(self) -> str:
        """The C function for float32."""

    @property
    def parameters(self) -> tuple[float, ...]:
        """What the C function takes after the element count."""
        return ()

    @abstractmethod
    def real(self, x: np.ndarray) -> np.ndarray:
        """The function on float64."""

    @abstractmethod
    def single(self, x: np.ndarray) -> np.ndarray:
        """The function on float32, each operation rounded as in C."""

    def infer(self, ins: Types) -> Types:
        if ins[0].dtype is not DType.FLOAT32 and not ins[0].quantised:
            raise ValueError(f"{self.name} is not defined on {ins[0]}")
        return (ins[0].with_dtype(ins[0].dtype),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        if ins[0].dtype is not DType.FLOAT32:
            return (look_up(xs[0], self.entries(ins, outs)),)
        with np.errstate(all="ignore"):
            return (np.asarray(self.single(xs[0]), dtype=np.float32),)

    def entries(self, ins: Types, outs: Types) -> np.ndarray:
        """The 256 results for an 8-bit operand."""
        return table(self.real, ins[0], outs[0])

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        return self if has_table(ins[0], outs[0]) else None


def pointwise_kernels(op_class: type[Pointwise], **cycles: float) -> None:
    """Register the table kernels and the float32 functions of an operator.

    `cycles`: C function -> estimated Cortex-M4F cycles an element, for operands of usual magnitude.
    """
    kernels(op_class, *table_kernels(_entries), *(_float_kernel(*found) for found in cycles.items()))


def _entries(site: Site) -> np.ndarray:
    assert isinstance(site.op, Pointwise)
    return site.op.entries(site.ins, site.outs)


def _float_kernel(symbol: str, cycles: float) -> Kernel:
    return Kernel(
        symbol,
        _float_args,
        _uses(symbol),
        in_place=elementwise_in_place,
        cycles=per_result(cycles),
        dtype="float32",
    )


def _float_args(site: Site) -> tuple[Arg, ...]:
    assert isinstance(site.op, Pointwise)
    parameters = (Scalar(float(np.float32(p)), "float") for p in site.op.parameters)
    return (In(0), Out(0), Scalar(site.ins[0].elements), *parameters)


def _uses(symbol: str) -> Callable[[Site], bool]:
    def accepts(site: Site) -> bool:
        op = site.op
        return isinstance(op, Pointwise) and op.symbol == symbol and site.ins[0].dtype is DType.FLOAT32

    return accepts
