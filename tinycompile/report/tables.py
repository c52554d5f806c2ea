"""The text tables, as rich renderables that fit 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from rich import box
from rich.cells import cell_len
from rich.console import JustifyMethod
from rich.table import Table

from tinycompile.build import Check
from tinycompile.plan.program import Program
from tinycompile.report.memory_chart import letters
from tinycompile.report.memory_map import MemoryMap, Rect
from tinycompile.report.operators import LEGEND, cell
from tinycompile.report.text import (
    WIDTH,
    bar,
    both_ends,
    grouped,
    kernel_name,
    origin_label,
    percent,
    plain,
    shape_of,
    size_text,
)
from tinycompile.target import Board

Array = npt.NDArray[np.generic]
#: A column that may lose characters keeps at least so many.
_LEAST = 12
#: A space that no line is broken at.
_JOIN = "\N{NO-BREAK SPACE}"


def facts(rows: Sequence[tuple[str, str]]) -> str:
    """Names and values, one a line; values wrap between words, so that paths and percentages stay whole."""
    indent = max(len(name) for name, _ in rows) + 2
    lines: list[str] = []
    for name, value in rows:
        lines += textwrap.wrap(
            plain(value).replace(" %", f"{_JOIN}%") or "-",
            WIDTH,
            initial_indent=name.ljust(indent),
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines).replace(_JOIN, " ")


def layers(program: Program) -> Table:
    """One row a kernel call: source node, kernel, output, live bytes, MACs."""
    full = max(program.loads)
    rows = [
        (
            str(call.step),
            origin_label(call.origins, call.op.name),
            kernel_name(call.symbol),
            shape_of(call.outs[0].type),
            grouped(program.loads[call.step]),
            bar(program.loads[call.step], full),
            grouped(call.macs),
        )
        for call in program.calls
    ]
    return table(("step>", "node~", "kernel~", "output", "live, B>", "?", "MACs>"), rows)


def occupancy(program: Program) -> Table:
    """One row a kernel call: what is live in the arena, and how full it is."""
    rows = []
    for call in program.calls:
        live = program.loads[call.step]
        mark = " <- peak" if call.step == program.peak_step else ""
        label = origin_label(call.origins, call.op.name)
        rows.append(
            (
                str(call.step),
                label,
                kernel_name(call.symbol),
                grouped(live),
                bar(live, program.arena, 12) + mark,
            )
        )
    return table(("step>", "node~", "kernel~", "live, B>", "of the arena"), rows)


def live_blocks(program: Program) -> Table:
    """What the arena holds at the fullest step, largest first."""
    rows = [
        (
            "scratch" if b.scratch else ", ".join(b.values),
            region.name,
            grouped(b.offset - region.start),
            grouped(b.size),
        )
        for b in program.live(program.peak_step)
        for region in [program.region_of(b.offset)]
    ]
    return table((f"live at step {program.peak_step}~", "in", "offset>", "bytes>"), rows)


def memory_summary(program: Program, found: MemoryMap, before: MemoryMap | None) -> str:
    """Arena and peak, and what whole tensors would take."""
    rows = [
        ("model", f"{program.name} ({program.dtype}) for {program.board}"),
        ("arena", grouped(found.arena)),
        ("peak", f"{grouped(found.peak_load)} live bytes in {found.peak_text}"),
    ]
    if before is not None:
        rows.append(("whole tensors", f"{grouped(before.arena)}, if no stage were used"))
    return facts(rows)


def tensors(found: MemoryMap, everything: bool) -> Table:
    """What is live at the peak, or all there is, each with its character in the chart, place and lifetime."""
    first, end = found.peak
    rows = [
        (
            mark,
            _holding(rect),
            rect.kind.value,
            grouped(rect.offset),
            grouped(rect.size),
            str(rect.start) if rect.end - rect.start == 1 else f"{rect.start}-{rect.end - 1}",
        )
        for mark, rect in zip(letters(found), found.rects, strict=True)
        if everything or (rect.start < end and rect.end > first)
    ]
    title = "tensor" if everything else f"live at the peak, {found.peak_text}"
    return table(("", f"{title}~", "kind", "offset>", "bytes>", "steps>"), rows)


def outputs_summary(program: Program, outputs: Mapping[str, Array]) -> Table:
    """Range and top-1 of each output of the first sample."""
    rows = []
    for port in program.outputs:
        first = outputs[port.name][0]
        kind = f"{port.type.dtype.value} {shape_of(port.type)}"
        found = ("-", "-", "-")
        if first.size:
            found = (f"{first.min():.6g}", f"{first.max():.6g}", str(int(first.argmax())))
        rows.append((port.name, kind, *found))
    return table(("output~", "type~", "min>", "max>", "argmax>"), rows)


def run_table(found: Mapping[str, Any]) -> str:
    """The result of `run`."""
    differing = found["differing"]
    verdict = "yes" if found["bit_exact"] else f"NO, {len(differing)} of {found['samples']} samples differ"
    rows = [
        ("model", f"{found['model']} for {found['board']}"),
        ("on", f"{found['on']}, {found['compiler']}"),
        ("input", str(found["input"])),
        ("samples", grouped(found["samples"])),
        ("bit-exact to the simulator", verdict),
        ("instructions", grouped(found["instructions"])),
        ("cycles (model)", grouped(found["cycles_model"])),
        ("stack high water", grouped(found["stack_high_water"])),
        ("arena high water", f"{grouped(found['arena_high_water'])} of {grouped(found['arena'])}"),
        ("accesses outside the plan", grouped(found["out_of_plan_accesses"])),
    ]
    rows += [("", example) for example in found["out_of_plan_examples"]]
    return facts(rows)


def evaluate_table(found: Mapping[str, Any]) -> str:
    """The result of `evaluate`."""
    steps = found["max_step_diff"]
    largest = "-" if found["max_abs_diff"] is None else f"{found['max_abs_diff']:.6g}"
    rows = [
        ("model", f"{found['model']} for {found['board']}"),
        ("on", str(found["on"])),
        ("samples", grouped(found["samples"])),
        ("accuracy", percent(found["accuracy"])),
        ("accuracy of onnxruntime", percent(found["accuracy_of_onnxruntime"])),
        ("same top-1 as onnxruntime", percent(found["agreement_with_onnxruntime"])),
        ("identical output elements", percent(found["identical_outputs"])),
        ("largest difference", largest if steps is None else f"{largest} ({steps} steps)"),
    ]
    return facts([*rows, *([("note", found["note"])] if found["note"] else [])])


def demo_table(found: Mapping[str, Any], board: Board) -> str:
    """The result of `demo`."""
    verdict = "bit-exact to the simulator" if found["bit_exact"] else "NOT bit-exact to the simulator"
    ram, flash = found["ram"], found["flash"]
    return facts(
        [
            ("model", f"{found['model']}, quantised to int8, for {board.title}"),
            ("ran on", f"the emulator, {found['compiler']}"),
            ("test images", grouped(found["samples"])),
            ("accuracy", f"{percent(found['accuracy'])} in int8"),
            ("onnxruntime", f"{percent(found['accuracy_of_onnxruntime'])} in float32"),
            ("same top-1", percent(found["agreement_with_onnxruntime"])),
            ("simulator", verdict),
            ("outside the plan", f"{found['out_of_plan_accesses']} accesses"),
            ("instructions", f"{grouped(found['instructions'])} an image"),
            ("stack", grouped(found["stack_high_water"])),
            ("ram", used_of(ram["total"], board.ram_bytes)),
            (
                "flash",
                f"{constants_text(flash)} + code {grouped(flash['code'])}: "
                f"{used_of(flash['total'], board.flash_bytes)}",
            ),
        ]
    )


def report_table(found: Mapping[str, Any]) -> str:
    """The result of `report`."""
    return facts([("model", f"{found['model']} for {found['board']}"), ("written to", found["page"])])


def flash_table(found: Mapping[str, Any]) -> str:
    """The result of `flash`."""
    return facts(
        [
            ("board", found["board"]),
            ("firmware", f"{grouped(found['size'])} bytes at 0x{found['address']:08X}"),
            ("compiler", found["compiler"]),
            ("elf", found["elf"]),
            ("binary", found["binary"]),
            ("written with", found["written_with"] or "nothing: it was only built"),
        ]
    )


def boards_table(boards: Sequence[Board]) -> Table:
    """One row a board; RAM and flash are the default regions. The host has no sizes of its own."""
    rows = []
    for board in boards:
        sizes = ("-", "-", "-")
        if not board.core.is_host:
            sizes = (grouped(board.clock_hz / 1e6), size_text(board.ram_bytes), size_text(board.flash_bytes))
        emulator = board.emulator
        rows.append(
            (
                board.name,
                board.core.name,
                *sizes,
                "yes" if emulator and emulator.unicorn else "-",
                "yes" if emulator and emulator.qemu else "-",
                board.probe.interface if board.probe else "-",
            )
        )
    return table(("board", "core", "MHz>", "RAM>", "flash>", "emulator", "qemu", "probe"), rows)


def operators_table(rows: Sequence[Mapping[str, Any]]) -> tuple[str, Table]:
    """The legend, and one row an operator."""
    cells = [
        (str(row["operator"]), *(cell(row, kind) for kind in ("float32", "int8", "other"))) for row in rows
    ]
    legend = textwrap.fill(LEGEND.replace("`", "'"), WIDTH)
    return legend, table(("operator", "float32", "int8", "integers, bool"), cells)


def doctor_table(checks: Sequence[Check]) -> Table:
    """One row a tool: found or not, and how to get what is missing."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0), width=WIDTH)
    table.add_column("tool", no_wrap=True)
    table.add_column("version", no_wrap=True)
    table.add_column("for, or how to get it", ratio=1, overflow="fold")
    for check in checks:
        words = check.purpose if check.found else f"{check.purpose}: {check.how_to_get}"
        table.add_row(check.name, (check.version or "found") if check.found else "missing", words)
    return table


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table of at most WIDTH columns.

    A title that ends in `>` aligns right. Where there is no room, columns whose titles end in `?` are left
    out, and those in `~` lose the middle of their cells, the widest first.
    """
    titles = [title.rstrip(">~?") for title in columns]
    widths = [max(cell_len(plain(cell)) for cell in column) for column in zip(titles, *rows, strict=True)]
    if _excess(widths) > 0 and any(title.endswith("?") for title in columns):
        kept = [index for index, title in enumerate(columns) if not title.endswith("?")]
        return table([columns[i] for i in kept], [[row[i] for i in kept] for row in rows])
    elastic = [index for index, title in enumerate(columns) if title.endswith("~")]
    while _excess(widths) > 0 and any(widths[index] > _LEAST for index in elastic):
        widths[max(elastic, key=lambda index: widths[index])] -= 1
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for column, title, width in zip(columns, titles, widths, strict=True):
        justify: JustifyMethod = "right" if column.endswith(">") else "left"
        drawn.add_column(title, justify=justify, no_wrap=True, max_width=width)
    for row in rows:
        drawn.add_row(*(both_ends(cell, width, "..") for cell, width in zip(row, widths, strict=True)))
    return drawn


def _excess(widths: Sequence[int]) -> int:
    return sum(widths) + 2 * (len(widths) - 1) - WIDTH


def _holding(rect: Rect) -> str:
    return ", ".join(value if type_ is None else f"{value} {shape_of(type_)}" for value, type_ in rect.values)


def constants_text(flash: Mapping[str, Any]) -> str:
    """`weights 1,234`, with the tables beside them where there are any; `flash` is that of a summary."""
    tables = f" + tables {grouped(flash['tables'])}" if flash["tables"] else ""
    return f"weights {grouped(flash['weights'])}{tables}"


def used_of(used: int, available: int) -> str:
    """`1,234 of 5,678 (21.7 %)`."""
    return f"{grouped(used)} of {grouped(available)} ({100 * used / available:.1f} %)"
