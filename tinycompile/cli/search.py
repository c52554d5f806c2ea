"""`tinycompile search`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from tinycompile.cli import search_options as o
from tinycompile.cli.console import show, show_object, tell, working
from tinycompile.cli.options import Json, Optimize, OptimizeFor
from tinycompile.cli.outputs import save_text
from tinycompile.cli.plan_options import Flash, InputFrom, Ram, Recompute
from tinycompile.ir import DType
from tinycompile.plan.rules import Edge
from tinycompile.report.search_page import search_page
from tinycompile.report.search_text import explained, searched
from tinycompile.search import Task
from tinycompile.search.context import gate_of
from tinycompile.search.data import load_data
from tinycompile.search.explain import explain
from tinycompile.search.record import PAGE, Record
from tinycompile.search.run import Place, finish, search
from tinycompile.search.settings import Plans, Settings, Strategy
from tinycompile.search.training.factory import make_trainer


def command(
    board: str | None = typer.Option(None, "--board", "-b", metavar="B", help="A board, or a .toml file."),
    data: o.Data = None,
    directory: o.SearchFolder = None,
    space: o.SpaceName = "mcunet",
    strategy: o.HowTrained = Strategy.ONE_SHOT,
    ram: Ram = None,
    flash: Flash = None,
    cycles: o.Cycles = None,
    macs: o.Macs = None,
    weight_bytes: o.WeightBytes = None,
    minimise: o.Minimise = "ram",
    plans: o.MayPlan = Plans.ANY,
    source: InputFrom = Edge.RAM,
    recompute: Recompute = None,
    optimize: OptimizeFor = Optimize.balanced,
    fix: o.Fix = None,
    scale: o.DecideScale = True,
    test_share: o.TestShare = 0.2,
    trials: o.Trials = 100,
    population: o.Population = 20,
    time: o.TimeLimit = None,
    seed: o.Seed = 0,
    winners: o.Winners = 1,
    finalists: o.Finalists = 0,
    refit: o.Refit = False,
    shared_from: o.SharedFrom = None,
    check_ranking: o.CheckRanking = 8,
    effort: o.Effort = 1.0,
    proxy: o.ProxyName = "naswot",
    among: o.Among = 4,
    storage: o.Storage = None,
    study: o.StudyName = None,
    workers: o.Workers = 1,
    worker: o.WorkerNumber = 0,
    device: o.DeviceName = "auto",
    resume: o.Resume = False,
    explain_only: o.Explain = False,
    samples: o.Samples = 2000,
    shape: o.Shape = None,
    classes: o.Classes = 10,
    train_only: o.TrainOnly = False,
    finish_only: o.Finish = False,
    json: Json = False,
) -> None:
    """Find the most accurate network that fits a board: architecture and memory plan together."""
    given = dict(locals())
    if finish_only:
        _finish(_folder(directory), data, json)
        return
    settings = o.settings(given)
    if explain_only:
        _explain(settings, samples, shape, classes, json)
        return
    o.required(data, "--data")
    place = Place(_folder(directory), storage, study, worker, workers, device, shared_from)
    _search(settings, place, resume, train_only, json)


def _search(settings: Settings, place: Place, resume: bool, train_only: bool, json: bool) -> None:
    with working(timed=True) as work:
        record = search(settings, place, make_trainer, work, resume=resume)
    _write_page(place.folder, record)
    if train_only:
        _print(record, place.folder, json)
    else:
        _finish(place.folder, None, json)


def _folder(directory: Path | None) -> Path:
    return Path(o.required(None if directory is None else str(directory), "-o"))


def _explain(settings: Settings, samples: int, shape: str | None, classes: int, json: bool) -> None:
    if settings.data:
        data = load_data(settings.data, settings.seed, tested=settings.tested)
        task, dtype = Task(data.shape, data.classes), DType.of(data.train.x.dtype)
    else:
        task, dtype = Task(o.sample_shape(o.required(shape, "--data or --shape")), classes), DType.UINT8
    gate = gate_of(settings, task, dtype)
    with working(timed=True) as work:
        work.stage("sample the space")
        found = explain(gate, samples, settings.seed, work.count).object()
    budgets = gate.bounds.budgets
    found |= {
        "board": gate.bounds.board.name,
        "ram": budgets.ram,
        "flash": budgets.flash,
        "cycles": budgets.cycles,
    }
    if json:
        show_object(found)
    else:
        show(*explained(found))


def _finish(folder: Path, data: str | None, json: bool) -> None:
    with working(timed=True) as work:
        record = finish(folder, work, data=data)
    _write_page(folder, record)
    _print(record, folder, json)
    if any(_failed(w) for w in record.object()["winners"]):
        raise typer.Exit(1)


def _failed(winner: dict[str, Any]) -> bool:
    """A budget is exceeded, or the C code does not compute what the simulator does."""
    proven = winner["proven"]
    exact = False in (proven["exact_host"], proven["exact_emulator"])
    return exact or bool(proven["missed"])


def _write_page(folder: Path, record: Record) -> None:
    save_text(folder / PAGE, search_page(record.object()))


def _print(record: Record, folder: Path, json: bool) -> None:
    found = record.object()
    if json:
        show_object(found)
        return
    show(*searched(found))
    tell(f"written to {folder}")
