"""Row-streamed stages as C: one small function per operator, a table of rings and operators."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.codegen import cprint
from tinycompile.ops import Struct
from tinycompile.plan.program import Program, RowOp, Stage

DRIVER = "tc_stream"


@dataclass(frozen=True)
class RowView:
    """The function that computes one row of an operator."""

    name: str
    symbol: str
    arguments: tuple[str, ...]
    blocks: tuple[tuple[str, str, tuple[str, ...]], ...]
    comment: str


@dataclass(frozen=True)
class StageView:
    """One stage as the template sees it: rows of initialisers."""

    name: str
    rows: tuple[RowView, ...]
    rings: tuple[str, ...]
    ops: tuple[str, ...]
    state: int


def views(program: Program, prefix: str) -> tuple[StageView, ...]:
    """All stages of a Program."""
    return tuple(_stage(program, stage, f"{prefix}_s{i}", prefix) for i, stage in enumerate(program.stages))


def _stage(program: Program, stage: Stage, name: str, prefix: str) -> StageView:
    rows = tuple(_row(program, op, f"{name}_{i}", prefix) for i, op in enumerate(stage.ops))
    rings = tuple(f"{{{r.offset}u, {r.row_bytes}u, {r.capacity}, {r.type.shape[1]}}}" for r in stage.rings)
    ops = tuple(
        f"{{{row.name}, {op.heads}, {op.tails}, {_feeds(stage, i)}}}"
        for i, (row, op) in enumerate(zip(rows, stage.ops, strict=True))
    )
    return StageView(name, rows, rings, ops, stage.state)


def _feeds(stage: Stage, index: int) -> str:
    found = [f"{{{f.ring}, {f.stride}, {f.pad}, {f.extent}}}" for f in stage.links.feeds[index]]
    found += ["{-1, 0, 0, 0}"] * (2 - len(found))
    return "{" + ", ".join(found) + "}"


def _row(program: Program, op: RowOp, name: str, prefix: str) -> RowView:
    call = program.calls[op.call]
    arguments: list[str] = []
    blocks: list[tuple[str, str, tuple[str, ...]]] = []
    for position, arg in enumerate(op.variants[0]):
        if isinstance(arg, Struct):
            label = f"p{len(blocks)}"
            structs = [v[position] for v in op.variants]
            lines = tuple(cprint.initialiser(s) for s in structs if isinstance(s, Struct))
            blocks.append((label, arg.ctype, lines))
            arguments.append(f"&{label}[v]")
        else:
            arguments.append(cprint.argument(arg, prefix, {}))
    shape = "x".join(map(str, call.outs[0].type.shape))
    return RowView(name, call.symbol, tuple(arguments), tuple(blocks), f"{call.label} -> rows of {shape}")
