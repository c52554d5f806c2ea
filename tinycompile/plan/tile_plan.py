"""Tiles as the planner sees them: buffers at offsets within scratch, kernel arguments not yet resolved."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tinycompile.ir import Node
from tinycompile.ops import Arg, Kernel, Site
from tinycompile.plan.alike import alike
from tinycompile.plan.stage_types import Axis, TileBuffer, TileCopy


@dataclass(frozen=True, eq=False)
class NodeCall:
    """A kernel call on buffers, at `sites` per (row variant, column variant), row-major."""

    node: Node
    ins: tuple[int | None, ...]
    out: int
    kernel: Kernel
    sites: tuple[Site, ...]

    @cached_property
    def variants(self) -> tuple[tuple[Arg, ...], ...]:
        """Its arguments at each site; packing weights for them takes time."""
        return tuple(self.kernel.args(site) for site in self.sites)


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

    @property
    def alike(self) -> bool:
        """Whether the variants of every call differ in parameter blocks only."""
        return all(alike(s.variants) for s in self.steps if isinstance(s, NodeCall))
