"""What each layer costs: the object of `profile --json`, its tables, and the same read back from a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from tinycompile.build import Traffic
from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.plan.program import Program
from tinycompile.profiling import Cost, Profile
from tinycompile.report.tables import facts, table
from tinycompile.report.text import bar, grouped, kernel_name, origin_label

TC_PROFILE = declare(
    "TC710",
    "Unreadable profile.json",
    "The folder holds a profile.json that is not what `tinycompile profile` writes for it. Run that again, "
    "or take the file out of the folder.",
)

FILE = "profile.json"
_BAR = 6


def profile_object(found: Profile, program: Program, given: str) -> dict[str, Any]:
    """The profile for JSON: totals, then layers and drivers in execution order."""
    return {
        "model": program.name,
        "board": program.board,
        "on": found.on,
        "input": given,
        "compiler": found.compiler,
        "clock_hz": found.clock_hz,
        "macs": found.macs,
        "instructions": found.instructions,
        "cycles": _rounded(found.cycles),
        "estimate": _rounded(found.estimate),
        "cycles_per_mac": _ratio(found.cycles, found.macs),
        "milliseconds": found.milliseconds,
        "traffic": _traffic(found.traffic),
        "layers": [_layer(cost, found) for cost in found.costs],
    }


def profile_summary(found: Mapping[str, Any], core: str) -> str:
    """The totals; the milliseconds are called what they are."""
    rows = [
        ("model", f"{found['model']} for {found['board']}, {core}"),
        ("on", f"{found['on']}, {found['compiler']}"),
        ("input", str(found["input"])),
        ("instructions", grouped(found["instructions"])),
    ]
    if found["cycles"] is None:
        why = "QEMU has no cycle model" if found["on"] == "qemu" else f"no cycle table of {core} is published"
        rows.append(("cycles (model)", f"-: {why}"))
    else:
        rows.append(("cycles (model)", f"{grouped(found['cycles'])}{_per_mac(found)}"))
        megahertz = found["clock_hz"] / 1e6
        time = f"{found['milliseconds']:,.2f} ms at {megahertz:,.0f} MHz, an estimate: zero wait states"
        rows.append(("time", time))
    rows.append(("static estimate", f"{grouped(found['estimate'])}{_beside(found)}"))
    rows += [
        (f"traffic of {name}", f"{grouped(t['loaded'])} bytes loaded, {grouped(t['stored'])} stored")
        for name, t in found["traffic"].items()
    ]
    return facts(rows)


def cost_table(found: Mapping[str, Any]) -> Table:
    """One row a layer: instructions, cycles beside the estimate, cycles per MAC and the share of the time."""
    layers = found["layers"]
    full = max((_weight(entry) for entry in layers), default=0.0)
    rows = [
        (
            str(entry["step"]) if entry["kind"] == "layer" else "",
            _label(entry),
            grouped(entry["instructions"]),
            grouped(entry["cycles"]),
            grouped(entry["estimate"]),
            "-" if entry["cycles_per_mac"] is None else f"{entry['cycles_per_mac']:.2f}",
            "-" if entry["share"] is None else f"{100 * entry['share']:.1f} %",
            bar(_weight(entry), full, _BAR),
        )
        for entry in layers
    ]
    return table(("step>", "node~", "instr.>", "cycles>", "estimate>", "/MAC>", "share>", "?"), rows)


def traffic_table(found: Mapping[str, Any]) -> Table | None:
    """One row a layer and one column a memory: bytes loaded and stored; None where they were not counted."""
    memories = list(found["traffic"])
    if not memories:
        return None
    rows = [
        (
            str(entry["step"]) if entry["kind"] == "layer" else "",
            _label(entry),
            kernel_name(entry["kernel"]) or "-",
            *(
                cell
                for name in memories
                for t in [entry["traffic"].get(name, {"loaded": 0, "stored": 0})]
                for cell in (grouped(t["loaded"]), *([grouped(t["stored"])] if _stores(found, name) else []))
            ),
        )
        for entry in found["layers"]
    ]
    columns = [
        title
        for name in memories
        for title in (f"{name} loads>", *([f"{name} stores>"] if _stores(found, name) else []))
    ]
    return table(("step>", "node~", "kernel~", *columns), rows)


def read_profile(directory: Path, program: Program) -> Mapping[str, Any] | None:
    """What `tinycompile profile` has written into a folder; None where it has not.

    Raises:
        UsageError: TC710.
    """
    path = directory / FILE
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        _check(found, program)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            Diagnostic(
                TC_PROFILE,
                f"'{path}' cannot be read: {type(error).__name__}: {error}",
                (str(path),),
                f"run `tinycompile profile` again, or take {FILE} out of the folder",
            )
        ) from error
    checked: Mapping[str, Any] = found
    return checked


def _check(found: Any, program: Program) -> None:
    steps = [entry["step"] for entry in found["layers"] if entry["kind"] == "layer"]
    if steps != [call.step for call in program.calls]:
        raise ValueError("its layers are not those of the folder's Program")
    for entry in (found, *found["layers"]):
        for key in ("instructions", "cycles", "estimate"):
            if not (entry[key] is None or (isinstance(entry[key], int) and entry[key] >= 0)):
                raise ValueError(f"{entry[key]!r} is no number of {key}")
        float(entry["cycles_per_mac"] or 0.0)
    for entry in found["layers"]:
        float(entry["share"] or 0.0)
    str(found["on"]), str(found["compiler"])


def _layer(cost: Cost, whole: Profile) -> dict[str, Any]:
    return {
        "step": cost.step,
        "kind": "driver" if cost.is_driver else "layer",
        "stage": cost.stage or None,
        "label": cost.label,
        "origins": list(cost.origins),
        "operator": cost.operator,
        "kernel": cost.kernel,
        "macs": cost.macs,
        "instructions": cost.instructions,
        "cycles": _rounded(cost.cycles),
        "estimate": _rounded(cost.estimate),
        "cycles_per_mac": _ratio(cost.cycles, cost.macs),
        "share": _share(cost, whole),
        "traffic": _traffic(cost.traffic),
    }


def _share(cost: Cost, whole: Profile) -> float | None:
    """Of the cycles; of the instructions where the core has no cycle model; else of the estimate."""
    for part, total in (
        (cost.cycles, whole.cycles),
        (cost.instructions, whole.instructions),
        (cost.estimate, whole.estimate),
    ):
        if part is not None and total:
            return part / total
    return None


def _traffic(found: Sequence[Traffic]) -> dict[str, dict[str, int]]:
    return {t.memory: {"loaded": t.loaded, "stored": t.stored} for t in found}


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def _ratio(cycles: float | None, macs: int) -> float | None:
    return cycles / macs if cycles is not None and macs else None


def _weight(entry: Mapping[str, Any]) -> float:
    return float(entry["share"] or 0.0)


def _label(entry: Mapping[str, Any]) -> str:
    return (
        str(entry["label"])
        if entry["kind"] == "driver"
        else origin_label(entry["origins"], entry["operator"])
    )


def _stores(found: Mapping[str, Any], memory: str) -> bool:
    return bool(found["traffic"][memory]["stored"])


def _per_mac(found: Mapping[str, Any]) -> str:
    return "" if found["cycles_per_mac"] is None else f", {found['cycles_per_mac']:.2f} per MAC"


def _beside(found: Mapping[str, Any]) -> str:
    """How far the estimate is from the cycles."""
    if not found["cycles"] or found["estimate"] is None:
        return "" if found["estimate"] is not None else " (some kernel has none)"
    return f" cycles, {100 * (found['estimate'] / found['cycles'] - 1):+.1f} %"
