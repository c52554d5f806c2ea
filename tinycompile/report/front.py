"""The plans to choose from: as a table and a chart for terminals, as JSON, and as a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from rich.table import Table

from tinycompile.report.html import points_page
from tinycompile.report.objects import dump
from tinycompile.report.pareto import FILE, points_of
from tinycompile.report.scale import short_number
from tinycompile.report.tables import facts, table
from tinycompile.report.text import WIDTH, grouped, kernel_name, size_text
from tinycompile.target import Board

#: The page beside FILE.
PAGE = "pareto.html"
_MARKS = ascii_lowercase + ascii_uppercase
_LEFT, _LINES = 9, 14

Found = Mapping[str, Any]


def summary(found: Found, board: Board) -> str:
    """What was asked, what the budget leads to, and what is proven."""
    points = found["points"]
    chosen = next(p for p in points if p["chosen"])
    rows = [
        ("model", f"{found['model']} for {board.name}, {board.core.name}"),
        ("options", f"stages {found['stages']}, input {found['input']}, output {found['output']}"),
        ("macs", grouped(found["macs"])),
    ]
    if not board.core.is_host:
        room = f"{size_text(board.ram_bytes)} of RAM, {size_text(board.stack_bytes)} of it for the stack"
        rows.append(("board", room))
    if found["budget"] is not None:
        met = chosen["ram"] <= found["budget"]
        reached = f"plan {_mark(points.index(chosen))}, {chosen['name']}"
        missed = f"no plan; the smallest needs {grouped(chosen['ram'])}"
        rows.append(("budget", f"{grouped(found['budget'])} bytes: {reached if met else missed}"))
        rows += [("plan", chosen["plan"])] if met else []
    rows.append(("bound", f"no plan with these options needs less than {grouped(found['lower_bound'])}"))
    if found["unestimated"]:
        names = ", ".join(map(kernel_name, found["unestimated"]))
        rows.append(("cycles", f"on top of whole tensors'; those of {names} are unknown"))
    return facts(rows)


def points_table(found: Found) -> Table:
    """One row a plan, the largest first."""
    total = not found["unestimated"]
    rows = [
        (
            _mark(index),
            grouped(point["ram"]),
            "yes" if point["fits"] else "no",
            grouped(point["extra_macs"]),
            f"{point['extra_percent']:.1f}",
            grouped(point["cycles"] if total else point["extra_cycles"]),
            point["name"] + (" <- chosen" if point["chosen"] else ""),
        )
        for index, point in enumerate(found["points"])
    ]
    cycles = "cycles>" if total else "+ cycles>"
    return table(("", "RAM>", "fits", "extra MACs>", "%>", cycles, "plan~"), rows)


def chart(found: Found) -> str:
    """RAM to the right on a logarithmic scale, cycles upwards; letters as in the table."""
    points: Sequence[Found] = found["points"]
    total = not found["unestimated"]
    costs = [float(p["cycles"] if total else p["extra_cycles"]) for p in points]
    sizes = [max(1, p["ram"]) for p in points]
    edge = found["budget"]
    low, high = min(sizes) / 1.1, max(sizes) * 1.1
    width = WIDTH - _LEFT - 1
    least, most = min(costs), max(costs)

    def column(size: float) -> int:
        return round((width - 1) * math.log(size / low) / math.log(high / low))

    def line(cost: float) -> int:
        return round((_LINES - 1) * (most - cost) / (most - least)) if most > least else _LINES - 1

    cells = [[" "] * width for _ in range(_LINES)]
    marked = edge is not None and low <= edge <= high
    if edge is not None and marked:
        for row in cells:
            row[column(edge)] = "|"
    for index in range(len(points)):
        row = cells[line(costs[index])]
        row[_free(row, column(sizes[index]))] = _mark(index)
    labels = {0: short_number(most), _LINES - 1: short_number(least)}
    lines = [f"{labels.get(i, ''):>{_LEFT - 1}} |{''.join(row).rstrip()}" for i, row in enumerate(cells)]
    lines.append(" " * _LEFT + "+" + "-" * (width - 1))
    left, right = f"{min(sizes):,} bytes", f"{max(sizes):,}"
    lines.append(" " * _LEFT + left + right.rjust(width - len(left)))
    title = "estimated cycles" if total else "estimated cycles on top of whole tensors'"
    return "\n".join([f"{title} against RAM" + ("; | is the budget" if marked else ""), *lines])


def _free(row: Sequence[str], wanted: int) -> int:
    """The nearest column without a letter; the one to the left of two, where smaller plans are."""
    free = [i for i, cell in enumerate(row) if cell in " |"]
    return min(free, key=lambda i: (abs(i - wanted), i), default=wanted)


def front_files(found: Found) -> dict[str, str]:
    """pareto.json and a page of it that needs nothing else."""
    text = dump(found) + "\n"
    title = f"{found['model']} on {found['board']}"
    return {FILE: text, PAGE: points_page(points_of(found), title)}


def _mark(index: int) -> str:
    return _MARKS[index % len(_MARKS)]
