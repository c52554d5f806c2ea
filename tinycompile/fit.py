"""Whether a Program fits a board, and what to say when it does not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from tinycompile.errors import Diagnostic, DoesNotFitError, InternalError, UsageError, declare
from tinycompile.ir import Graph
from tinycompile.plan.constants_ram import copied_bytes
from tinycompile.plan.describe import cycles_of, plan_name
from tinycompile.plan.edges import at_edges
from tinycompile.plan.lower_bound import lower_bound
from tinycompile.plan.outside_types import CALLBACK_BYTES
from tinycompile.plan.program import Program
from tinycompile.plan.rules import Edge, Rules, StageKind
from tinycompile.plan.spread import POINTER_BYTES
from tinycompile.plan.weight_use import WeightUse, weight_use
from tinycompile.target import AUTO, Board, MemoryKind, all_boards, arena_memories

TC_RAM = declare(
    "TC402",
    "Does not fit into RAM",
    "The arena, the model's context and the stack that firmware sets aside (an eighth of the RAM, 1 KiB to "
    "8 KiB) need more than a memory of the board has. Context and stack lie in the default RAM, the arena "
    "there or in the memories that --regions names. The message names the fullest step and its tensors. "
    "Quantise with --calib, stream rows with --ram, use more memories with --regions auto, shrink the "
    "input, or take a larger board.",
)
TC_FLASH = declare(
    "TC403",
    "Does not fit into flash",
    "The constants (and the code, where it was measured) need more than the board's flash. "
    "Quantise with --calib, move weights out with --weights, or take a larger board.",
)

TC_BUDGET = declare(
    "TC404",
    "No plan within the RAM budget",
    "The smallest plan that the options allow is larger than --ram. The message names its size, what it "
    "would cost, what no plan with these options can go below, and the tensors at its fullest moment. "
    "Raise the budget, allow more (--input rows, --recompute, --stages auto), shrink the input, or quantise.",
)
TC_FLASH_BUDGET = declare(
    "TC406",
    "Does not fit the flash budget",
    "The constants (and the code, where it was measured) need more than --flash. Raise the budget, move "
    "weights out with --weights, prune or quantise the model, or choose --optimize ram, which favours small "
    "code.",
)

TC_EXTERNAL = declare(
    "TC422",
    "Does not fit into the external flash",
    "The constants that --weights puts into an external flash need more than it has.",
)

#: The share of the default RAM that weights leave to the application, as 1 over this.
APPLICATION = 4
#: What callbacks add to the context: function and argument, and for rows of an input a counter.
_READER_BYTES, _CALLBACK_BYTES = 3 * POINTER_BYTES, 2 * POINTER_BYTES


#: The planner, which only the pipeline knows.
Replan = Callable[[Graph, Board, Rules], Program]


def context_bytes(
    regions: int = 1,
    *,
    rows_in: bool = False,
    patches_in: bool = False,
    rows_out: bool = False,
    fetches: bool = False,
) -> int:
    """sizeof of the generated context: a pointer for each part of the arena, and what callbacks need."""
    callbacks = rows_in * _READER_BYTES + (patches_in + rows_out) * _CALLBACK_BYTES + fetches * CALLBACK_BYTES
    return POINTER_BYTES * max(1, regions) + callbacks


@dataclass(frozen=True)
class RegionUse:
    """What a memory of the board must hold, in bytes.

    Attributes:
        name: of the memory.
        arena: the part of the arena in it.
        others: context, stack and copied weights, where this is the default RAM.
        available: its size.
    """

    name: str
    arena: int
    others: int
    available: int

    @property
    def needed(self) -> int:
        """Bytes in all."""
        return self.arena + self.others


@dataclass(frozen=True)
class MemoryUse:
    """RAM of one instance in bytes. The stack, which all instances share, is not part of it."""

    arena: int
    scratch_peak: int
    context: int
    weights: int = 0

    @property
    def total(self) -> int:
        """Arena, context and the weights that are copied into RAM."""
        return self.arena + self.context + self.weights


def memory_use(program: Program) -> MemoryUse:
    """The RAM figures of a Program."""
    context = context_bytes(
        len(program.regions),
        rows_in=any(p.rows and not p.patches for p in program.inputs),
        patches_in=any(p.patches for p in program.inputs),
        rows_out=any(p.rows for p in program.outputs),
        fetches=bool(program.fetches),
    )
    return MemoryUse(program.arena, program.scratch_peak, context, copied_bytes(program))


def region_uses(program: Program, board: Board) -> tuple[RegionUse, ...]:
    """Every memory with a part of the arena, in the order of the arena."""
    use = memory_use(program)
    found = []
    for region in program.regions:
        memory = board.region(region.name)
        if memory is None:
            raise InternalError(f"{board.name} has no memory '{region.name}'")
        others = board.stack_bytes + use.context + use.weights if memory == board.ram else 0
        found.append(RegionUse(memory.name, region.size, others, memory.size))
    return tuple(found)


def ram_room(program: Program, board: Board, ram: int | None) -> int:
    """Bytes of the default RAM for weights beside arena, context and stack.

    A budget `ram` may be used up; without one a share of the memory is left to the application's own data.
    """
    use = memory_use(program)
    arena = sum(r.size for r in program.regions if r.name == board.ram.name)
    free = board.ram.size - board.stack_bytes - use.context - use.weights - arena
    return max(0, free - board.ram.size // APPLICATION if ram is None else min(free, ram - use.total))


def check_fit(program: Program, board: Board, code_bytes: int = 0) -> None:
    """Compare a Program, and the stack beside it, with the memories of a board that it uses.

    Args:
        code_bytes: bytes of the default flash beside the constants, 0 where they are not known.

    Raises:
        DoesNotFitError: TC402, TC403, TC422, or several of them.
    """
    use = memory_use(program)
    problems = [_ram(program, board, r) for r in region_uses(program, board) if r.needed > r.available]
    weights = weight_use(program)
    flash = weights.internal + code_bytes
    available = board.flash_bytes
    if flash > available:
        what = "weights and code" if code_bytes else "weights"
        problems.append(
            Diagnostic(
                TC_FLASH,
                f"{program.name} needs {flash:,} bytes of flash for {what}; {board.name} has {available:,}",
                (),
                _outside(board, weights, available, flash - available) + _larger(program, use.total, flash),
            )
        )
    for region, held in weights.mapped.items():
        problems += _external(program, board, region, held)
    if problems:
        raise DoesNotFitError(problems)


def _external(program: Program, board: Board, region: str, held: int) -> list[Diagnostic]:
    found = board.region(region)
    if found is not None and held <= found.size:
        return []
    has = f"'{region}' of {board.name} has {found.size if found else 0:,}"
    message = f"{program.name} needs {held:,} bytes of external flash for weights; {has}"
    return [Diagnostic(TC_EXTERNAL, message, (region,), "use --weights fetch")]


def _outside(board: Board, weights: WeightUse, available: int, excess: int) -> str:
    """How constants get out of the internal flash, or further out."""
    if weights.mapped or weights.fetch:
        return f"the code is larger than expected: try --flash {available - excess}; "
    external = [r.name for r in board.regions if r.kind is MemoryKind.EXTERNAL_FLASH and not r.default]
    return "keep weights elsewhere with " + " or ".join(f"--weights {w}" for w in (*external, "fetch")) + "; "


def check_flash_budget(program: Program, board: Board, flash: int, code_bytes: int | None = None) -> None:
    """Compare weights, and the code where it was measured, with a budget for the default flash in bytes.

    Raises:
        DoesNotFitError: TC406.
    """
    weights = weight_use(program)
    needed = weights.internal + (code_bytes or 0)
    if needed <= flash:
        return
    parts = f"weights {weights.internal:,}"
    parts += ", code not measured" if code_bytes is None else f" + code {code_bytes:,}"
    message = f"{program.name} needs {needed:,} bytes of flash ({parts}); the budget is {flash:,}"
    ways = "" if program.dtype == "int8" else "quantise to int8 with --calib DATA.npz, or "
    least = f"{needed}{' and what the code takes' if code_bytes is None else ''}"
    hint = f"{ways}{_outside(board, weights, flash, needed - flash)}or try --flash {least}"
    raise DoesNotFitError(Diagnostic(TC_FLASH_BUDGET, message, (), hint))


def check_budget(
    program: Program, ram: int, graph: Graph, board: Board, rules: Rules, replan: Replan
) -> None:
    """Compare the smallest plan of a graph with a RAM budget in bytes; `replan` plans by other rules.

    Raises:
        DoesNotFitError: TC404, with the size reached and what it costs, the proven bound, what is live at the
            peak, and an option that would help.
    """
    use = memory_use(program)
    if use.total <= ram:
        return
    bound = _bound(graph, board, rules) + use.context
    message = (
        f"{program.name} needs {use.total:,} bytes of RAM in the smallest plan found; the budget is {ram:,}. "
        f"That plan ({plan_name(program)}) {_price(program)}. No plan with these options can need less than "
        f"{bound:,}. {_fullest(program)}"
    )
    relaxed = _relaxed(program, graph, board, rules, replan)
    hint = f"{relaxed}; or try --ram {use.total}" if relaxed else f"try --ram {use.total}"
    raise DoesNotFitError(Diagnostic(TC_BUDGET, message, _origins(program), hint))


def _bound(graph: Graph, board: Board, rules: Rules) -> int:
    edged, fully = at_edges(graph, rules)
    return lower_bound(edged, board.core, fully)


def _price(program: Program) -> str:
    """What a plan costs in work."""
    extra, own = program.recomputed_macs, program.macs - program.recomputed_macs
    macs = f"computes {extra:,} MACs again ({100 * extra / own:.1f} %)" if extra else "computes nothing twice"
    cycles = cycles_of(program)
    if cycles is not None:
        return f"{macs} and takes about {cycles:,.0f} cycles"
    if not program.overhead:
        return macs
    return f"{macs} and takes about {program.overhead:,.0f} cycles on top of its kernels"


def _relaxed(program: Program, graph: Graph, board: Board, rules: Rules, replan: Replan) -> str:
    """What the first option that forbids something would give if it did not; planned once."""
    ways = []
    if rules.stages is not StageKind.AUTO:
        free = replace(rules, stages=StageKind.AUTO, grid=None, split=None)
        words = "--stages auto"
        if rules.input is Edge.PATCHES:
            words, free = f"{words} --input rows", replace(free, input=Edge.ROWS)
        ways.append((words, free))
    elif rules.recompute < math.inf:
        ways.append(("more --recompute", replace(rules, recompute=math.inf)))
    if rules.input is Edge.RAM and graph.inputs:
        ways.append(("--input rows", replace(rules, input=Edge.ROWS)))
    for words, changed in ways:
        if _bound(graph, board, changed) >= program.arena:
            continue
        try:
            edged, fully = at_edges(graph, changed)
            found = replan(edged, board, fully)
        except UsageError:
            continue
        if found.arena >= program.arena:
            return ""
        if words == "more --recompute":
            own = found.macs - found.recomputed_macs
            words = f"--recompute {math.ceil(1000 * found.recomputed_macs / own) / 10:g}"
        return f"with {words}, {memory_use(found).total:,} bytes would do"
    return ""


def _ram(program: Program, board: Board, region: RegionUse) -> Diagnostic:
    parts = f"arena {region.arena:,}"
    if len(program.regions) > 1:
        parts += f" of {program.arena:,}"
    if region.others:
        use = memory_use(program)
        parts += f" + context {use.context} + stack {board.stack_bytes:,}"
        parts += f" + weights {use.weights:,}" if use.weights else ""
    message = (
        f"{program.name} needs {region.needed:,} bytes of RAM ({parts}); {board.name} has "
        f"{region.available:,} in {region.name}. {_fullest(program)}"
    )
    return Diagnostic(TC_RAM, message, _origins(program), _remedy(program, board))


def _fullest(program: Program) -> str:
    step = program.peak_step
    blocks = program.live(step)[:4]
    live = ", ".join(f"{'/'.join(v.split(';')[0] for v in b.values[:2])} {b.size:,}" for b in blocks)
    label = program.calls[step].label if program.calls else "the inputs"
    return f"The fullest step is {step} ({label}) with {program.loads[step]:,} bytes live: {live}"


def _origins(program: Program) -> tuple[str, ...]:
    return program.calls[program.peak_step].origins if program.calls else ()


def _remedy(program: Program, board: Board) -> str:
    used = [r.name for r in program.regions]
    room = sum(r.available - r.others for r in region_uses(program, board))
    room += memory_use(program).context
    ways = "" if program.stages else f"stream rows with --ram {room}, which may fit; "
    spare = [r.name for r in arena_memories(board, (AUTO,)) if r.name not in used]
    if spare:
        ways += f"use {', '.join(spare)} too with --regions auto; "
    ways += _larger(program, memory_use(program).total, program.constant_bytes)
    if program.dtype == "int8":
        return ways
    return f"quantise to int8 with --calib DATA.npz (about {program.arena // 4:,} bytes of arena); {ways}"


def _larger(program: Program, ram: int, flash: int) -> str:
    able = sorted(
        (
            b
            for b in all_boards()
            if b.probe and b.ram_bytes >= ram + b.stack_bytes and b.flash_bytes >= flash
        ),
        key=lambda b: (b.ram_bytes, b.flash_bytes),
    )
    if not able:
        return "no board known here is large enough for this model"
    return "take a larger board: " + ", ".join(b.name for b in able[:3])
