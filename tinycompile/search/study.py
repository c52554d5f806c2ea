"""The study: an Optuna study that is stored, resumed, shared by workers, and watched with Optuna's own tools.

Points are queued, asked for and told. The first ones are random; once there is a generation, NSGA-II selects
the parents of new ones from all candidates so far, so that no worker waits for another. A worker that runs a
trial records heartbeats; a trial without them has lost its worker, counts as failed, and its point is queued
again for whoever asks next.
"""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from tinycompile.errors import Diagnostic, ToolchainError, UsageError, declare
from tinycompile.search.breeding import Breeds, Parent
from tinycompile.search.candidate import Candidate, Cost, Figure, Refused, objectives
from tinycompile.search.selection import elite
from tinycompile.search.space import Choice, Point

if TYPE_CHECKING:
    import optuna

TC_OPTUNA = declare(
    "TC840",
    "Optuna is not installed",
    "The search loop is Optuna's. Install it with `pip install 'tinycompile[search]'`.",
)
TC_STORAGE = declare(
    "TC841",
    "The study's storage cannot be used",
    "--storage takes a URL that SQLAlchemy understands, such as sqlite:///study.db or "
    "postgresql+psycopg://user@host/base; the database must exist and its driver be installed.",
)
TC_OTHER_STUDY = declare(
    "TC842",
    "The study belongs to another search",
    "A study holds trials of one space, data set, strategy and seed under one set of budgets. Use the same "
    "options, or another --study or -o.",
)

#: Key of the study's attribute that says which search it belongs to.
_IDENTITY = "tinycompile"
#: Key of the attribute of a trial with what became of it.
_OUTCOME = "outcome"
#: A trial whose worker was silent for so many seconds has lost it.
HEARTBEAT_SECONDS, GRACE_SECONDS = 5, 20


@dataclass(frozen=True)
class Asked:
    """A trial to evaluate."""

    trial: optuna.trial.Trial
    point: Point

    @property
    def number(self) -> int:
        """Its number in the study."""
        return int(self.trial.number)


@dataclass(frozen=True)
class Told:
    """What became of a trial: an accuracy, or the reason why there is none."""

    digest: str
    cost: Cost | None
    accuracy: float | None
    proxy: float | None = None
    filtered: bool = False
    seconds: float = 0.0
    reason: str = ""
    alone: float | None = None


@dataclass(frozen=True, eq=False)
class Study:
    """Trials of one search.

    Attributes:
        minimised: figures that are objectives beside the accuracy.
        population: trials of a generation.
        seed: of the points; a run with one worker repeats them.
        worker: number of this process among those that share the study.
    """

    study: optuna.Study
    storage: optuna.storages.RDBStorage
    choices: Sequence[Choice]
    minimised: tuple[Figure, ...]
    population: int
    seed: int
    worker: int = 0
    distributions: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        categorical = _optuna().distributions.CategoricalDistribution
        found = {c.name: categorical(list(c.values)) for c in self.choices}
        object.__setattr__(self, "distributions", found)

    def ask(self, breeder: Breeds) -> Asked | None:
        """The next trial: one that lost its worker, or a new point; None where the breeder finds none."""
        state = _optuna().trial.TrialState.WAITING
        trials = self.study.get_trials(deepcopy=False)
        if not any(t.state == state for t in trials):
            rng = random.Random(f"{self.seed}/{self.worker}/{len(trials)}")
            point = self._point(breeder, rng)
            if point is None:
                return None
            self.study.enqueue_trial(dict(point))
        with _quietly():
            trial = self.study.ask(dict(self.distributions))
        return Asked(trial, dict(trial.params))

    def _point(self, breeder: Breeds, rng: random.Random) -> Point | None:
        """A random point, or a child of the best candidates once there is a generation of them."""
        candidates = self.candidates()
        if len(candidates) < self.population:
            return breeder.drawn(rng)
        parents = [Parent(c.point, objectives(c, self.minimised)) for c in candidates]
        return breeder.bred(elite(parents, self.population), rng)

    def tell(self, asked: Asked, told: Told) -> None:
        """Store what became of a trial; one that was given up for lost meanwhile is left alone."""
        optuna = _optuna()
        outcome = {**asdict(told), "cost": None if told.cost is None else told.cost.object()}
        with suppress(optuna.exceptions.UpdateFinishedTrialError):
            asked.trial.set_user_attr(_OUTCOME, {**outcome, "worker": self.worker})
            if told.accuracy is None or told.cost is None:
                self.study.tell(asked.trial, state=optuna.trial.TrialState.PRUNED)
            else:
                figures = [told.cost.of(figure) for figure in self.minimised]
                self.study.tell(asked.trial, [told.accuracy, *figures], skip_if_finished=True)

    def requeue_lost(self) -> None:
        """Count trials without heartbeats as failed and queue their points again."""
        optuna = _optuna()
        with _quietly():
            optuna.storages.fail_stale_trials(self.study)

    def alive(self, asked: Asked) -> _Heartbeat:
        """A context in which the trial counts as being worked on."""
        return _Heartbeat(self.storage, asked.trial._trial_id)  # heartbeats go by the storage's own number

    def done(self) -> int:
        """Trials that were evaluated or refused."""
        states = _optuna().trial.TrialState
        return len(self.study.get_trials(deepcopy=False, states=(states.COMPLETE, states.PRUNED)))

    def candidates(self) -> list[Candidate]:
        """Every candidate that was evaluated, in the order of the trials."""
        state = _optuna().trial.TrialState.COMPLETE
        trials = self.study.get_trials(deepcopy=False, states=(state,))
        return [_candidate(t) for t in trials]

    def refused(self) -> list[Refused]:
        """The candidates that were not evaluated."""
        state = _optuna().trial.TrialState.PRUNED
        trials = self.study.get_trials(deepcopy=False, states=(state,))
        found = [t.user_attrs[_OUTCOME] for t in trials]
        return [Refused(None if f["cost"] is None else Cost.read(f["cost"]), f["reason"]) for f in found]

    def known(self) -> set[str]:
        """Digests of all networks that were evaluated or refused."""
        trials = self.study.get_trials(deepcopy=False)
        return {t.user_attrs[_OUTCOME]["digest"] for t in trials if _OUTCOME in t.user_attrs}


def open_study(
    url: str,
    name: str,
    choices: Sequence[Choice],
    minimised: Sequence[Figure],
    identity: Mapping[str, Any],
    *,
    population: int,
    seed: int,
    worker: int = 0,
    grace: int = GRACE_SECONDS,
) -> Study:
    """Create a study, or join or resume the one of this name.

    Args:
        url: of the storage, as SQLAlchemy has it.
        identity: what makes the search what it is; that of an earlier study must be equal.
        grace: seconds without a heartbeat after which a trial has lost its worker.

    Raises:
        ToolchainError: TC840.
        UsageError: TC841, TC842.
    """
    optuna = _optuna()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    directions = ["maximize", *["minimize"] * len(minimised)]
    try:
        storage = _storage(url, grace)
        study = optuna.create_study(
            storage=storage, study_name=name, directions=directions, load_if_exists=True
        )
    except Exception as error:
        raise _unusable(url, error) from error
    wanted = json.loads(json.dumps(identity))
    if not study.user_attrs.get(_IDENTITY):
        study.set_user_attr(_IDENTITY, wanted)
    found = study.user_attrs[_IDENTITY]
    if found != wanted or [d.name for d in study.directions] != [d.upper() for d in directions]:
        differing = sorted(k for k in {**found, **wanted} if found.get(k) != wanted.get(k)) or ["minimize"]
        message = f"study '{name}' was made with other options: {', '.join(differing)}"
        hint = "repeat its options, or name another --study (or another -o)"
        raise UsageError(Diagnostic(TC_OTHER_STUDY, message, (name,), hint))
    return Study(study, storage, tuple(choices), tuple(minimised), population, seed, worker)


def _storage(url: str, grace: int) -> optuna.storages.RDBStorage:
    optuna = _optuna()
    local = url.startswith("sqlite")
    with _quietly():
        return optuna.storages.RDBStorage(
            url,
            engine_kwargs={"connect_args": {"timeout": 100}} if local else {"pool_pre_ping": True},
            heartbeat_interval=max(1, min(HEARTBEAT_SECONDS, grace // 3)),
            grace_period=grace,
            **{_callback_name(): _queue_again},
        )


def _callback_name() -> str:
    """What Optuna calls the function for trials without heartbeats; the name changed with version 4.9."""
    from inspect import signature

    known = signature(_optuna().storages.RDBStorage.__init__).parameters
    renamed = "heartbeat_stale_trial_callback"
    return renamed if renamed in known else "failed_trial_callback"


def _queue_again(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
    if trial.params:
        study.enqueue_trial(trial.params, user_attrs={"again": trial.number})


def _candidate(trial: optuna.trial.FrozenTrial) -> Candidate:
    found = trial.user_attrs[_OUTCOME]
    cost = Cost.read(found["cost"])
    proxy, filtered, seconds = found["proxy"], bool(found["filtered"]), float(found["seconds"])
    accuracy = float(trial.values[0])
    return Candidate(
        trial.number, dict(trial.params), found["digest"], cost, accuracy, proxy, filtered, seconds,
        found.get("alone"),
    )  # fmt: skip


class _Heartbeat:
    """A thread that records heartbeats of a trial while the context is open."""

    def __init__(self, storage: optuna.storages.RDBStorage, trial: int) -> None:
        self._storage, self._trial, self._end = storage, trial, Event()
        self._thread = Thread(target=self._beat, daemon=True)

    def __enter__(self) -> None:
        self._storage.record_heartbeat(self._trial)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _beat(self) -> None:
        interval = self._storage.get_heartbeat_interval() or HEARTBEAT_SECONDS
        while not self._end.wait(interval):
            with suppress(Exception):  # a storage that does not answer now may do so again
                self._storage.record_heartbeat(self._trial)


@contextmanager
def _quietly() -> Iterator[None]:
    """Without Optuna's notes that an interface may change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise ToolchainError(
            Diagnostic(TC_OPTUNA, "optuna is not installed", (), "pip install 'tinycompile[search]'")
        ) from error
    return optuna


def _unusable(url: str, error: Exception) -> UsageError:
    hint = "give a URL as SQLAlchemy has it: sqlite:///study.db, postgresql+psycopg://user@host/base"
    if isinstance(error, ImportError):
        hint = f"install the database's driver ({error.name or error}); {hint}"
    shown = url.split("@")[-1] if "@" in url else url
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return UsageError(Diagnostic(TC_STORAGE, f"storage '{shown}' cannot be used: {first}", (shown,), hint))
