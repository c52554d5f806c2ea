"""`tinycompile flash`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from tinycompile import artifact
from tinycompile.build import build_firmware, flash
from tinycompile.build.flashing import TIME_LIMIT_S
from tinycompile.cli.console import show, show_object, working
from tinycompile.cli.options import Folder, Json
from tinycompile.execution import build_input
from tinycompile.report.objects import flash_object
from tinycompile.report.tables import flash_table


class Tool(StrEnum):
    """Values of --tool."""

    pyocd = "pyocd"
    openocd = "openocd"
    st_flash = "st-flash"


def command(
    directory: Folder,
    tool: Annotated[Tool | None, typer.Option(help="The first one that is installed without it.")] = None,
    time_limit: Annotated[float, typer.Option(min=1.0, help="Seconds for writing.")] = TIME_LIMIT_S,
    build_only: Annotated[
        bool, typer.Option("--build-only", help="Build the image and say where it is.")
    ] = False,
    json: Json = False,
) -> None:
    """Build firmware for the board and write it.

    The firmware runs the model on zeros in a loop: it shows that model, memory map and probe work.
    """
    compiled = artifact.load(directory)
    board = compiled.board
    tree = build_input(directory, compiled.program, compiled.c_files, compiled.summary["optimize"])
    with working() as work:
        work.stage(f"build firmware for {board.name}")
        firmware = build_firmware(tree, board)
        written = None
        if not build_only:
            work.stage(f"write {board.name}")
            written = flash(firmware, board, tool=tool.value if tool else None, time_limit=time_limit).tool
    found = flash_object(firmware, board, written)
    if json:
        show_object(found)
    else:
        show(flash_table(found))
