"""Cast between all element types of the runtime, defined for every value.

From float32: cut towards zero and saturated; NaN becomes 0. Between integers: modulo 2**bits, as in C.
To bool: not equal to 0. int64 and uint64 are rounded to the nearest float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, GraphBuilder, Op, Types
from tinycompile.ops.element_types import element_type
from tinycompile.ops.integers import SUFFIXES, is_raw
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Scalar, Site, per_result
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import SourceNode


@dataclass(frozen=True)
class Cast(Op):
    """The same numbers with element type `dtype`."""

    dtype: DType

    def infer(self, ins: Types) -> Types:
        return (ins[0].with_dtype(self.dtype),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        x = xs[0]
        if self.dtype is DType.BOOL:
            return (np.asarray(x != 0),)
        if ins[0].dtype is DType.FLOAT32 and self.dtype.is_integer:
            return (_cut(x, self.dtype),)
        return (x.astype(self.dtype.numpy),)

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op:
        return self


def _cut(x: np.ndarray, dtype: DType) -> np.ndarray:
    """float32 towards zero and saturated to an integer type; NaN is 0."""
    low, high = dtype.limits
    # The bounds as floats are powers of two, or high rounded up to one; both compare exactly.
    below, above = x <= np.float32(low), x >= np.float32(high)
    inside = np.where(below | above | np.isnan(x), np.float32(0), x)
    return np.where(below, low, np.where(above, high, inside.astype(dtype.numpy))).astype(dtype.numpy)


@imports("Cast")
def _import_cast(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    return [_cast(node, b, element_type(node, node.attr_int("to")))]


@imports("CastLike")
def _import_cast_like(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    return [_cast(node, b, node.type(1, b).dtype)]


def _cast(node: SourceNode, b: GraphBuilder, dtype: DType) -> str:
    x = node.input(0)
    if b.type(x).dtype is dtype:
        return x
    return b.add1(Cast(dtype), x, origins=node.origins, hint=node.name)


def _args(site: Site) -> tuple[Arg, ...]:
    return (In(0), Out(0), Scalar(site.ins[0].elements))


def _integer_args(site: Site) -> tuple[Arg, ...]:
    x, y = site.ins[0].dtype, site.outs[0].dtype
    signed = x.is_integer and x.limits[0] < 0
    return (*_args(site), Scalar(x.itemsize), Scalar(y.itemsize), Scalar(int(signed)))


def _bool_args(site: Site) -> tuple[Arg, ...]:
    return (*_args(site), Scalar(site.ins[0].dtype.itemsize))


def _between_integers(site: Site) -> bool:
    return is_raw(site.ins[0]) and site.outs[0].dtype.is_integer


def _integer_to_bool(site: Site) -> bool:
    return is_raw(site.ins[0]) and site.outs[0].dtype is DType.BOOL


def _kernel(source: DType, target: DType) -> Kernel:
    def accepts(site: Site) -> bool:
        return (site.ins[0].dtype, site.outs[0].dtype) == (source, target) and not site.ins[0].quantised

    wide = 8 in (source.itemsize, target.itemsize)
    cycles = per_result(44.0 if wide else 10.0 if target is DType.FLOAT32 else 20.5)
    symbol = f"tc_cast_{_SUFFIXES[source]}_{_SUFFIXES[target]}"
    return Kernel(symbol, _args, accepts, cycles=cycles, dtype=source.value)


_SUFFIXES = {**SUFFIXES, DType.BOOL: "bool"}
_OTHERS = tuple(dtype for dtype in _SUFFIXES if dtype is not DType.FLOAT32)

kernels(
    Cast,
    Kernel("tc_cast_integer", _integer_args, _between_integers, cycles=per_result(97.0), dtype="any"),
    Kernel("tc_cast_integer_bool", _bool_args, _integer_to_bool, cycles=per_result(60.0), dtype="any"),
    *(_kernel(DType.FLOAT32, dtype) for dtype in _OTHERS),
    *(_kernel(dtype, DType.FLOAT32) for dtype in _OTHERS),
)
