"""`tinycompile run`."""

from __future__ import annotations

from typing import Annotated

import typer

from tinycompile import artifact
from tinycompile.cli.console import show, show_object, working
from tinycompile.cli.inputs import samples_for
from tinycompile.cli.options import Folder, Json, Samples, Where
from tinycompile.execution import compare
from tinycompile.report.objects import run_object
from tinycompile.report.tables import run_table


def command(
    directory: Folder,
    on: Annotated[Where, typer.Option("--on", help="Where the C code runs.")],
    samples: Samples = None,
    json: Json = False,
) -> None:
    """Run the C code and hold it against the simulator.

    Exit code 1 when any output byte differs or an access leaves the memory plan.
    """
    compiled = artifact.load(directory)
    given = samples_for(compiled.program, samples)
    with working() as work:
        work.stage(f"build and run on {on.value}, then simulate")
        comparison = compare(compiled, on.value, given.arrays, work.count)
    found = run_object(comparison, compiled.program, on.value, given.label)
    if json:
        show_object(found)
    else:
        show(run_table(found))
    if not comparison.bit_exact or comparison.result.out_of_plan_accesses:
        raise typer.Exit(1)
