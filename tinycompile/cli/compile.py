"""`tinycompile compile`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from tinycompile import api, artifact
from tinycompile.cli.console import show, show_object, tell, working
from tinycompile.cli.groups import grouped
from tinycompile.cli.options import (
    BoardName,
    Json,
    Model,
    ModelOptions,
    Output,
    Regions,
    byte_count,
    region_names,
)
from tinycompile.cli.plan_options import Flash, InRam, InRamChoice, PlanOptions, Weights
from tinycompile.codegen import check_prefix
from tinycompile.codegen.names import suggest_prefix
from tinycompile.compiler import Compilation
from tinycompile.measure import final_summary, measure
from tinycompile.report.compiled import compile_summary
from tinycompile.report.diagnostics import wrapped_note
from tinycompile.report.objects import compile_object
from tinycompile.report.tables import layers
from tinycompile.target import load_board


@grouped
def command(
    model: Model,
    board: BoardName,
    *,
    directory: Output = None,
    name: Annotated[str | None, typer.Option("--name", metavar="N", help="Prefix of all C symbols.")] = None,
    planned: PlanOptions,
    flash: Flash = None,
    weights: Weights = "internal",
    weights_in_ram: InRam = InRamChoice.off,
    regions: Regions = None,
    prepared: ModelOptions,
    json: Json = False,
) -> None:
    """Compile an ONNX model to C for a board."""
    target = load_board(board)
    prefix = check_prefix(name) if name is not None else suggest_prefix(model.stem)
    folder = directory if directory is not None else Path(prefix)
    artifact.check_target(folder)
    choices = {**prepared.choices(), **planned.choices(), "flash": byte_count(flash, "--flash")}
    with working() as work:
        compilation = api.compile(
            model,
            target,
            name=prefix,
            weights=weights,
            weights_in_ram=weights_in_ram.value,
            regions=region_names(regions),
            progress=work.stage,
            **choices,
        )
        work.stage("measure code")
        summary = final_summary(compilation, measure(compilation))
        compilation.save(folder, summary)
    _print(compilation, summary, folder, json)


def _print(compilation: Compilation, summary: Mapping[str, Any], folder: Path, json: bool) -> None:
    program = compilation.program
    found = compile_object(summary, program)
    if json:
        for note in summary["notes"]:
            tell(wrapped_note(note))
        show_object(found)
        return
    show(compile_summary(found, program, compilation.board, str(folder)), layers(program))
