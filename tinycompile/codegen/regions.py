"""The parts of the arena in C: one base pointer for each memory that holds one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tinycompile.codegen.names import TC_CLASH
from tinycompile.errors import Diagnostic, UsageError
from tinycompile.plan.arguments import ArenaArg, CallArg
from tinycompile.plan.program import Program, Region
from tinycompile.plan.stage_types import RowOp, Stage, TileCall, Tiles
from tinycompile.target import Attribute

Variants = tuple[tuple[CallArg, ...], ...]

#: What an application must know of a memory before it moves data there.
_REMARKS = {
    Attribute.NEEDS_ENABLE: "switch it on before the first access",
    Attribute.CACHEABLE: "cacheable: clean or invalidate around DMA",
}
_NO_DMA = "out of reach of the general-purpose DMA controllers"


@dataclass(frozen=True)
class RegionView:
    """One part of the arena as the templates see it.

    Attributes:
        macro: `KWS_ARENA` for an arena in one piece, `KWS_ARENA_DTCM` for a part of one.
        field: of the context, and the parameter of the init function.
        base: the local pointer of the run function.
        remark: what an application should know of the memory.
    """

    name: str
    macro: str
    field: str
    base: str
    start: int
    nbytes: int
    remark: str

    def at(self, offset: int) -> str:
        """The C expression for a byte of the arena that lies in the region."""
        return f"{self.base} + {offset - self.start}"


@dataclass(frozen=True)
class Bases:
    """Which region holds a byte of the arena."""

    regions: tuple[RegionView, ...]

    def of(self, offset: int) -> RegionView:
        """The region of a byte; the last one that begins there or before."""
        return next(r for r in reversed(self.regions) if r.start <= offset)

    def at(self, offset: int) -> str:
        """The C expression for a byte of the arena."""
        return self.of(offset).at(offset)

    def used(self, offsets: set[int]) -> tuple[RegionView, ...]:
        """The regions that some of the offsets lie in."""
        found = {self.of(o) for o in offsets}
        return tuple(r for r in self.regions if r in found)


def bases(program: Program) -> Bases:
    """The regions of a Program.

    Raises:
        UsageError: TC702 when names of memories give one macro twice.
    """
    prefix = program.name.upper()
    if len(program.regions) <= 1:
        name = program.regions[0].name if program.regions else ""
        return Bases((RegionView(name, f"{prefix}_ARENA", "arena", "a", 0, max(program.arena, 1), ""),))
    views = tuple(_view(region, prefix) for region in program.regions)
    macros = [f"{prefix}_ARENA_ALIGN", *(m for v in views for m in (v.macro, f"{v.macro}_BYTES"))]
    for index, macro in enumerate(macros):
        if macro in macros[:index]:
            raise UsageError(
                Diagnostic(
                    TC_CLASH,
                    f"the names of the memories give the macro {macro} twice",
                    tuple(v.name for v in views),
                    "rename a memory in the board file",
                )
            )
    return Bases(views)


def with_own_bases(program: Program) -> tuple[Stage, ...]:
    """The stages with offsets from the region that each of them lies in, which its driver gets as base."""
    if len(program.regions) <= 1:
        return program.stages
    return tuple(_moved(stage, program.region_of(stage.state).start) for stage in program.stages)


def _view(region: Region, prefix: str) -> RegionView:
    name = region.name
    remarks = [text for attribute, text in _REMARKS.items() if attribute.value in region.attributes]
    if Attribute.DMA.value not in region.attributes:
        remarks.append(_NO_DMA)
    macro, field = f"{prefix}_ARENA_{name.upper()}", f"arena_{name}"
    return RegionView(name, macro, field, f"a_{name}", region.start, region.size, "; ".join(remarks))


def _moved(stage: Stage, start: int) -> Stage:
    def argument(arg: CallArg) -> CallArg:
        return replace(arg, offset=arg.offset - start) if isinstance(arg, ArenaArg) else arg

    def arguments(variants: Variants) -> Variants:
        return tuple(tuple(map(argument, variant)) for variant in variants)

    def tiles(found: Tiles) -> Tiles:
        buffers = tuple(replace(b, offset=b.offset - start) for b in found.buffers)
        steps = tuple(
            replace(s, variants=arguments(s.variants)) if isinstance(s, TileCall) else s for s in found.steps
        )
        return replace(found, buffers=buffers, steps=steps)

    def operator(op: RowOp) -> RowOp:
        rows = tuple(replace(call, variants=arguments(call.variants)) for call in op.rows)
        return replace(op, rows=rows, tiles=tiles(op.tiles) if op.tiles else None)

    rings = (replace(ring, offset=ring.offset - start) for ring in stage.rings)
    return replace(stage, rings=tuple(rings), ops=tuple(map(operator, stage.ops)), state=stage.state - start)
