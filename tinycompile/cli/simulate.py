"""`tinycompile simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from tinycompile import api, artifact
from tinycompile.cli.console import Work, show, show_object, working
from tinycompile.cli.inputs import NamedSamples, samples_for
from tinycompile.cli.options import BoardName, Calib, InputShapes, Json, Samples, input_shapes
from tinycompile.cli.outputs import save_outputs
from tinycompile.execution import simulate
from tinycompile.plan.program import Program
from tinycompile.report.objects import Array, simulate_object
from tinycompile.report.tables import facts, live_blocks, occupancy, outputs_summary
from tinycompile.report.text import grouped


def command(
    source: Annotated[Path, typer.Argument(metavar="DIR_OR_MODEL", help="An output folder or an ONNX file.")],
    samples: Samples = None,
    board: BoardName = "host",
    calib: Calib = None,
    input_shape: InputShapes = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="F.npz", help="Write the outputs [samples, *shape] by name."),
    ] = None,
    json: Json = False,
) -> None:
    """Execute a compiled model in the simulated arena.

    A model is compiled in memory for --board first; the other options but --input and --out are for that.
    """
    with working() as work:
        program = _program(source, board, calib, input_shape, work)
        given = samples_for(program, samples)
        work.stage("simulate")
        outputs = simulate(program, given.arrays, work.count)
    if out is not None:
        save_outputs(out, outputs)
    if json:
        show_object(simulate_object(program, outputs, given.label))
    else:
        _show(program, outputs, given)


def _program(source: Path, board: str, calib: Path | None, shapes: list[str] | None, work: Work) -> Program:
    if source.is_dir():
        return artifact.load(source).program
    return api.compile(
        source,
        board,
        calib=calib,
        input_shapes=input_shapes(shapes),
        check=False,
        progress=work.stage,
    ).program


def _show(program: Program, outputs: dict[str, np.ndarray] | dict[str, Array], given: NamedSamples) -> None:
    rows = facts(
        [
            ("model", f"{program.name} ({program.dtype}) for {program.board}"),
            ("input", given.label),
            ("samples", grouped(given.count)),
            ("arena", grouped(program.arena)),
            ("peak", f"{grouped(max(program.loads))} live bytes at step {program.peak_step}"),
        ]
    )
    show(rows, occupancy(program), live_blocks(program), outputs_summary(program, outputs))
