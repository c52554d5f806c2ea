"""`tinycompile explore`."""

from __future__ import annotations

from tinycompile import api, artifact
from tinycompile.cli.console import show, show_object, tell, working
from tinycompile.cli.groups import grouped
from tinycompile.cli.options import BoardName, Json, Model, ModelOptions, PointsFolder
from tinycompile.cli.plan_options import PlanOptions
from tinycompile.report.front import chart, front_files, points_table, summary
from tinycompile.target import load_board


@grouped
def command(
    model: Model,
    board: BoardName,
    *,
    directory: PointsFolder = None,
    planned: PlanOptions,
    prepared: ModelOptions,
    json: Json = False,
) -> None:
    """Show the plans to choose from: less RAM for more work.

    Every plan is what `compile` makes with the same options and `--ram` set to its size. Here `--ram` only
    says which of them is marked as chosen; without it what the board has beside the stack does.
    """
    target = load_board(board)
    if directory is not None:
        artifact.check_target(directory)
    choices = {**prepared.choices(), **planned.choices()}
    with working() as work:
        found = api.explore(model, target, progress=work.stage, count=work.count, **choices)
    shown = found.object()
    if directory is not None:
        artifact.add(directory, front_files(shown))
        tell(f"written to {directory}")
    if json:
        show_object(shown)
    else:
        show(summary(shown, target), points_table(shown), chart(shown))
