"""A search from data to trained networks, and from those to proven C."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tinycompile.search.context import Job, MakeTrainer, Notify, Search, set_up
from tinycompile.search.data import Data, load_data, no_test
from tinycompile.search.final import train_winners
from tinycompile.search.finalists import FINALISTS, choose
from tinycompile.search.finish import Finisher, Proven
from tinycompile.search.pool import pooled
from tinycompile.search.record import (
    CHECKPOINTS,
    STUDY,
    Record,
    Winner,
    begin_folder,
    findings,
    folder_error,
    open_folder,
)
from tinycompile.search.settings import Settings, Strategy
from tinycompile.search.space import Value
from tinycompile.search.study import GRACE_SECONDS, Study, open_study
from tinycompile.search.trainer import Trainer
from tinycompile.search.trials import Trials, judged_proxy, judged_ranking
from tinycompile.target import load_board


@dataclass(frozen=True)
class Place:
    """Where a search runs, and what it has from others; else nothing of this changes what it finds.

    Attributes:
        folder: of the results.
        storage: URL of the study's storage; None keeps it in the folder.
        study: its name there; None takes the folder's.
        worker: number of this process among those on all machines that share the study.
        workers: processes on this machine.
        shared: folder of another search, whose supernet and teacher are taken.
        grace: seconds without a heartbeat after which a trial has lost its worker.
    """

    folder: Path
    storage: str | None = None
    study: str | None = None
    worker: int = 0
    workers: int = 1
    device: str = "auto"
    shared: Path | None = None
    grace: int = GRACE_SECONDS

    @property
    def url(self) -> str:
        """Of the study's storage."""
        return self.storage or f"sqlite:///{self.folder / STUDY}"

    @property
    def name(self) -> str:
        """Of the study."""
        return self.study or (self.folder.resolve().name if self.storage else "search")


class _Clock:
    """Seconds by what they were spent on, those of interrupted runs included."""

    def __init__(self, before: Mapping[str, float]) -> None:
        self.seconds = dict(before)

    @contextmanager
    def measured(self, name: str) -> Iterator[None]:
        """Add the time of a block."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - start, 1)


def search(
    settings: Settings, place: Place, make_trainer: MakeTrainer, notify: Notify, *, resume: bool = False
) -> Record:
    """Search, and train the winners to the end; their C is for `finish`.

    Everything is in the folder as soon as it is known: killed at any time and called again with `resume`,
    a search loses at most the trial that it was at.

    Raises:
        UsageError, TargetError, DoesNotFitError, ToolchainError: each with coded diagnostics.
    """
    started = time.monotonic()
    record = open_folder(place.folder, settings, resume)
    prepared = set_up(settings, scale=record.scale, notify=notify)
    record = replace(record, scale=prepared.scale, found={**record.found, **_explained(prepared, record)})
    begin_folder(place.folder, record)
    study = _study(prepared, place)
    trainer = make_trainer(job_of(prepared, place, notify))
    clock = _Clock(record.found.get("seconds", {}))
    with clock.measured("shared training"):
        trainer.prepare()
    notify.stage("trials")
    until = None if settings.seconds is None else started + settings.seconds
    with clock.measured("trials"):
        _all_trials(prepared, place, study, trainer, make_trainer, notify, until)
    record = _told(record, prepared, study, clock)
    record.save(place.folder)
    with clock.measured("finalists"):
        record, left = choose(record, prepared, place.folder, study.candidates(), trainer, notify)
    with clock.measured("final training"):
        record = train_winners(record, prepared, place.folder, left, trainer, notify)
    record = replace(record, found={**record.found, "seconds": clock.seconds})
    record.save(place.folder)
    return record


def finish(folder: Path, notify: Notify, *, data: str | None = None, loaded: Data | None = None) -> Record:
    """Compile the trained networks of a folder and prove them; needs neither PyTorch nor Optuna.

    Args:
        data: where the data are on this machine, if not where the search had them.

    Raises:
        UsageError: TC845, the search has not trained its networks.
    """
    record = Record.load(folder)
    if not record.winners:
        raise folder_error(
            f"the search in '{folder}' has trained no network yet", folder, "go on with --resume"
        )
    settings = record.settings
    notify.stage("read the data")
    found = loaded or load_data(data or settings.data, settings.seed, tested=settings.tested)
    if not len(found.test):
        raise no_test(found.source)
    budgets = replace(settings.budgets, **record.found["budgets"])
    options = replace(settings.options, ram=budgets.ram)
    finisher = Finisher(load_board(settings.board), options, budgets, found.test)
    done: list[Winner] = []
    for number, winner in enumerate(record.winners, start=1):
        notify.stage(f"compile and prove {number} of {len(record.winners)}")
        proven = _proven(finisher, folder, winner, notify)
        done.append(replace(winner, proven=proven.object()))
        record = replace(record, winners=(*done, *record.winners[number:]))
        record.save(folder)
    return record


def _proven(finisher: Finisher, folder: Path, winner: Winner, notify: Notify) -> Proven:
    return finisher.finish(folder / winner.model, folder / winner.folder, winner.ram, notify.count)


def _study(search: Search, place: Place, worker: int = 0) -> Study:
    settings = search.settings
    identity = {**settings.identity(), "data": search.data.digest, "scale": dict(search.scale)}
    return open_study(
        place.url, place.name, search.space.choices(), settings.minimise, identity,
        population=settings.population, seed=settings.seed, worker=place.worker + worker, grace=place.grace,
    )  # fmt: skip


def job_of(search: Search, place: Place, notify: Notify | None) -> Job:
    """What the trainer of a search is made for."""
    phase = [""]

    def progress(name: str, done: int, total: int, figures: Mapping[str, float]) -> None:
        if notify is None:
            return
        if name != phase[0]:
            phase[0] = name
            notify.stage(name)
        notify.count(done, total)

    folder = place.folder / CHECKPOINTS
    pool = partial(pooled, search.gate, search.settings.seed)
    shared = None if place.shared is None else place.shared / CHECKPOINTS
    return Job(
        search.space, search.task, search.data, search.settings, folder, place.device, progress, pool, shared
    )


def _all_trials(
    search: Search,
    place: Place,
    study: Study,
    trainer: Trainer,
    make_trainer: MakeTrainer,
    notify: Notify,
    until: float | None,
) -> None:
    """The trials of this process, and of further ones on this machine."""
    context = multiprocessing.get_context("spawn")
    left = None if until is None else until - time.monotonic()
    others = [
        context.Process(target=_work, args=(search.settings, place, number, make_trainer, search.scale, left))
        for number in range(1, place.workers)
    ]
    for process in others:
        process.start()
    try:
        Trials(search, study, trainer, notify.count, until).run()
    finally:
        for process in others:
            process.join()


def _work(
    settings: Settings,
    place: Place,
    number: int,
    make_trainer: MakeTrainer,
    scale: Mapping[str, Value],
    left: float | None,
) -> None:
    """The trials of a further process; what is shared was trained by the first one."""
    until = None if left is None else time.monotonic() + left
    search = set_up(settings, scale=scale)
    trainer = make_trainer(job_of(search, place, None))
    trainer.prepare()
    Trials(search, _study(search, place, number), trainer, lambda done, total: None, until).run()


def _explained(search: Search, record: Record) -> dict[str, Any]:
    found = search.explanation.object() if search.explanation else record.found.get("explanation")
    return {"explanation": found}


def _told(record: Record, search: Search, study: Study, clock: _Clock) -> Record:
    """The record with what the trials showed.

    Raises:
        DoesNotFitError: TC843, no candidate met the budgets.
    """
    candidates = study.candidates()
    if not candidates:
        raise search.gate.nothing(study.refused())
    proxy = ranking = None
    if search.settings.strategy is Strategy.TRAIN_EACH:
        proxy = judged_proxy(search.settings.proxy, candidates)
    else:
        ranking = judged_ranking(candidates)
    refused = study.done() - len(candidates)
    found = findings(search, candidates, refused, proxy, ranking, clock.seconds)
    kept = {FINALISTS: record.found[FINALISTS]} if FINALISTS in record.found else {}
    return replace(record, found={**found, **kept, **_explained(search, record)})
