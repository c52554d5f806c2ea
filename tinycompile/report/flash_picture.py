"""Where flash goes, in pixels: what templates/flash.svg.j2 draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.plan.program import Program
from tinycompile.report.flash_map import PARTS, LayerFlash, Part, layer_flash
from tinycompile.report.map_picture import Box
from tinycompile.report.scale import Axis, Tick, step_ticks
from tinycompile.report.text import plain

_LEFT, _RIGHT, _TOP, _FOOT, _HEIGHT = 70.0, 18.0, 10.0, 26.0, 150.0
_LEAST_COLUMN = 13.0


@dataclass(frozen=True)
class Coloured:
    """A box with the name of its colour."""

    css: str
    box: Box


@dataclass(frozen=True)
class FlashBar:
    """The whole flash of the board, or what is used of it where the board has no size, as one bar."""

    width: float
    height: float
    parts: tuple[Coloured, ...]


@dataclass(frozen=True)
class FlashColumns:
    """Constants per step, stacked; a wide picture is scrolled."""

    width: float
    height: float
    wide: bool
    plot: Box
    parts: tuple[Coloured, ...]
    rows: tuple[Tick, ...]
    steps: tuple[Tick, ...]


def draw_bar(parts: Sequence[Part], available: int | None, width: float = 1120.0) -> FlashBar:
    """The shares side by side, to the scale of the board's flash."""
    used = sum(part.size for part in parts)
    full = max(used, available or 0) or 1
    across = Axis(0.0, width, full)
    boxes: list[Coloured] = []
    at = 0
    for part in parts:
        tip = f"{part.name}\n{part.size:,} bytes, {100 * part.size / full:.1f} % of the bar"
        boxes.append(Coloured(part.css, Box(across(at), 0.0, across(part.size), 30.0, tip)))
        at += part.size
    if full > used:
        boxes.append(
            Coloured("free", Box(across(at), 0.0, across(full - used), 30.0, f"free\n{full - used:,} bytes"))
        )
    return FlashBar(width, 30.0, tuple(boxes))


def draw_columns(program: Program, width: float = 1120.0) -> FlashColumns:
    """One stack a step."""
    layers = layer_flash(program)
    count = max(1, len(layers))
    column = max(_LEAST_COLUMN, (width - _LEFT - _RIGHT) / count)
    plot = Box(_LEFT, _TOP, column * count, _HEIGHT)
    up = Axis(plot.y + plot.height, plot.y, max((x.total for x in layers), default=0) or 1)
    labels = [plain(call.label) for call in program.calls]
    parts = [box for x in layers for box in _stack(x, labels[x.step], plot.x + x.step * column, column, up)]
    return FlashColumns(
        plot.x + plot.width + _RIGHT,
        plot.y + plot.height + _FOOT,
        plot.x + plot.width + _RIGHT > width + 1,
        plot,
        tuple(parts),
        up.bytes(4),
        step_ticks(len(layers), column, plot.x),
    )


def _stack(layer: LayerFlash, label: str, x: float, column: float, up: Axis) -> list[Coloured]:
    lines = [f"{name} {layer.sizes[purpose]:,} bytes" for purpose, (name, _) in PARTS.items()]
    tip = "\n".join([f"step {layer.step}: {label}", *lines])
    found, at = [], 0
    for purpose, (_, css) in PARTS.items():
        size = layer.sizes[purpose]
        if size:
            top = up(at + size)
            found.append(Coloured(css, Box(x + 0.5, top, column - 1, up(at) - top, tip)))
            at += size
    return found
