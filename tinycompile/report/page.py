"""The facts of the HTML page, ready for its template: texts and shares, read off a compilation."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.artifact import Artifact
from tinycompile.fit import memory_use
from tinycompile.plan.describe import cycles_of
from tinycompile.plan.program import Call, Port, Program
from tinycompile.report.flash_map import layer_flash
from tinycompile.report.memory_map import MemoryMap
from tinycompile.report.tables import constants_text
from tinycompile.report.text import both_ends, grouped, kernel_name, origin_label, plain, shape_of
from tinycompile.target import Board


@dataclass(frozen=True)
class Tile:
    """One figure of the headline; `share` of what is available, None where that has no limit."""

    name: str
    value: str
    detail: str
    share: float | None = None


@dataclass(frozen=True)
class PortRow:
    """An input or output of the model."""

    role: str
    name: str
    dtype: str
    shape: str
    scale: str
    zero_point: str
    offset: str


@dataclass(frozen=True)
class LayerRow:
    """One step of the layer table.

    Attributes:
        label: the first source node and how many more; `full` has them all.
        share: of all steps together; `bar`: of the largest step.
        stage: 0 outside stages.
        opens: whether it is the first step of its stage.
    """

    step: int
    label: str
    full: str
    operator: str
    kernel: str
    shape: str
    macs: str
    weights: str
    live: str
    cycles: str
    share: float
    bar: float
    stage: int
    opens: bool
    peak: bool


@dataclass(frozen=True)
class Claim:
    """One line of the proof: its bytes, the verdict in a word, and what it means."""

    name: str
    size: int
    verdict: str
    text: str


def title_line(artifact: Artifact) -> str:
    """Element types, board, core and compiler on one line."""
    board, summary = artifact.board, artifact.summary
    words = [artifact.program.dtype, board.title, board.core.name]
    if not board.core.is_host:
        words.append(f"{board.clock_hz / 1e6:,.0f} MHz")
    words.append(f"optimised for {summary['optimize']}")
    if summary.get("compiler"):
        words.append(str(summary["compiler"]))
    return " · ".join(map(plain, words))


def tiles(artifact: Artifact) -> tuple[Tile, ...]:
    """RAM, flash, MACs, extra MACs, cycles."""
    program, board, summary = artifact.program, artifact.board, artifact.summary
    use, flash = memory_use(program), summary["flash"]
    code = "code not measured" if flash["code"] is None else f"code {grouped(flash['code'])}"
    stack = "" if board.core.is_host else f"; firmware sets {grouped(board.stack_bytes)} aside for its stack"
    copied = f" + weights {grouped(use.weights)}" if use.weights else ""
    extra = program.recomputed_macs
    share = f"{100 * extra / max(1, program.macs - extra):.2f} % of the model's own"
    return (
        _memory("RAM", use.total, board.ram_bytes, board,
                f"arena {grouped(use.arena)} + context {use.context}{copied}{stack}"),
        _memory("Flash", flash["total"], board.flash_bytes, board,
                f"{constants_text(flash)} + {code}"),
        Tile("MACs", grouped(program.macs), _steps(program)),
        Tile("Extra MACs", grouped(extra), share if extra else "nothing is computed twice"),
        _cycles(program, board),
    )  # fmt: skip


def port_rows(program: Program) -> tuple[PortRow, ...]:
    """Inputs first."""
    return tuple(
        _port(role, port)
        for role, ports in (("input", program.inputs), ("output", program.outputs))
        for port in ports
    )


def share_of(program: Program) -> str:
    """What the shares of the layer table are of: cycles where all kernels have estimates, MACs otherwise."""
    return "cycles" if program.calls and all(c.cycles is not None for c in program.calls) else "MACs"


def layer_rows(program: Program) -> tuple[LayerRow, ...]:
    """One row a step."""
    flash = layer_flash(program)
    by_cycles = share_of(program) == "cycles"
    costs = [float(c.cycles or 0.0) if by_cycles else float(c.macs + c.recomputed) for c in program.calls]
    full, most = sum(costs) or 1.0, max(costs, default=0.0) or 1.0
    numbers = {id(stage): n for n, stage in enumerate(program.stages, start=1)}
    rows = []
    for call, cost, constants in zip(program.calls, costs, flash, strict=True):
        stage = program.stage_at.get(call.step)
        rows.append(
            LayerRow(
                call.step,
                both_ends(origin_label(call.origins, call.op.name), 28),
                plain(call.label),
                call.op.name,
                kernel_name(call.symbol),
                ", ".join(shape_of(o.type) for o in call.outs),
                grouped(call.macs + call.recomputed),
                grouped(constants.total),
                grouped(program.loads[call.step]),
                grouped(call.cycles),
                cost / full,
                cost / most,
                numbers[id(stage)] if stage else 0,
                stage is not None and stage.first == call.step,
                _at_peak(program, call),
            )
        )
    return tuple(rows)


def claims(program: Program) -> tuple[Claim, ...]:
    """What was proven, from what no plan can do without up to the arena."""
    proof, kind = program.proof, "plan" if program.stages else "order"
    above, gaps = proof.order_peak - proof.order_bound, program.arena - proof.max_load
    order = Claim(
        f"Chosen {kind}", proof.order_peak, "optimal", f"Equal to the bound: no other {kind} needs less."
    )
    if not proof.order_exact:
        text = f"{grouped(above)} bytes above the bound; whether another {kind} needs less is not known."
        order = Claim(order.name, order.size, "open", text)
    arena = Claim(
        "Arena", program.arena, "optimal", f"Packed ({proof.packing}) without a gap at that moment."
    )
    if not proof.packing_exact:
        text = f"Packed ({proof.packing}), {grouped(gaps)} bytes of gaps; whether fewer will do is not known."
        arena = Claim(arena.name, arena.size, "open", text)
    return (
        Claim("Lower bound", proof.lower_bound, "proven",
              "No plan with these options has less live at its fullest moment." if program.stages
              else "No order of these calls has less live in its fullest step."),
        order,
        Claim("Fullest moment", proof.max_load, "proven",
              "Live bytes after in-place sharing: no packing of them is smaller."),
        arena,
    )  # fmt: skip


def saving(after: MemoryMap, before: MemoryMap) -> str:
    """How the two plans compare, in a sentence."""
    share = 100 * (1 - after.arena / before.arena)
    manner = next((b.manner for b in after.bands if b.tiled), "row by row")
    return (
        f"With whole tensors the arena takes {grouped(before.arena)} bytes. The chosen plan works {manner} "
        f"in {_counted(len(after.bands), 'stage')} and takes {grouped(after.arena)}: {share:.1f} % less."
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _steps(program: Program) -> str:
    steps = _counted(len(program.calls), "step")
    return steps if not program.stages else f"{steps}, {_counted(len(program.stages), 'stage')}"


def _memory(name: str, used: int, available: int, board: Board, detail: str) -> Tile:
    if board.core.is_host:
        return Tile(name, f"{grouped(used)} B", detail)
    share = used / available
    return Tile(
        name,
        f"{grouped(used)} B",
        f"{100 * share:.1f} % of {grouped(available)} B: {detail}",
        min(1.0, share),
    )


def _cycles(program: Program, board: Board) -> Tile:
    total = cycles_of(program)
    if total is None or not program.calls:
        known = sum(c.cycles is not None for c in program.calls)
        what = f"{known} of {_counted(len(program.calls), 'step')} have an estimate"
        return Tile("Estimated cycles", "-", what)
    time = board.milliseconds(total)
    words = "" if time is None else f"{time:,.1f} ms at the highest clock, "
    return Tile("Estimated cycles", grouped(total), f"{words}zero wait states")


def _port(role: str, port: Port) -> PortRow:
    quant = port.type.quant
    return PortRow(
        role,
        plain(port.name),
        port.type.dtype.value,
        shape_of(port.type),
        f"{quant.scale0:.6g}" if quant else "-",
        str(quant.zero0) if quant else "-",
        grouped(port.offset),
    )


def _at_peak(program: Program, call: Call) -> bool:
    stage = program.stage_at.get(program.peak_step)
    return call.step == program.peak_step or (stage is not None and stage is program.stage_at.get(call.step))
