"""Tiles as the planner sees them: buffers at offsets within scratch, kernel arguments not yet resolved."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.ir import Node
from tinycompile.ops import Arg
from tinycompile.plan.stage_types import Axis, TileBuffer, TileCopy


@dataclass(frozen=True, eq=False)
class NodeCall:
    """A kernel call on buffers; `variants` are its arguments per (row variant, column variant), row-major."""

    node: Node
    ins: tuple[int | None, ...]
    out: int
    variants: tuple[tuple[Arg, ...], ...]


@dataclass(frozen=True, eq=False)
class TilePlan:
    """How several nodes make a band of their result together.

    Attributes:
        buffers: with offsets that count from the start of the unit's scratch.
        steps: in execution order.
        kernel_scratch: offset of the scratch of the kernels, behind the buffers.
    """

    bands: Axis
    columns: Axis
    buffers: tuple[TileBuffer, ...]
    steps: tuple[TileCopy | NodeCall, ...]
    kernel_scratch: int
