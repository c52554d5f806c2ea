"""Where flash goes: constants per layer and by what they are for, and the code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tinycompile.plan.arguments import CallArg, ConstArg
from tinycompile.plan.program import Call, Program
from tinycompile.plan.stage_types import RowOp, TileCall

#: Labels of constants that the compiler computes for its kernels; biases are told apart by rank too.
_TABLES = frozenset(
    {"requant", "table", "exp", "numerators", "offsets", "factors", "scale", "zero", "w_zero", "fill"}
)


@dataclass(frozen=True)
class LayerFlash:
    """Bytes of the constants that one call is the first to use.

    Attributes:
        weights: kernels, matrices and other tensors of the model.
        biases: one number per channel.
        tables: what kernels look up: requantisation factors, function tables, offsets.
    """

    step: int
    weights: int
    biases: int
    tables: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.weights + self.biases + self.tables


@dataclass(frozen=True)
class Part:
    """One share of the flash; `css` names its colour."""

    name: str
    css: str
    size: int


def layer_flash(program: Program) -> tuple[LayerFlash, ...]:
    """One entry a call; together they are `program.weight_bytes`."""
    staged = {step: args for stage in program.stages for op in stage.ops for step, args in _staged(op)}
    seen: set[str] = set()
    return tuple(_of_call(program, call, staged.get(call.step, call.args), seen) for call in program.calls)


def flash_parts(program: Program, flash: Mapping[str, Any]) -> tuple[Part, ...]:
    """The shares of the flash, largest kind of constant first, then the code as far as it was measured.

    Args:
        flash: `summary["flash"]` of the compilation.
    """
    layers = layer_flash(program)
    found = [
        Part("weights", "weights", sum(x.weights for x in layers)),
        Part("biases", "biases", sum(x.biases for x in layers)),
        Part("kernel tables", "tables", sum(x.tables for x in layers)),
    ]
    sections = flash.get("sections")
    if sections:
        found += [
            Part("machine code", "code", sections["text"]),
            Part("parameter blocks", "rodata", sections["rodata"]),
            Part("initialised data", "data", sections["data"]),
        ]
    elif flash["code"] is not None:
        found.append(Part("code and its tables", "code", flash["code"]))
    return tuple(part for part in found if part.size)


def _staged(op: RowOp) -> Iterator[tuple[int, tuple[CallArg, ...]]]:
    """The calls of an operator in a stage with the arguments of their first variants."""
    for row in op.rows:
        yield row.call, row.variants[0]
    for step in op.tiles.steps if op.tiles is not None else ():
        if isinstance(step, TileCall):
            yield step.call, step.variants[0]


def _of_call(program: Program, call: Call, args: tuple[CallArg, ...], seen: set[str]) -> LayerFlash:
    sizes = {"weights": 0, "biases": 0, "tables": 0}
    for arg in args:
        if isinstance(arg, ConstArg) and arg.name not in seen:
            seen.add(arg.name)
            sizes[_purpose(program, arg.name)] += program.constants[arg.name].nbytes
    return LayerFlash(call.step, **sizes)


def _purpose(program: Program, name: str) -> str:
    label = name.partition("_")[2]
    if label in _TABLES:
        return "tables"
    alone = label == "data" and program.constants[name].ndim <= 1
    return "biases" if label == "bias" or alone else "weights"
