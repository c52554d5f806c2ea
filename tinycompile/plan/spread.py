"""The buffers of a layout in several memories of a board, those that are used most in the fastest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tinycompile.ir import Graph, Node
from tinycompile.plan.pack_fit import align_up
from tinycompile.plan.pack_regions import Memory, RegionPacking, pack_regions
from tinycompile.plan.pack_shape_conflicts import shapes_max_load
from tinycompile.plan.pack_shapes import Shape
from tinycompile.plan.program import Region
from tinycompile.plan.select import Choice
from tinycompile.plan.share import Storage
from tinycompile.target import Board, MemoryRegion

#: Every region of the arena starts at a multiple of this, like the arena itself.
REGION_ALIGN = 16
#: Bytes that the model's context has for every region: the pointer to its base.
POINTER_BYTES = 4


@dataclass(frozen=True, eq=False)
class Use:
    """What a shape holds in the course of a run: buffers, and the scratch of nodes."""

    buffers: tuple[int, ...] = ()
    scratch: tuple[Node, ...] = ()


@dataclass(frozen=True, eq=False)
class Spreading:
    """Shapes in several memories.

    Attributes:
        offsets: per shape the byte offset in the arena that all regions make up together.
        arena: bytes of all regions.
        regions: those in use, in the order of the memories.
        cost: bytes touched per run, weighted by the memory they lie in; 0 when all lie in the fastest.
        excess: bytes by which memories are too small.
        max_load, method, proven_optimal: as in `ShapePacking`, over all memories together.
    """

    offsets: tuple[int, ...]
    arena: int
    regions: tuple[Region, ...]
    cost: int
    excess: int
    max_load: int
    method: str
    proven_optimal: bool


@dataclass(frozen=True, eq=False)
class Spread:
    """Memories to spread over, fastest first, and how hot every buffer of a graph is."""

    memories: tuple[MemoryRegion, ...]
    capacities: tuple[int, ...]
    buffers: Mapping[int, int]
    scratch: Mapping[Node, int]
    total: int | None

    @staticmethod
    def of(
        graph: Graph,
        choices: Mapping[Node, Choice],
        storage: Storage,
        memories: Sequence[MemoryRegion],
        board: Board,
        total: int | None,
    ) -> Spread:
        """For one graph, its kernels and its buffers; `total` is a budget for all memories together."""
        buffers, scratch = traffic(graph, choices, storage)
        room = tuple(capacity(board, m, len(memories)) for m in memories)
        if total is not None:
            total -= POINTER_BYTES * (len(memories) - 1)
        return Spread(tuple(memories), room, buffers, scratch, total)

    def pack(
        self, shapes: Sequence[Shape], uses: Sequence[Use], together: Iterable[Iterable[int]] = ()
    ) -> Spreading:
        """Offsets in one arena that is cut by memories; shapes named `together` lie in one of them."""
        heat = [
            sum(self.buffers.get(b, 0) for b in use.buffers)
            + sum(self.scratch.get(n, 0) for n in use.scratch)
            for use in uses
        ]
        memories = [Memory(c, k) for c, k in zip(self.capacities, _costs(self.memories), strict=True)]
        return self._laid_out(pack_regions(shapes, heat, together, memories, total=self.total), shapes)

    def _laid_out(self, found: RegionPacking, shapes: Sequence[Shape]) -> Spreading:
        regions: list[Region] = []
        starts = [0] * len(self.memories)
        last = max((i for i, used in enumerate(found.used) if used), default=0)
        at = excess = 0
        for index, (memory, used) in enumerate(zip(self.memories, found.used, strict=True)):
            starts[index] = at
            if not used and index != last:
                continue
            size = used if index == last else align_up(used, REGION_ALIGN)
            regions.append(region(memory, at, size))
            excess += max(0, size - self.capacities[index])
            at += size
        fullest = shapes_max_load(shapes)
        count = "one region" if len(regions) == 1 else f"{len(regions)} regions"
        return Spreading(
            tuple(starts[home] + offset for home, offset in zip(found.home, found.offsets, strict=True)),
            at,
            tuple(regions),
            found.cost,
            excess,
            fullest,
            f"{count}, {found.method}",
            at == fullest,
        )


def region(memory: MemoryRegion, start: int, size: int) -> Region:
    """A stretch of the arena in a memory."""
    return Region(memory.name, start, size, tuple(sorted(a.value for a in memory.attributes)))


def capacity(board: Board, memory: MemoryRegion, pointers: int) -> int:
    """Bytes of a memory that regions of an arena may take: what stack and context leave."""
    left = memory.size
    if memory == board.ram:
        left -= board.stack_bytes + POINTER_BYTES * pointers
    return max(0, left // REGION_ALIGN * REGION_ALIGN)


def traffic(
    graph: Graph, choices: Mapping[Node, Choice], storage: Storage
) -> tuple[dict[int, int], dict[Node, int]]:
    """Bytes that a run reads and writes, per buffer and per scratch of a node.

    A call writes its results once. Of its operands it reads every element once, or one for every MAC where
    that is more, shared among the operands that are no constants. Scratch holds a part of an operand in a
    form that is easier to read: it is written once and then read in the operand's stead. Registers that keep
    an element for several MACs are not counted, nor are the copies of rings. What the application writes
    into inputs and reads from outputs counts once.
    """
    buffers: dict[int, int] = {}
    scratch: dict[Node, int] = {}

    def touch(value: str, count: int) -> None:
        buffer = storage.place[value][0]
        buffers[buffer] = buffers.get(buffer, 0) + count

    for name in (*graph.inputs, *graph.outputs):
        touch(name, graph.type(name).nbytes)
    for node in storage.calls:
        choice = choices[node]
        macs = node.op.macs(choice.site.ins, choice.site.outs)
        operands = [n for n in node.inputs if n in storage.place]
        for name in operands:
            type_ = graph.type(name)
            touch(name, max(type_.nbytes, macs * type_.dtype.itemsize // len(operands)))
        for name in node.outputs:
            touch(name, graph.type(name).nbytes)
        size = max(choice.kernel(shared).scratch(choice.site) for shared in (False, True))
        if size:
            itemsize = graph.type(operands[0]).dtype.itemsize if operands else 1
            scratch[node] = size + max(size, macs * itemsize)
    return buffers, scratch


def _costs(memories: Sequence[MemoryRegion]) -> list[int]:
    """Rising with the place in the list; neighbours of one speed cost the same."""
    costs = [0]
    for before, after in pairwise(memories):
        costs.append(costs[-1] + (before.speed_rank != after.speed_rank))
    return costs
