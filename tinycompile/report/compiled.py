"""The text of `compile`: what was made, against the board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinycompile.plan.program import Port, Program
from tinycompile.report.outside import outside_rows
from tinycompile.report.tables import constants_text, facts, used_of
from tinycompile.report.text import grouped, shape_of
from tinycompile.target import Board


def compile_summary(found: Mapping[str, Any], program: Program, board: Board, place: str) -> str:
    """Inputs, outputs, work, flash and RAM against the board, and what was proven."""
    ram, flash = found["ram"], found["flash"]
    code = "code not measured" if flash["code"] is None else f"code {grouped(flash['code'])}"
    rows = [("model", f"{program.name} ({program.dtype}) for {board.name}, {board.core.name}")]
    rows += [("input", _port(p)) for p in program.inputs] + [("output", _port(p)) for p in program.outputs]
    rows += [
        ("macs", grouped(program.macs) + _again(found["plan"])),
        *_removed(found["removed"]),
        *_stages(found["plan"]),
        *_cycles(found["plan"], board),
        (
            "flash",
            f"{constants_text(flash)} + {code} = {used_of(flash['total'], board.flash_bytes)}",
        ),
        *outside_rows(found, program, board),
        *_ram(ram, board),
        ("bound", _proof(program)),
    ]
    if found.get("compiler"):
        rows.append(("compiler", f"{found['compiler']}, optimised for {found['optimize']}"))
    rows += [("note", note) for note in found["notes"]]
    rows += [("digest", str(found["digest"])), ("written to", place)]
    return facts(rows)


def _again(plan: Mapping[str, Any]) -> str:
    extra = plan["extra_macs"]
    return f", {grouped(extra)} of them ({plan['extra_percent']:.1f} %) computed again" if extra else ""


def _stages(plan: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A line for each stage: kind, calls, fullest moment, tiles."""
    rows = []
    for stage in plan["stages"]:
        calls = f"call {stage['first']}" if stage["calls"] == 1 else f"calls {stage['first']}-{stage['last']}"
        text = f"{stage['kind']}, {calls}, fullest {grouped(stage['peak'])}"
        for tile in stage["tiles"]:
            text += f"; {tile['first']}-{tile['last']} in tiles of {tile['rows']}x{tile['columns']}"
        rows.append(("stage", text))
    return rows


def _cycles(plan: Mapping[str, Any], board: Board) -> list[tuple[str, str]]:
    """The estimate of the plan, and what its stages add; the latter alone where some kernel has none."""
    extra = f"{grouped(plan['extra_cycles'])} on top of the kernels'" if plan["stages"] else ""
    if plan["cycles"] is None:
        return [("cycles", f"about {extra}, which are not all known")] if extra else []
    time = board.milliseconds(plan["cycles"])
    clock = "" if time is None else f", {time:,.1f} ms at {board.clock_hz / 1e6:,.0f} MHz"
    text = f"about {grouped(plan['cycles'])} at zero wait states{clock}"
    return [("cycles", f"{text}; {extra}" if extra else text)]


def _removed(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    if not found["channels"]:
        return []
    what = f"{grouped(found['channels'])} constant or unread channels of {len(found['layers'])} layers"
    size = f"{grouped(found['weight_bytes'])} bytes of weights and biases"
    return [("removed", f"{what}; {grouped(found['macs'])} MACs and {size} saved")]


def _ram(ram: Mapping[str, Any], board: Board) -> list[tuple[str, str]]:
    """Arena, context and copied weights against the default RAM, or each part of the arena alone."""
    regions = ram["regions"]
    scratch = f"largest scratch {grouped(ram['scratch_peak'])}"
    weights = f" + weights {grouped(ram['weights'])}" if ram["weights"] else ""
    sums = f"arena {grouped(ram['arena'])} + context {ram['context']}{weights} = "
    if [r["name"] for r in regions] == [board.ram.name]:
        return [("ram", f"{sums}{used_of(ram['total'], board.ram_bytes)}; {scratch}")]
    rows = [("ram", f"{sums}{grouped(ram['total'])}; {scratch}")]
    return rows + [("", f"arena in {r['name']}: {used_of(r['arena'], r['available'])}") for r in regions]


def _proof(program: Program) -> str:
    proof = program.proof
    bound = "" if proof.order_exact else f" than {grouped(proof.order_bound)}"
    packing = (
        "packed to it" if proof.packing_exact else f"packed to {grouped(program.arena)}, maybe not least"
    )
    what = "plan" if program.stages else "order"
    return f"fullest step {grouped(proof.max_load)} (no {what} needs less{bound}); {packing}"


def _port(port: Port) -> str:
    quant = port.type.quant
    text = f"{port.name}: {port.type.dtype.value} {shape_of(port.type)}"
    text += ", patch by patch" if port.patches else ", row by row" if port.rows else ""
    return text if quant is None else f"{text}, scale {quant.scale0:.6g}, zero point {quant.zero0}"
