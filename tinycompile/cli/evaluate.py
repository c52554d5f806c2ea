"""`tinycompile evaluate`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tinycompile import artifact
from tinycompile.build import find_host_cc, find_zig
from tinycompile.cli.console import show, show_object, tell, working
from tinycompile.cli.options import Folder, Json
from tinycompile.data import load_arrays
from tinycompile.evaluation import Where, evaluate
from tinycompile.report.diagnostics import wrapped_note
from tinycompile.report.objects import evaluate_object
from tinycompile.report.tables import evaluate_table


class Place(StrEnum):
    """Values of --on."""

    simulator = "simulator"
    host = "host"
    emulator = "emulator"
    qemu = "qemu"


def command(
    directory: Folder,
    data: Annotated[
        Path, typer.Option("--data", metavar="F.npz", help="Arrays x (or one per input) and labels y.")
    ],
    on: Annotated[
        Place | None,
        typer.Option("--on", help="Where to run; the host where a compiler is there, else the simulator."),
    ] = None,
    json: Json = False,
) -> None:
    """Accuracy on labelled data, and agreement with onnxruntime.

    The model's answer is the largest element of its first output; onnxruntime runs the source model with
    graph optimisations off.
    """
    compiled = artifact.load(directory)
    arrays = load_arrays(data)
    place: Where = on.value if on else "host" if find_host_cc() or find_zig() else "simulator"
    with working() as work:
        work.stage(f"evaluate on {place}")
        evaluation = evaluate(compiled, arrays, place, work.count)
    found = evaluate_object(evaluation, compiled.program, place)
    if not json:
        show(evaluate_table(found))
        return
    if evaluation.note:
        tell(wrapped_note(evaluation.note))
    show_object(found)
