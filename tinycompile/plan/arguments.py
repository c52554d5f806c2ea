"""Operands and arguments of calls, as they stand in a Program."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.ir import TensorType
from tinycompile.ops import Scalar, Struct

C_TYPES = {
    "float32": "float",
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "uint16": "uint16_t",
    "int32": "int32_t",
    "uint32": "uint32_t",
    "int64": "int64_t",
    "uint64": "uint64_t",
    "bool": "uint8_t",
}


@dataclass(frozen=True)
class Operand:
    """An operand or result: in the arena at `offset`, the constant `const`, or both when it is fetched."""

    value: str
    type: TensorType
    offset: int | None = None
    const: str | None = None

    @property
    def span(self) -> tuple[int, int]:
        """The half-open byte range in the arena; empty for constants."""
        if self.offset is None:
            return (0, 0)
        return (self.offset, self.offset + self.type.nbytes)


@dataclass(frozen=True)
class ArenaArg:
    """`(ctype *)(arena + offset)`; `const` when the kernel only reads through it."""

    offset: int
    ctype: str
    const: bool


@dataclass(frozen=True)
class StagedArg(ArenaArg):
    """An `ArenaArg` where a fetch has put the constant `name`."""

    name: str


@dataclass(frozen=True)
class ConstArg:
    """Pointer to the constant `name`, as elements of its own type."""

    name: str


@dataclass(frozen=True)
class NullArg:
    """A null pointer."""


@dataclass(frozen=True)
class RingArg:
    """Pointer to rows: of run-time operand `feed` (its position among the feeds), or of the result for -1."""

    feed: int
    ctype: str


CallArg = ArenaArg | ConstArg | NullArg | RingArg | Scalar | Struct


@dataclass(frozen=True)
class Scratch:
    """A byte range of the arena that one call may use freely."""

    offset: int
    size: int


def c_type(type_: TensorType) -> str:
    """The C element type of a tensor."""
    return C_TYPES[type_.dtype.value]
