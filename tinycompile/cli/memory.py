"""`tinycompile memory`."""

from __future__ import annotations

from typing import Annotated

import typer

from tinycompile import artifact
from tinycompile.cli.console import show, show_object
from tinycompile.cli.options import Folder, Json
from tinycompile.report.memory_chart import chart
from tinycompile.report.memory_map import baseline_map, memory_map
from tinycompile.report.memory_object import memory_object
from tinycompile.report.tables import memory_summary, tensors


def command(
    directory: Folder,
    everything: Annotated[
        bool, typer.Option("--all", help="List every tensor, not only those at the peak.")
    ] = False,
    json: Json = False,
) -> None:
    """Draw what lies where in the arena, and when.

    Steps go across, addresses up; a letter is a tensor.
    """
    program = artifact.load(directory).program
    if json:
        show_object(memory_object(program))
        return
    found = memory_map(program)
    show(memory_summary(program, found, baseline_map(program)), chart(found), tensors(found, everything))
