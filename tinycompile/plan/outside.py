"""Plans whose constants are partly outside the internal flash: in a mapped memory, or behind a callback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tinycompile.errors import Diagnostic, DoesNotFitError, UsageError, declare
from tinycompile.ir import Graph
from tinycompile.passes.channels import CHANNEL_STEP, SplitChannels, splittable
from tinycompile.plan.constants_place import outside
from tinycompile.plan.fetch import Shortage, room_for, with_fetches
from tinycompile.plan.outside_types import Placed
from tinycompile.plan.pack_fit import align_up
from tinycompile.plan.planner import plan
from tinycompile.plan.program import Program
from tinycompile.plan.rules import Rules
from tinycompile.plan.spread import POINTER_BYTES, REGION_ALIGN, capacity, region
from tinycompile.plan.validate import validate
from tinycompile.target import Attribute, Board, MemoryKind, MemoryRegion

TC_STAGING = declare(
    "TC420",
    "No room to fetch weights",
    "With --weights fetch, the weights of a layer need a staging buffer in the arena while the layer runs. "
    "Layers are split along their output channels until the parts fit; the message names a layer for which "
    "even that is not enough. Give more RAM, or leave more weights in the internal flash with --flash.",
)

TC_PLACE = declare(
    "TC421",
    "No such place for weights",
    "--weights takes `internal`, `fetch`, the name of an external flash of the board that is mapped into its "
    "address space, or `qspi` for the only one that it has.",
)

#: Flash that is left to code, parameter blocks and tables where constants may go elsewhere; a quarter of a
#: small flash.
CODE_RESERVE = 64 << 10
#: Plans with ever smaller parts that are tried.
_ATTEMPTS = 8


@dataclass(frozen=True)
class Outside:
    """Where constants go for which the internal flash has no room.

    Attributes:
        region: the memory-mapped region that takes them; None when they are fetched.
        room: bytes of the internal flash that constants may take.
        memories: that may hold the arena, in order of preference.
        rooms: bytes of arena with staging buffers that each of them may hold, by its name.
        budget: most bytes of arena in one region with staging buffers; None for all that the memories hold.
    """

    region: str | None
    room: int
    memories: tuple[MemoryRegion, ...]
    rooms: Mapping[str, int]
    budget: int | None

    def widened(self, program: Program) -> Iterator[Program]:
        """The Program as it is, and with an empty region behind it in each memory that it does not use.

        Without the first one where DMA controllers reach none of its regions, but another memory.
        """
        used = {r.name for r in program.regions}
        others = [m for m in self.memories if m.name not in used and m.has(Attribute.DMA)]
        if not others or any(Attribute.DMA.value in r.attributes for r in program.regions):
            yield program
        last, start = program.regions[-1], align_up(program.arena, REGION_ALIGN)
        before = (*program.regions[:-1], replace(last, size=start - last.start))
        for memory in others:
            yield replace(program, arena=start, regions=(*before, region(memory, start, 0)))

    def limit(self, program: Program) -> int:
        """Most bytes of arena to which a Program may grow in its last region."""
        last = program.regions[-1]
        most = last.start + self.rooms[last.name]
        if self.budget is None:
            return most
        return min(most, self.budget - POINTER_BYTES * (len(program.regions) - 1))


def outside_of(
    board: Board,
    weights: str,
    flash: int,
    memories: Sequence[MemoryRegion],
    budget: int | None,
    callbacks: int,
) -> Outside | None:
    """What `--weights` means on a board; None for `internal`.

    Args:
        flash: bytes of the default flash that weights and code may take.
        memories: that may hold the arena.
        budget: most bytes of arena; None for all that the memories hold.
        callbacks: bytes that they take of the default RAM.

    Raises:
        UsageError: TC421.
    """
    if weights == "internal":
        return None
    room = flash - min(CODE_RESERVE, flash // 4)
    rooms = {m.name: capacity(board, m, len(memories)) - (m == board.ram) * callbacks for m in memories}
    if weights == "fetch":
        return Outside(None, room, tuple(memories), rooms, budget)
    external = [r.name for r in board.regions if r.kind is MemoryKind.EXTERNAL_FLASH and not r.default]
    if weights in external:
        return Outside(weights, room, tuple(memories), rooms, budget)
    if weights == "qspi" and len(external) == 1:
        return Outside(external[0], room, tuple(memories), rooms, budget)
    accepted = ", ".join(["internal", "fetch", *external])
    raise UsageError(
        Diagnostic(
            TC_PLACE,
            f"{board.name} has no external flash '{weights}' for weights",
            (weights,),
            f"use --weights with one of {accepted}",
        )
    )


def plan_outside(graph: Graph, board: Board, rules: Rules, where: Outside) -> Program:
    """As `planner.plan`, with constants beyond `where.room` outside.

    Raises:
        ModelError, VerificationError: as `planner.plan`.
        DoesNotFitError: TC420.
    """
    if where.region is None:
        return _fetched(graph, board, rules, where)
    program = plan(graph, board, rules, where.memories)
    names = outside(program, where.room)
    placed = tuple(Placed(name, where.region) for name in program.emitted if name in names)
    return replace(program, placed=placed)


def _fetched(graph: Graph, board: Board, rules: Rules, where: Outside) -> Program:
    """Split what is too large until every read has its place; then, under a budget, squeeze the rest."""
    widths: dict[str, int] = {}
    tighter = rules
    for _ in range(_ATTEMPTS):
        split = SplitChannels(tuple(widths.items())).run(graph)
        program = plan(split, board, tighter, where.memories)
        names = outside(program, where.room)
        if not names or (rules.budget is not None and program.arena > rules.budget):
            return program  # Where the activations alone are too large, the caller compares with the budget.
        for wider in where.widened(program):
            found, shortages = with_fetches(wider, names, where.limit(wider))
            if found is not None:
                validate(found)
                return found
        finer = _finer(graph, wider, shortages, widths, where.limit(wider))
        if finer == widths:
            if tighter.budget is None or program.arena > tighter.budget:
                break
            lack = max(s.size - s.room for s in shortages)
            tighter = replace(tighter, budget=min(program.arena, tighter.budget) - lack)
        widths = finer
    raise DoesNotFitError(_no_room(program, s) for s in shortages)


def _finer(
    graph: Graph, program: Program, shortages: tuple[Shortage, ...], widths: Mapping[str, int], arena: int
) -> dict[str, int]:
    """Most channels of a part, lowered for the layers of `shortages`: two parts fit beside what is live."""
    found = dict(widths)
    for short in shortages:
        name = _source_layer(graph, program.calls[short.step].outs[0].value)
        if name is None or short.step in program.stage_at or not splittable(graph, graph.producers[name]):
            continue
        channels = graph.type(name).shape[-1]
        before = widths.get(name, channels)
        half = room_for(program, short.step, arena) // 2
        most = max(CHANNEL_STEP, min(before * half // short.size, before - CHANNEL_STEP))
        count = -(-channels // (most // CHANNEL_STEP * CHANNEL_STEP))
        width = -(-channels // (count * CHANNEL_STEP)) * CHANNEL_STEP
        found[name] = min(width, found.get(name, channels))
    return found


def _source_layer(graph: Graph, value: str) -> str | None:
    """The layer of the whole graph that a result belongs to: its own name, or `NAME/PART`."""
    if value in graph.producers:
        return value
    name = value.rpartition("/")[0]
    return name if name in graph.producers else None


def _no_room(program: Program, short: Shortage) -> Diagnostic:
    call = program.calls[short.step]
    return Diagnostic(
        TC_STAGING,
        f"{program.name}: the weights of step {short.step} ({call.label}) need {short.size:,} bytes of arena "
        f"while it runs; the largest gap there has {short.room:,}",
        call.origins,
        f"allow about {short.size - short.room:,} bytes more with --ram, or keep more weights in the flash",
    )
