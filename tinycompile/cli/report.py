"""`tinycompile report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinycompile import artifact
from tinycompile.cli.console import show, show_object
from tinycompile.cli.options import Folder, Json
from tinycompile.cli.outputs import save_text
from tinycompile.report.html import html_page
from tinycompile.report.objects import report_object
from tinycompile.report.tables import report_table


def command(
    directory: Folder,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="F.html", help="The page; an older one is replaced.")
    ] = Path("report.html"),
    json: Json = False,
) -> None:
    """Write one HTML page: memory map, layers, flash, proof.

    The page needs no other file and no network. A pareto.json in the folder is drawn too.
    """
    compiled = artifact.load(directory)
    page = html_page(compiled)
    save_text(output, page)
    found = report_object(compiled.program, output, page)
    if json:
        show_object(found)
    else:
        show(report_table(found))
