"""`tinycompile boards`."""

from __future__ import annotations

from tinycompile.cli.console import show, show_object
from tinycompile.cli.options import Json
from tinycompile.report.objects import boards_object
from tinycompile.report.tables import boards_table
from tinycompile.target import all_boards


def command(json: Json = False) -> None:
    """List the boards: core, clock, memories, emulators, probe."""
    boards = all_boards()
    if json:
        show_object(boards_object(boards))
    else:
        show(boards_table(boards))
