"""Where flash goes: constants per layer and by what they are for, and the code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tinycompile.ops import Purpose
from tinycompile.plan.arguments import CallArg, ConstArg
from tinycompile.plan.program import Call, Program
from tinycompile.plan.stage_types import RowOp, TileCall

#: What the kinds of constants are called, and the names of their colours.
PARTS: Mapping[Purpose, tuple[str, str]] = {
    Purpose.WEIGHTS: ("weights", "weights"),
    Purpose.BIASES: ("biases", "biases"),
    Purpose.QUANTISATION: ("quantisation", "quantisation"),
    Purpose.TABLE: ("tables", "tables"),
}


@dataclass(frozen=True)
class LayerFlash:
    """Bytes of the constants that one call is the first to use.

    Attributes:
        sizes: by what they are for.
    """

    step: int
    sizes: Mapping[Purpose, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.sizes.values())


@dataclass(frozen=True)
class Part:
    """One share of the flash; `css` names its colour."""

    name: str
    css: str
    size: int


def layer_flash(program: Program) -> tuple[LayerFlash, ...]:
    """One entry a call; together they are `program.constant_bytes`."""
    staged = {step: args for stage in program.stages for op in stage.ops for step, args in _staged(op)}
    seen: set[str] = set()
    return tuple(_of_call(program, call, staged.get(call.step, call.args), seen) for call in program.calls)


def flash_parts(program: Program, flash: Mapping[str, Any]) -> tuple[Part, ...]:
    """The shares of the flash, largest kind of constant first, then the code as far as it was measured.

    Args:
        flash: `summary["flash"]` of the compilation.
    """
    layers = layer_flash(program)
    found = [Part(name, css, sum(x.sizes[p] for x in layers)) for p, (name, css) in PARTS.items()]
    sections = flash.get("sections")
    if sections:
        found += [
            Part("machine code", "code", sections["text"]),
            Part("parameter blocks", "rodata", sections["rodata"]),
            Part("initialised data", "data", sections["data"]),
        ]
    elif flash["code"] is not None:
        found.append(Part("code", "code", flash["code"]))
    return tuple(part for part in found if part.size)


def _staged(op: RowOp) -> Iterator[tuple[int, tuple[CallArg, ...]]]:
    """The calls of an operator in a stage with the arguments of their first variants."""
    for row in op.rows:
        yield row.call, row.variants[0]
    for step in op.tiles.steps if op.tiles is not None else ():
        if isinstance(step, TileCall):
            yield step.call, step.variants[0]


def _of_call(program: Program, call: Call, args: tuple[CallArg, ...], seen: set[str]) -> LayerFlash:
    sizes = dict.fromkeys(Purpose, 0)
    for arg in args:
        if isinstance(arg, ConstArg) and arg.name not in seen:
            seen.add(arg.name)
            sizes[program.purposes[arg.name]] += program.constants[arg.name].nbytes
    return LayerFlash(call.step, sizes)
