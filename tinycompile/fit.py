"""Whether a Program fits a board, and what to say when it does not."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.errors import Diagnostic, DoesNotFitError, declare
from tinycompile.plan.outside_types import CALLBACK_BYTES
from tinycompile.plan.program import Program
from tinycompile.plan.weight_use import WeightUse, weight_use
from tinycompile.target import Board, MemoryKind, all_boards

TC_RAM = declare(
    "TC402",
    "Does not fit into RAM",
    "The arena, the model's context and the stack that firmware sets aside (an eighth of the RAM, 1 KiB to "
    "8 KiB) need more than the board's RAM. The message names the fullest step and its tensors. Quantise "
    "with --calib, stream rows with --ram, shrink the input, or take a larger board.",
)
TC_FLASH = declare(
    "TC403",
    "Does not fit into flash",
    "The constants (and the code, where it was measured) need more than the board's flash, or than --flash "
    "allows. Quantise with --calib, move weights out with --weights, or take a larger board.",
)

TC_BUDGET = declare(
    "TC404",
    "No plan within the RAM budget",
    "The smallest plan that was found, rows streamed where that helps, is larger than --ram. The message "
    "names its size and the tensors at its fullest moment. Raise the budget, shrink the input, or quantise.",
)

TC_EXTERNAL = declare(
    "TC422",
    "Does not fit into the external flash",
    "The constants that --weights puts into an external flash need more than it has.",
)

#: sizeof of the generated context: one pointer, without the callbacks of models that fetch weights.
CONTEXT_BYTES = 4


@dataclass(frozen=True)
class MemoryUse:
    """RAM of one instance in bytes. The stack, which all instances share, is not part of it."""

    arena: int
    scratch_peak: int
    context: int

    @property
    def total(self) -> int:
        """Arena and context."""
        return self.arena + self.context


def memory_use(program: Program) -> MemoryUse:
    """The RAM figures of a Program."""
    context = CONTEXT_BYTES + (CALLBACK_BYTES if program.fetches else 0)
    return MemoryUse(program.arena, program.scratch_peak, context)


def check_fit(program: Program, board: Board, code_bytes: int = 0, flash_budget: int | None = None) -> None:
    """Compare a Program, and the stack beside it, with the memories of a board.

    Args:
        code_bytes: bytes of the default flash beside the constants, 0 where they are not known.
        flash_budget: allows less than the whole default flash.

    Raises:
        DoesNotFitError: TC402, TC403, TC422, or several of them.
    """
    problems: list[Diagnostic] = []
    use = memory_use(program)
    if use.total + board.stack_bytes > board.ram_bytes:
        problems.append(_ram(program, board, use))
    weights = weight_use(program)
    flash = weights.internal + code_bytes
    available = board.flash_bytes if flash_budget is None else min(flash_budget, board.flash_bytes)
    if flash > available:
        what = "weights and code" if code_bytes else "weights"
        has = "the budget is" if available < board.flash_bytes else f"{board.name} has"
        problems.append(
            Diagnostic(
                TC_FLASH,
                f"{program.name} needs {flash:,} bytes of flash for {what}; {has} {available:,}",
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


def check_budget(program: Program, ram: int) -> None:
    """Compare a Program with a RAM budget in bytes.

    Raises:
        DoesNotFitError: TC404, with the smallest size reached and what is live at its peak.
    """
    use = memory_use(program)
    if use.total <= ram:
        return
    message = (
        f"{program.name} needs {use.total:,} bytes of RAM in the smallest plan found; the budget is {ram:,}. "
        f"{_fullest(program)}"
    )
    hint = f"try --ram {use.total}"
    raise DoesNotFitError(Diagnostic(TC_BUDGET, message, _origins(program), hint))


def _ram(program: Program, board: Board, use: MemoryUse) -> Diagnostic:
    message = (
        f"{program.name} needs {use.total + board.stack_bytes:,} bytes of RAM (arena {use.arena:,} + context "
        f"{use.context} + stack {board.stack_bytes:,}); {board.name} has {board.ram_bytes:,} in "
        f"{board.ram.name}. {_fullest(program)}"
    )
    return Diagnostic(TC_RAM, message, _origins(program), _remedy(program, board, use))


def _fullest(program: Program) -> str:
    step = program.peak_step
    blocks = program.live(step)[:4]
    live = ", ".join(f"{'/'.join(v.split(';')[0] for v in b.values[:2])} {b.size:,}" for b in blocks)
    label = program.calls[step].label if program.calls else "the inputs"
    return f"The fullest step is {step} ({label}) with {program.loads[step]:,} bytes live: {live}"


def _origins(program: Program) -> tuple[str, ...]:
    return program.calls[program.peak_step].origins if program.calls else ()


def _remedy(program: Program, board: Board, use: MemoryUse) -> str:
    ways = f"stream rows with --ram {board.ram_bytes - board.stack_bytes}, which may fit; "
    ways += _larger(program, use.total, program.weight_bytes)
    if program.dtype == "int8":
        return ways
    return f"quantise to int8 with --calib DATA.npz (about {use.arena // 4:,} bytes of arena); {ways}"


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
