"""The JSON objects of the commands."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tinycompile.build import Check, Firmware
from tinycompile.demo.digits import DemoResult
from tinycompile.evaluation import Evaluation
from tinycompile.execution import Comparison
from tinycompile.plan.program import Port, Program
from tinycompile.report.operators import LEGEND
from tinycompile.target import Board

Array = npt.NDArray[np.generic]


def dump(found: Mapping[str, Any]) -> str:
    """Strict JSON; NaN and infinities, which it does not have, become null."""
    return json.dumps(_finite(found), indent=1, allow_nan=False)


def port_object(port: Port) -> dict[str, Any]:
    """An input or output: name, dtype, shape, place in the arena, scale and zero point when quantised."""
    quant = port.type.quant
    return {
        "name": port.name,
        "dtype": port.type.dtype.value,
        "shape": list(port.type.shape),
        "offset": port.offset,
        "scale": quant.scale0 if quant else None,
        "zero_point": quant.zero0 if quant else None,
    }


def compile_object(summary: Mapping[str, Any], program: Program) -> dict[str, Any]:
    """The summary, with inputs, outputs and what was proven about the arena."""
    proof = program.proof
    return {
        **summary,
        "inputs": [port_object(p) for p in program.inputs],
        "outputs": [port_object(p) for p in program.outputs],
        "proof": {
            "order_peak": proof.order_peak,
            "order_exact": proof.order_exact,
            "max_load": proof.max_load,
            "packing": proof.packing,
            "packing_exact": proof.packing_exact,
        },
    }


def simulate_object(program: Program, outputs: Mapping[str, Array], given: str) -> dict[str, Any]:
    """Peak and occupancy of the arena, and outputs [samples, *shape]."""
    step = program.peak_step
    count = len(next(iter(outputs.values()))) if outputs else 0
    return {
        "model": program.name,
        "board": program.board,
        "input": given,
        "samples": count,
        "peak": max(program.loads),
        "arena": program.arena,
        "regions": [{"name": r.name, "start": r.start, "size": r.size} for r in program.regions],
        "peak_step": step,
        "live_at_peak": [
            {"values": list(b.values), "offset": b.offset, "size": b.size, "scratch": b.scratch}
            for b in program.live(step)
        ],
        "steps": [
            {
                "step": c.step,
                "origins": list(c.origins),
                "kernel": c.symbol,
                "live": program.loads[c.step],
                "macs": c.macs,
            }
            for c in program.calls
        ],
        "outputs": {p.name: {**port_object(p), "values": outputs[p.name].tolist()} for p in program.outputs},
    }


def run_object(comparison: Comparison, program: Program, place: str, given: str) -> dict[str, Any]:
    """What running the C code showed."""
    result = comparison.result
    return {
        "model": program.name,
        "board": program.board,
        "on": place,
        "input": given,
        "bit_exact": comparison.bit_exact,
        "samples": len(result.outputs),
        "differing": list(comparison.differing),
        "instructions": result.instructions,
        "cycles_model": None if result.cycles_model is None else round(result.cycles_model),
        "stack_high_water": result.stack_high_water,
        "arena_high_water": result.arena_high_water,
        "arena": program.arena,
        "out_of_plan_accesses": result.out_of_plan_accesses,
        "out_of_plan_examples": list(result.out_of_plan_examples),
        "uninitialised_reads": result.uninitialised_reads,
        "compiler": result.compiler,
    }


def evaluate_object(evaluation: Evaluation, program: Program, place: str) -> dict[str, Any]:
    """Accuracy and agreement."""
    return {
        "model": program.name,
        "board": program.board,
        "on": place,
        "samples": evaluation.samples,
        "accuracy": evaluation.accuracy,
        "accuracy_of_onnxruntime": evaluation.reference_accuracy,
        "agreement_with_onnxruntime": evaluation.agreement,
        "max_abs_diff": evaluation.max_abs_diff,
        "max_step_diff": evaluation.max_step_diff,
        "identical_outputs": evaluation.identical,
        "note": evaluation.note,
    }


def demo_object(result: DemoResult) -> dict[str, Any]:
    """The figures of the demo."""
    summary, ran, judged = result.summary, result.comparison.result, result.evaluation
    return {
        "model": summary["model"],
        "board": summary["board"],
        "samples": judged.samples,
        "accuracy": judged.accuracy,
        "accuracy_of_onnxruntime": judged.reference_accuracy,
        "agreement_with_onnxruntime": judged.agreement,
        "bit_exact": result.comparison.bit_exact,
        "out_of_plan_accesses": ran.out_of_plan_accesses,
        "instructions": ran.instructions,
        "stack_high_water": ran.stack_high_water,
        "ram": summary["ram"],
        "flash": summary["flash"],
        "compiler": ran.compiler,
    }


def boards_object(boards: Sequence[Board]) -> dict[str, Any]:
    """Every board with all of its memories."""
    return {"boards": [_board(b) for b in boards]}


def _board(board: Board) -> dict[str, Any]:
    emulator = board.emulator
    return {
        "name": board.name,
        "title": board.title,
        "mcu": board.mcu,
        "core": board.core.name,
        "features": sorted(board.core.features),
        "clock_hz": board.clock_hz,
        "flash_wait_states": board.flash_wait_states,
        "ram": board.ram_bytes,
        "flash": board.flash_bytes,
        "memories": [
            {
                "name": r.name,
                "kind": r.kind.value,
                "address": r.address,
                "size": r.size,
                "attributes": sorted(r.attributes),
                "speed_rank": r.speed_rank,
                "default": r.default,
            }
            for r in board.regions
        ],
        "probe": board.probe.interface if board.probe else None,
        "emulator": bool(emulator and emulator.unicorn),
        "qemu": emulator.qemu.machine if emulator and emulator.qemu else None,
        "sources": list(board.sources),
    }


def operators_object(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Every operator: core classes with kernels, per kind of element type."""
    return {"operators": list(rows), "legend": LEGEND}


def doctor_object(checks: Sequence[Check], version: str, python: str) -> dict[str, Any]:
    """What is installed."""
    return {
        "tinycompile": version,
        "python": python,
        "tools": [
            {
                "name": c.name,
                "found": c.found,
                "version": c.version,
                "purpose": c.purpose,
                "how_to_get": c.how_to_get,
            }
            for c in checks
        ],
    }


def report_object(program: Program, path: Path, page: str) -> dict[str, Any]:
    """Where the page was written, and its bytes."""
    return {
        "model": program.name,
        "board": program.board,
        "page": str(path),
        "bytes": len(page.encode("utf-8")),
    }


def flash_object(firmware: Firmware, board: Board, tool: str | None) -> dict[str, Any]:
    """The image, and the tool that wrote it (None when it was only built)."""
    return {
        "board": board.name,
        "written_with": tool,
        "elf": str(firmware.elf),
        "binary": str(firmware.binary),
        "address": firmware.address,
        "size": firmware.size,
        "compiler": firmware.compiler,
    }


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return value
