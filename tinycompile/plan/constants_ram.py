"""Which constants are copied into RAM at start-up, because a load from there has no wait states."""

from __future__ import annotations

from dataclasses import replace

from tinycompile.plan.constants_place import ConstantUse, constant_uses
from tinycompile.plan.outside_types import Placed
from tinycompile.plan.pack_fit import align_up
from tinycompile.plan.program import Program

#: Every constant begins at a multiple of this, in flash and in RAM.
CONSTANT_ALIGN = 4


def with_hot_constants(program: Program, region: str, room: int) -> Program:
    """The Program with the constants that are read most copied into a RAM region, while they fit in.

    A byte in RAM saves more the more often it is read in a run, so constants go by their reads per byte:
    filters that meet every tile of pixels ahead of fully connected weights, which are read once. Of equals
    the larger goes first. What is in another memory, or fetched, stays there.

    Args:
        region: name of the RAM that start-up code copies initialised data to.
        room: bytes of it for constants.
    """
    taken = {p.name for p in program.placed}

    def rank(use: ConstantUse) -> tuple[float, int, str]:
        return (-use.reads, -use.nbytes, use.name)

    found = set()
    for use in sorted(constant_uses(program).values(), key=rank):
        size = align_up(use.nbytes, CONSTANT_ALIGN)
        if use.name not in taken and 0 < size <= room:
            room -= size
            found.add(use.name)
    placed = tuple(Placed(name, region, copied=True) for name in program.emitted if name in found)
    return replace(program, placed=(*program.placed, *placed))


def copied_bytes(program: Program) -> int:
    """Bytes of RAM that copied constants take, the padding between them included."""
    sizes = (program.constants[p.name].nbytes for p in program.placed if p.copied)
    return sum(align_up(size, CONSTANT_ALIGN) for size in sizes)
