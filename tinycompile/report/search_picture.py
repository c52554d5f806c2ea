"""The candidates of a search as pictures: accuracy up, and RAM, flash and cycles across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinycompile.report.map_picture import Box, Label
from tinycompile.report.scale import Axis, Tick, stairs
from tinycompile.report.text import grouped, percent, plain

Found = Mapping[str, Any]
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _FOOT = 550.0, 280.0, 62.0, 22.0, 24.0, 44.0
#: Figure -> its name, and what is counted.
FIGURES = {"ram": ("RAM", "bytes"), "flash": ("Flash", "bytes"), "cycles": ("Cycles, estimated", "cycles")}


@dataclass(frozen=True)
class Dot:
    """A candidate; `css` says whether it is on the front or trained to the end."""

    x: float
    y: float
    radius: float
    css: str
    tip: str


@dataclass(frozen=True)
class Cloud:
    """All candidates by one figure.

    Attributes:
        name: of the figure.
        left_out: candidates for which the figure is not known.
        front: SVG path of the best accuracy that so much of the figure gives.
        limit: place and text of the budget; None where it lies outside.
    """

    name: str
    left_out: int
    width: float
    height: float
    plot: Box
    dots: tuple[Dot, ...]
    front: str
    columns: tuple[Tick, ...]
    rows: tuple[Tick, ...]
    limit: Label | None


def draw_clouds(found: Found) -> tuple[Cloud, ...]:
    """A picture for every figure, of the candidates for which it is known; none where there are none."""
    known = {f: [c for c in found["candidates"] if c["cost"][f] is not None] for f in FIGURES}
    return tuple(_cloud(figure, found, candidates) for figure, candidates in known.items() if candidates)


def _cloud(figure: str, found: Found, candidates: Sequence[Found]) -> Cloud:
    plot = Box(_LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, _HEIGHT)
    sizes = [float(c["cost"][figure]) for c in candidates]
    budget = found["budgets"][figure]
    most = max(sizes)
    near = budget is not None and budget < 3 * most
    across = Axis(plot.x, plot.x + plot.width, 1.06 * max(most, budget if near else 0.0) or 1.0)
    up = _shares([c["accuracy"] for c in candidates], plot)
    winners = {w["number"]: w for w in found["winners"]}
    order = sorted(candidates, key=lambda c: (c["number"] in winners, c["front"], c["number"]))
    dots = tuple(
        _dot(c, across(c["cost"][figure]), up(100 * c["accuracy"]), winners.get(c["number"])) for c in order
    )
    limit = Label(across(budget), plot.y - 6, f"budget {grouped(budget)}", "middle") if near else None
    ticks = across.numbers(5) if figure == "cycles" else across.bytes(5)
    rows = tuple(Tick(t.at, f"{t.label} %") for t in up.numbers(6))
    front = stairs(
        [(s, 100 * c["accuracy"]) for s, c in zip(sizes, candidates, strict=True)], across, up, rising=True
    )
    left_out = len(found["candidates"]) - len(candidates)
    height = _TOP + _HEIGHT + _FOOT
    return Cloud(FIGURES[figure][0], left_out, _WIDTH, height, plot, dots, front, ticks, rows, limit)


def _shares(shares: Sequence[float], plot: Box) -> Axis:
    """Percent, over what there is with a margin."""
    low, high = 100 * min(shares), 100 * max(shares)
    margin = max(0.5, 0.08 * (high - low))
    return Axis(plot.y + plot.height, plot.y, min(100.0, high + margin), max(0.0, low - margin))


def _dot(candidate: Found, x: float, y: float, winner: Found | None) -> Dot:
    css = "chosen" if winner else "front" if candidate["front"] else "beaten"
    return Dot(x, y, {"chosen": 7.0, "front": 5.0, "beaten": 3.5}[css], css, _tip(candidate, winner))


def _tip(candidate: Found, winner: Found | None) -> str:
    cost = candidate["cost"]
    lines = [
        f"Trial {candidate['number']}: {percent(candidate['accuracy'])} of the held-out samples",
        plain(candidate["architecture"]),
        f"{grouped(cost['ram'])} bytes of RAM, plan: {plain(cost['plan'])}",
        f"{grouped(cost['flash'])} bytes of flash, {grouped(cost['weights'])} of them weights",
        f"{grouped(cost['macs'])} MACs, {grouped(cost['cycles'])} cycles, estimated",
    ]
    if winner and winner["proven"] and winner["proven"]["accuracy"] is not None:
        lines.append(
            f"Trained to the end: {percent(winner['proven']['accuracy'])} of the test, by its C code"
        )
    elif winner:
        lines.append(f"Trained to the end: {percent(winner['quantised'])} in int8, held out")
    return "\n".join(lines)
