"""A bar per layer for the HTML page: what was measured in a folder that was profiled, else the estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinycompile.artifact import Artifact
from tinycompile.profiling import estimated
from tinycompile.report.profile import profile_object, read_profile
from tinycompile.report.text import both_ends, grouped, kernel_name, origin_label, plain


@dataclass(frozen=True)
class CostRow:
    """One bar.

    Attributes:
        step: empty for what drives a stage.
        bar, mark: lengths of the bar and of the estimate's mark, as shares of the longest.
        cells: the figures, in the order of `CostBars.columns`.
        spoken: the bar in words.
    """

    step: str
    label: str
    full: str
    kernel: str
    stage: int
    is_driver: bool
    bar: float
    mark: float | None
    share: str
    cells: tuple[str, ...]
    spoken: str


@dataclass(frozen=True)
class CostBars:
    """All bars, what they are of, and where the figures are from."""

    text: str
    unit: str
    columns: tuple[str, ...]
    rows: tuple[CostRow, ...]


def cost_bars(artifact: Artifact) -> CostBars:
    """The bars of a folder.

    Raises:
        UsageError: TC710, the folder's profile.json cannot be read.
    """
    program = artifact.program
    found = read_profile(artifact.directory, program)
    measured = found is not None
    if found is None:
        found = profile_object(estimated(artifact), program, "")
    key = "estimate" if not measured else "cycles" if found["cycles"] is not None else "instructions"
    if measured and all(entry[key] is None for entry in found["layers"]):
        key = "estimate"
    marked = key == "cycles"
    values = [float(entry[key] or 0) for entry in found["layers"]]
    marks = [float(entry["estimate"] or 0) for entry in found["layers"]] if marked else []
    longest = max([*values, *marks], default=0.0) or 1.0
    total = sum(values) or 1.0
    columns = _columns(found, measured)
    unit = "cycles, estimated" if key == "estimate" else "cycles" if marked else "instructions"
    rows = tuple(_row(entry, key, longest, total, columns) for entry in found["layers"])
    return CostBars(_text(found, artifact, measured), unit, tuple(name for name, _ in columns), rows)


def _columns(found: Mapping[str, Any], measured: bool) -> tuple[tuple[str, str], ...]:
    """(title, key of an entry) of the figures that are there."""
    able = (
        ("instructions", "instructions"),
        ("cycles", "cycles"),
        ("cycles, est.", "estimate"),
        ("per MAC", "cycles_per_mac"),
    )
    return tuple(
        (title, key) for title, key in able if any(entry[key] is not None for entry in found["layers"])
    )


def _row(
    entry: Mapping[str, Any],
    key: str,
    longest: float,
    total: float,
    columns: tuple[tuple[str, str], ...],
) -> CostRow:
    value, is_driver = float(entry[key] or 0), entry["kind"] == "driver"
    estimate = entry["estimate"] if key == "cycles" else None
    label = str(entry["label"]) if is_driver else origin_label(entry["origins"], entry["operator"])
    share = f"{100 * value / total:.1f} %"
    return CostRow(
        "" if is_driver else str(entry["step"]),
        f"driver of {label}" if is_driver else both_ends(label, 28),
        plain(str(entry["label"])),
        kernel_name(str(entry["kernel"])),
        int(entry["stage"] or 0),
        is_driver,
        value / longest,
        None if estimate is None else float(estimate) / longest,
        share,
        tuple(_cell(entry[name]) for _, name in columns),
        f"{plain(label)}: {grouped(value)} {'instructions' if key == 'instructions' else 'cycles'}, {share}",
    )


def _cell(value: float | int | None) -> str:
    return f"{value:.2f}" if isinstance(value, float) else grouped(value)


def _text(found: Mapping[str, Any], artifact: Artifact, measured: bool) -> str:
    board = artifact.board
    if not measured:
        return (
            "Estimated cycles at zero wait states, as the planner sees them. `tinycompile profile` measures "
            "the same on an emulated core."
        )
    words = f"Measured on the {'emulator' if found['on'] == 'emulator' else 'emulator QEMU'}, "
    words += f"{plain(str(found['compiler']))}: {grouped(found['instructions'])} instructions"
    if found["cycles"] is None:
        return f"{words}. There is no cycle model."
    time = 1e3 * found["cycles"] / board.clock_hz
    words += f", {grouped(found['cycles'])} model cycles. At {board.clock_hz / 1e6:,.0f} MHz that is about "
    return (
        f"{words}{time:,.2f} ms, an estimate at zero wait states. The line in a bar is the static estimate."
    )
