"""Comparisons and logic, element by element with broadcasting; the results are bool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tinycompile.ir import DType, GraphBuilder, Op, Types
from tinycompile.ops.broadcast import Elementwise, add_elementwise, fits_loops, looped, loops
from tinycompile.ops.integers import SUFFIXES, WIDTHS, raw_of, raw_of_width
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Scalar, Site, elementwise_in_place, per_result
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import SourceNode


class Relation(StrEnum):
    """How two elements are compared; the opposite relations swap the operands."""

    EQUAL = "equal"
    LESS = "less"
    LESS_EQUAL = "less_equal"


class Bitwise(StrEnum):
    """Operations on bits; on bools they are the logical ones."""

    AND = "and"
    OR = "or"
    XOR = "xor"


class FloatClass(StrEnum):
    """Classes of floats."""

    NAN = "isnan"
    INFINITE = "isinf"


_RELATIONS: dict[Relation, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    Relation.EQUAL: np.equal,
    Relation.LESS: np.less,
    Relation.LESS_EQUAL: np.less_equal,
}
_BITWISE: dict[Bitwise, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    Bitwise.AND: np.bitwise_and,
    Bitwise.OR: np.bitwise_or,
    Bitwise.XOR: np.bitwise_xor,
}


@dataclass(frozen=True)
class Compare(Elementwise):
    """`relation` of x and z, as bool; false where a float is NaN."""

    relation: Relation

    def result_dtype(self, ins: Types) -> DType:
        return DType.BOOL

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        return (np.asarray(_RELATIONS[self.relation](xs[0], xs[1])),)


@dataclass(frozen=True)
class Bits(Elementwise):
    """`operation` on bools or on the bits of integers."""

    operation: Bitwise

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        return (np.asarray(_BITWISE[self.operation](xs[0], xs[1])),)


@dataclass(frozen=True)
class Classify(Op):
    """Whether a float32 is NaN, or infinite with a sign in `signs`."""

    test: FloatClass
    signs: tuple[int, ...] = (-1, 1)

    def infer(self, ins: Types) -> Types:
        if ins[0].dtype is not DType.FLOAT32:
            raise ValueError(f"{ins[0]} is not float32")
        return (ins[0].with_dtype(DType.BOOL),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        if self.test is FloatClass.NAN:
            return (np.asarray(np.isnan(xs[0])),)
        signs = [np.float32(sign * np.inf) for sign in self.signs]
        return (np.isin(xs[0], signs),)

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op:
        return self


_SOURCES: dict[str, tuple[Elementwise, bool]] = {
    "Equal": (Compare(Relation.EQUAL), False),
    "Less": (Compare(Relation.LESS), False),
    "LessOrEqual": (Compare(Relation.LESS_EQUAL), False),
    "Greater": (Compare(Relation.LESS), True),
    "GreaterOrEqual": (Compare(Relation.LESS_EQUAL), True),
    "And": (Bits(Bitwise.AND), False),
    "Or": (Bits(Bitwise.OR), False),
    "Xor": (Bits(Bitwise.XOR), False),
    "BitwiseAnd": (Bits(Bitwise.AND), False),
    "BitwiseOr": (Bits(Bitwise.OR), False),
    "BitwiseXor": (Bits(Bitwise.XOR), False),
}


@imports(*_SOURCES)
def _import_binary(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    op, swapped = _SOURCES[node.op_type]
    operands = [node.input(1), node.input(0)] if swapped else [node.input(0), node.input(1)]
    return [add_elementwise(b, op, operands, node.origins, node.name)]


@imports("Not", "BitwiseNot")
def _import_not(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """All bits flipped: exclusive or with all ones."""
    dtype = node.type(0, b).dtype
    ones = np.ones((), np.bool_) if dtype is DType.BOOL else np.invert(np.zeros((), dtype.numpy))
    operands = [node.input(0), b.const(np.asarray(ones), "ones")]
    return [add_elementwise(b, Bits(Bitwise.XOR), operands, node.origins, node.name)]


@imports("IsNaN", "IsInf")
def _import_classify(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    if node.op_type == "IsNaN":
        op = Classify(FloatClass.NAN)
    else:
        flags = {-1: node.attr_int("detect_negative", 1), 1: node.attr_int("detect_positive", 1)}
        op = Classify(FloatClass.INFINITE, tuple(sign for sign, wanted in flags.items() if wanted))
    return [b.add1(op, node.input(0), origins=node.origins, hint=node.name)]


def _args(site: Site) -> tuple[Arg, ...]:
    return (In(0), In(1), Out(0), loops(site))


def _compare_kernel(relation: Relation, suffix: str, types: Callable[[Site], bool], dtype: str) -> Kernel:
    def accepts(site: Site) -> bool:
        assert isinstance(site.op, Compare)
        return site.op.relation is relation and types(site) and fits_loops(site)

    return Kernel(
        f"tc_{relation}_{suffix}",
        _args,
        accepts,
        in_place=elementwise_in_place,
        cycles=looped(19.0 if suffix.endswith("64") else 16.0 if suffix == "f32" else 14.0),
        dtype=dtype,
    )


def _bits_kernel(operation: Bitwise, bits: int) -> Kernel:
    def accepts(site: Site) -> bool:
        assert isinstance(site.op, Bits)
        return site.op.operation is operation and raw_of_width(bits)(site) and fits_loops(site)

    return Kernel(
        f"tc_{operation}_{bits}",
        _args,
        accepts,
        in_place=elementwise_in_place,
        cycles=looped(11.0),
        dtype=f"int{bits}",
    )


def _classify_args(site: Site) -> tuple[Arg, ...]:
    assert isinstance(site.op, Classify)
    count = Scalar(site.ins[0].elements)
    if site.op.test is FloatClass.NAN:
        return (In(0), Out(0), count)
    return (In(0), Out(0), count, *(Scalar(int(sign in site.op.signs)) for sign in (-1, 1)))


def _classify_kernel(test: FloatClass) -> Kernel:
    def accepts(site: Site) -> bool:
        assert isinstance(site.op, Classify)
        return site.op.test is test

    return Kernel(f"tc_{test}_f32", _classify_args, accepts, cycles=per_result(12.0), dtype="float32")


_ORDERS = (Relation.LESS, Relation.LESS_EQUAL)

kernels(
    Compare,
    _compare_kernel(Relation.EQUAL, "f32", raw_of(DType.FLOAT32), "float32"),
    *(_compare_kernel(Relation.EQUAL, str(bits), raw_of_width(bits), f"int{bits}") for bits in WIDTHS),
    *(
        _compare_kernel(order, suffix, raw_of(dtype), dtype.value)
        for order in _ORDERS
        for dtype, suffix in SUFFIXES.items()
    ),
)
kernels(Bits, *(_bits_kernel(operation, bits) for operation in Bitwise for bits in WIDTHS))
kernels(Classify, *(_classify_kernel(test) for test in FloatClass))
