"""Kernels: how an operator on given types is realised by one C function.

A `Kernel` is data and pure functions of a `Site`. The planner asks it for scratch and in-place
tolerance, the Program records its arguments, the emitter prints them. No C text is made here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from tinycompile.ir import Op, TensorType, Types
from tinycompile.target import Core, Feature


@dataclass(frozen=True, eq=False)
class Site:
    """One node with everything a kernel may look at."""

    op: Op
    ins: Types
    outs: Types
    consts: tuple[np.ndarray | None, ...]
    core: Core

    def const(self, index: int) -> np.ndarray:
        """The data of operand `index`, which must be a constant."""
        data = self.consts[index]
        if data is None:
            raise ValueError(f"{self.op.name}: operand {index} is not a constant")
        return data

    def has_const(self, index: int) -> bool:
        """True when operand `index` exists and is a constant."""
        return index < len(self.consts) and self.consts[index] is not None


class Quantised:
    """A site as far as constants, element types and quantisation go: the key of what is worked out from them.

    Equal for all parts of one node, whose constants and quantisation are the same objects; to compare what
    these hold would take longer than most of what is looked up.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        types = (*site.ins, *site.outs)
        self._key = (*map(id, site.consts), *(t.dtype for t in types), *(id(t.quant) for t in types))
        self._hash = hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantised) and self._key == other._key

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True)
class In:
    """Pointer to operand `index` (in the arena, or in flash when it is a constant)."""

    index: int


@dataclass(frozen=True)
class Out:
    """Pointer to result `index` in the arena."""

    index: int


@dataclass(frozen=True)
class Scratch:
    """Pointer into this call's scratch, `offset` bytes from its start, of C type `ctype *`."""

    ctype: str = "uint8_t"
    offset: int = 0


class Purpose(StrEnum):
    """What a constant in flash is for."""

    WEIGHTS = (
        "weights"  #: tensors of the model, in whatever order, with the biases and factors packed among them
    )
    BIASES = "biases"  #: one number a channel
    QUANTISATION = "quantisation"  #: scales and zero points of tensors, or factors made of them
    TABLE = "table"  #: what a kernel looks up beside those: functions, positions; counted with the code


@dataclass(frozen=True, eq=False)
class Data:
    """Pointer to a constant that the kernel packed for itself; `label` ends its C name."""

    array: np.ndarray
    label: str
    purpose: Purpose


@dataclass(frozen=True)
class Null:
    """A null pointer, for an optional operand that is absent."""


@dataclass(frozen=True)
class Scalar:
    """A number by value, of C type `ctype`."""

    value: int | float
    ctype: str = "int32_t"


FieldValue = int | float | tuple[int, ...] | tuple[float, ...]


@dataclass(frozen=True)
class Struct:
    """Pointer to a constant parameter block of C type `ctype`, fields in declaration order."""

    ctype: str
    fields: tuple[tuple[str, FieldValue], ...]


Arg = In | Out | Scratch | Data | Null | Scalar | Struct


def _zero(site: Site) -> int:
    return 0


def _nothing(site: Site) -> tuple[tuple[int, int], ...]:
    return ()


def _always(site: Site) -> bool:
    return True


@dataclass(frozen=True)
class Kernel:
    """One C function of the runtime.

    Attributes:
        symbol: function name; the function stands in `<symbol>.c`.
        accepts: whether it can do this node (types, attributes, constants).
        args: its arguments in the order of the C prototype.
        requires: core features without which it is not considered.
        scratch: bytes of scratch it needs, 4-byte aligned or better.
        in_place: (operand, result) pairs that may start at the same address when the operand
            dies here. Only pairs for which the C code reads before it writes, byte for byte.
        aliased: the kernel works only when (one of) its pairs does share storage.
        compact: small in code and scratch for what it does; preferred where memory is the goal.
        tables: bytes of constants beside weights and quantisation parameters, where they are worth weighing.
        cycles: estimated cycles on a Cortex-M4 (Cortex-M4F for floats) at zero wait states, to rank variants.
        dtype: the column of the generated operator table.
    """

    symbol: str
    args: Callable[[Site], tuple[Arg, ...]]
    accepts: Callable[[Site], bool] = _always
    requires: frozenset[Feature] = field(default_factory=frozenset)
    scratch: Callable[[Site], int] = _zero
    in_place: Callable[[Site], tuple[tuple[int, int], ...]] = _nothing
    cycles: Callable[[Site], float] | None = None
    tables: Callable[[Site], int] = _zero
    aliased: bool = False
    compact: bool = False
    dtype: str = "int8"

    def estimate(self, site: Site) -> float | None:
        """Estimated cycles on the core of the site; None where there is no estimate."""
        return None if self.cycles is None else self.cycles(site) * site.core.pace

    @property
    def source(self) -> str:
        """The file of the runtime that holds the function."""
        return f"{self.symbol}.c"


def per_result(cycles: float, call: float = 30.0) -> Callable[[Site], float]:
    """The estimate of a kernel that spends `cycles` on every element of its result, `call` on all else."""
    return lambda site: cycles * site.outs[0].elements + call


def elementwise_in_place(site: Site) -> tuple[tuple[int, int], ...]:
    """In-place pairs of a kernel that reads element i of each operand before it writes element i.

    Operands that are broadcast, constant or of another element size are left out.
    """
    out = site.outs[0]
    return tuple(
        (index, 0)
        for index, type_ in enumerate(site.ins)
        if site.consts[index] is None
        and type_.shape == out.shape
        and type_.dtype.itemsize == out.dtype.itemsize
    )


def same_dtype(types: tuple[TensorType, ...]) -> bool:
    """True when all element types are equal."""
    return len({t.dtype for t in types}) <= 1
