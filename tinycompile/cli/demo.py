"""`tinycompile demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinycompile import artifact
from tinycompile.cli.console import show, show_object, working
from tinycompile.cli.options import Json
from tinycompile.demo.digits import BOARD, run_demo
from tinycompile.report.objects import demo_object
from tinycompile.report.tables import demo_table, layers
from tinycompile.target import load_board


def command(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Keep the compiled model here.")
    ] = None,
    json: Json = False,
) -> None:
    """Compile a digit classifier and run it on the emulator over 360 images.

    The classifier was trained by tools/train_digits.py on scikit-learn's handwritten digits.
    """
    if output is not None:
        artifact.check_target(output)
    with working() as work:
        result = run_demo(work, output)
    found = demo_object(result)
    if json:
        show_object(found)
    else:
        show(demo_table(found, load_board(BOARD)), layers(result.program))
    if not result.comparison.bit_exact or result.comparison.result.out_of_plan_accesses:
        raise typer.Exit(1)
