"""The Pareto front of a model: plans that trade RAM for work, as `pareto.json` in an output folder."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.report.map_picture import Box, Label
from tinycompile.report.scale import CHAR, Axis, Tick, stairs
from tinycompile.report.text import plain

TC_PARETO = declare(
    "TC708",
    "Unreadable pareto.json",
    "The folder holds a pareto.json that is not a list of plans with name, ram, extra_macs, cycles, plan and "
    "chosen. Write it again, or take it out of the folder.",
)

FILE = "pareto.json"
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _FOOT = 550.0, 250.0, 70.0, 22.0, 22.0, 44.0


@dataclass(frozen=True)
class Point:
    """One plan: bytes of RAM, multiply-accumulates beyond the model's own, estimated cycles if known.

    `extra_cycles` are those on top of whole tensors', known even where those of some kernel are not.
    """

    name: str
    ram: int
    extra_macs: int
    cycles: float | None
    plan: str
    chosen: bool
    extra_cycles: float | None = None


@dataclass(frozen=True)
class Dot:
    """A point in the picture."""

    x: float
    y: float
    chosen: bool
    tip: str
    label: Label | None


@dataclass(frozen=True)
class Scatter:
    """RAM across, a cost up; `front` is an SVG path through the points that no other beats."""

    title: str
    width: float
    height: float
    plot: Box
    dots: tuple[Dot, ...]
    front: str
    columns: tuple[Tick, ...]
    rows: tuple[Tick, ...]


def read_points(directory: Path) -> tuple[Point, ...]:
    """The points of `directory`, by RAM; none where it has no such file.

    Raises:
        UsageError: TC708.
    """
    path = directory / FILE
    if not path.exists():
        return ()
    try:
        found = points_of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            Diagnostic(
                TC_PARETO,
                f"'{path}' cannot be read: {type(error).__name__}: {error}",
                (str(path),),
                f"write it again, or take {FILE} out of the folder",
            )
        ) from error
    return found


def points_of(found: Mapping[str, Any]) -> tuple[Point, ...]:
    """The points of the object that the file holds, by RAM.

    Raises:
        ValueError, KeyError, TypeError: it holds something else.
    """
    points = [_point(entry) for entry in found["points"]]
    return tuple(sorted(points, key=_place))


def beside(points: Sequence[Point], own: Point) -> tuple[Point, ...]:
    """The points with `own`, the plan of a folder, as the chosen one.

    The front was made for a budget of its own: the plan that it led to need not be the folder's, which may be
    none of the points at all. Then `own` stands among them, where its cycles are known as theirs are.
    """
    found = [replace(p, chosen=_key(p) == _key(own)) for p in points]
    if (
        not any(p.chosen for p in found)
        and own.cycles is not None
        and all(p.cycles is not None for p in found)
    ):
        found.append(replace(own, chosen=True))
    return tuple(sorted(found, key=_place))


def draw_scatters(points: Sequence[Point]) -> tuple[Scatter, ...]:
    """RAM against extra MACs, if there are any, and against cycles where all are known.

    Cycles that are known only on top of whole tensors' are drawn as such.
    """
    found = []
    cycles = [p.cycles for p in points if p.cycles is not None]
    extra = [p.extra_cycles for p in points if p.extra_cycles is not None]
    if len(cycles) == len(points):
        found.append(_scatter("estimated cycles", points, cycles))
    elif len(extra) == len(points):
        found.append(_scatter("estimated cycles on top of whole tensors'", points, extra))
    if any(p.extra_macs for p in points) or not found:
        found.insert(0, _scatter("extra MACs", points, [float(p.extra_macs) for p in points]))
    return tuple(found)


def _place(point: Point) -> tuple[int, int, str]:
    return point.ram, point.extra_macs, point.name


def _key(point: Point) -> tuple[int, int, float | None, str]:
    return point.ram, point.extra_macs, point.cycles, point.plan


def _point(entry: Any) -> Point:
    cycles, extra = entry["cycles"], entry.get("extra_cycles")
    point = Point(
        _text(entry["name"]),
        _count(entry["ram"]),
        _count(entry["extra_macs"]),
        None if cycles is None else float(cycles),
        _text(entry["plan"]),
        _flag(entry["chosen"]),
        None if extra is None else float(extra),
    )
    for count in (point.cycles, point.extra_cycles):
        if count is not None and not (math.isfinite(count) and count >= 0):
            raise ValueError(f"{count} is no number of cycles")
    return point


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value


def _scatter(title: str, points: Sequence[Point], costs: Sequence[float]) -> Scatter:
    plot = Box(_LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, _HEIGHT)
    across = Axis(plot.x, plot.x + plot.width, 1.06 * max(p.ram for p in points) or 1.0)
    up = _costs_axis(costs, plot)
    places = [(across(p.ram), up(c)) for p, c in zip(points, costs, strict=True)]
    labels = _labels([plain(p.name) for p in points], places, plot)
    path = stairs([(point.ram, cost) for point, cost in zip(points, costs, strict=True)], across, up)
    dots = tuple(
        Dot(x, y, point.chosen, _tip(point), label)
        for point, (x, y), label in zip(points, places, labels, strict=True)
    )
    return Scatter(
        title, _WIDTH, _TOP + _HEIGHT + _FOOT, plot, dots, path,
        across.bytes(5), up.numbers(5),
    )  # fmt: skip


def _costs_axis(costs: Sequence[float], plot: Box) -> Axis:
    """From 0, but for costs that differ by less than half: those would all lie in one line."""
    low, high = min(costs), max(costs)
    margin = 0.12 * (high - low)
    if low > high / 2 and low < high:
        return Axis(plot.y + plot.height, plot.y, high + margin, low - margin)
    return Axis(plot.y + plot.height, plot.y, 1.06 * high or 1.0)


def _labels(names: Sequence[str], places: Sequence[tuple[float, float]], plot: Box) -> list[Label | None]:
    """A name beside each dot where it covers no other name and no dot; None where there is no such place."""
    taken = [(x - 7, y - 7, x + 7, y + 7) for x, y in places]
    found: list[Label | None] = []
    for name, (x, y) in zip(names, places, strict=True):
        width = len(name) * CHAR
        chosen = None
        for left, base in ((x + 9, y - 6), (x - 9 - width, y - 6), (x + 9, y + 14), (x - 9 - width, y + 14)):
            area = (left, base - 10, left + width, base + 2)
            inside = plot.x <= left and area[2] <= plot.x + plot.width and plot.y <= area[1]
            if inside and base <= plot.y + plot.height and not any(_meet(area, other) for other in taken):
                taken.append(area)
                chosen = Label(left, base, name, "start")
                break
        found.append(chosen)
    return found


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _tip(point: Point) -> str:
    cycles = "" if point.cycles is None else f"\n{point.cycles:,.0f} cycles, estimated"
    chosen = "\nThis folder holds this plan." if point.chosen else ""
    return (
        f"{plain(point.name)}\n{point.ram:,} bytes of RAM\n{point.extra_macs:,} extra MACs{cycles}\n"
        f"{plain(point.plan)}{chosen}"
    )
