"""`tinycompile explore`."""

from __future__ import annotations

from tinycompile import api, artifact
from tinycompile.cli.console import show, show_object, tell, working
from tinycompile.cli.options import (
    BiasCorrection,
    BoardName,
    Calib,
    Edges,
    EdgeType,
    Equalize,
    InputShapes,
    Json,
    KeepDeadChannels,
    Model,
    Percentile,
    PointsFolder,
    Ranges,
    RangesBy,
    model_choices,
)
from tinycompile.cli.plan_options import (
    InputFrom,
    OutputTo,
    Patches,
    Ram,
    Recompute,
    Split,
    Stages,
    plan_choices,
)
from tinycompile.plan.rules import Edge, StageKind
from tinycompile.report.front import chart, front_files, points_table, summary
from tinycompile.target import load_board


def command(
    model: Model,
    board: BoardName,
    directory: PointsFolder = None,
    calib: Calib = None,
    input_shape: InputShapes = None,
    io: Edges = EdgeType.native,
    ram: Ram = None,
    stages: Stages = StageKind.AUTO,
    recompute: Recompute = None,
    patches: Patches = None,
    split: Split = None,
    source: InputFrom = Edge.RAM,
    output: OutputTo = Edge.RAM.value,
    ranges: RangesBy = Ranges.minmax,
    percentile: Percentile = 99.99,
    bias_correction: BiasCorrection = False,
    equalize: Equalize = False,
    keep_dead_channels: KeepDeadChannels = False,
    json: Json = False,
) -> None:
    """Show the plans to choose from: less RAM for more work.

    Every plan is what `compile` makes with the same options and `--ram` set to its size.
    """
    target = load_board(board)
    if directory is not None:
        artifact.check_target(directory)
    planned = plan_choices(ram, None, stages, recompute, patches, split, (source, output))
    others = {
        "percentile": percentile,
        "bias_correction": bias_correction,
        "equalize": equalize,
        "keep_dead_channels": keep_dead_channels,
    }
    with working() as work:
        prepared = model_choices(calib, input_shape, io, ranges, **others)
        found = api.explore(model, target, progress=work.stage, count=work.count, **planned, **prepared)
    shown = found.object()
    if directory is not None:
        artifact.add(directory, front_files(shown))
        tell(f"written to {directory}")
    if json:
        show_object(shown)
    else:
        show(summary(shown, target), points_table(shown), chart(shown))
