"""`tinycompile compile`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinycompile import api, artifact
from tinycompile.cli.console import show, show_object, tell, working
from tinycompile.cli.options import (
    BiasCorrection,
    BoardName,
    Calib,
    Edges,
    EdgeType,
    Equalize,
    Flash,
    InputShapes,
    Json,
    KeepDeadChannels,
    Model,
    Optimize,
    OptimizeFor,
    Output,
    Percentile,
    Ram,
    Ranges,
    RangesBy,
    Regions,
    Weights,
    byte_count,
    chosen,
    input_shapes,
    region_names,
)
from tinycompile.codegen import check_prefix
from tinycompile.codegen.names import suggest_prefix
from tinycompile.measure import final_summary, measure
from tinycompile.report.compiled import compile_summary
from tinycompile.report.diagnostics import wrapped_note
from tinycompile.report.objects import compile_object
from tinycompile.report.tables import layers
from tinycompile.target import load_board


def command(
    model: Model,
    board: BoardName,
    output: Output = None,
    calib: Calib = None,
    input_shape: InputShapes = None,
    name: Annotated[str | None, typer.Option("--name", metavar="N", help="Prefix of all C symbols.")] = None,
    optimize: OptimizeFor = Optimize.balanced,
    io: Edges = EdgeType.native,
    ram: Ram = None,
    flash: Flash = None,
    weights: Weights = "internal",
    regions: Regions = None,
    ranges: RangesBy = Ranges.minmax,
    percentile: Percentile = 99.99,
    bias_correction: BiasCorrection = False,
    equalize: Equalize = False,
    keep_dead_channels: KeepDeadChannels = False,
    json: Json = False,
) -> None:
    """Compile an ONNX model to C for a board."""
    target = load_board(board)
    prefix = check_prefix(name) if name is not None else suggest_prefix(model.stem)
    directory = output if output is not None else Path(prefix)
    artifact.check_target(directory)
    with working() as work:
        compilation = api.compile(
            model,
            target,
            calib=calib,
            input_shapes=input_shapes(input_shape),
            name=prefix,
            ram=byte_count(ram),
            flash=byte_count(flash),
            weights=weights,
            regions=region_names(regions),
            progress=work.stage,
            **chosen(optimize=optimize, io=io, ranges=ranges),
            percentile=percentile,
            bias_correction=bias_correction,
            equalize=equalize,
            keep_dead_channels=keep_dead_channels,
        )
        work.stage("measure code")
        summary = final_summary(compilation, measure(compilation))
        compilation.save(directory, summary)
    found = compile_object(summary, compilation.program)
    if json:
        for note in summary["notes"]:
            tell(wrapped_note(note))
        show_object(found)
        return
    show(compile_summary(found, compilation.program, target, str(directory)), layers(compilation.program))
