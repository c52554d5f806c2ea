"""The study: repeatable, shared, and nothing lost when a worker is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.search.fakes import Tiny
from tinycompile.errors import ToolchainError, UsageError
from tinycompile.search import Task
from tinycompile.search.breeding import Breeder
from tinycompile.search.candidate import Cost, Figure, Refused
from tinycompile.search.study import Asked, Study, Told, open_study

pytest.importorskip("optuna", reason="optuna is not installed")

TASK = Task((1, 10, 10), 3)
IDENTITY = {"seed": 3, "space": "tiny"}


def study_at(
    url: str, *, name: str = "test", seed: int = 3, worker: int = 0, grace: int = 20, **identity: Any
) -> Study:
    return open_study(
        url, name, Tiny().choices(), (Figure.RAM,), {**IDENTITY, **identity},
        population=6, seed=seed, worker=worker, grace=grace,
    )  # fmt: skip


def breeder(study: Study) -> Breeder:
    space, known = Tiny(), study.known()
    return Breeder(space, lambda p: space.network(p, TASK).digest not in known, attempts=300)


def outcome(asked: Asked) -> Told:
    network = Tiny().network(asked.point, TASK)
    cost = Cost(network.weight_bytes, 1, 1, False, 3, network.macs, "whole")
    return Told(network.digest, cost, 1 - 1 / (1 + network.macs))


def evaluated(study: Study, count: int) -> list[Mapping[str, Any]]:
    points = []
    for _ in range(count):
        asked = study.ask(breeder(study))
        assert asked is not None
        with study.alive(asked):
            study.tell(asked, outcome(asked))
        points.append(asked.point)
    return points


def test_a_seed_repeats_the_points(tmp_path: Path) -> None:
    first, again, other = (
        evaluated(study_at(f"sqlite:///{tmp_path / name}.db", seed=seed), 15)
        for name, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    assert first == again != other


def test_resuming_changes_nothing(tmp_path: Path) -> None:
    whole = evaluated(study_at(f"sqlite:///{tmp_path / 'a'}.db"), 15)
    url = f"sqlite:///{tmp_path / 'b'}.db"
    assert [*evaluated(study_at(url), 8), *evaluated(study_at(url), 7)] == whole
    assert study_at(url).done() == 15


def test_what_was_told_is_read_back(tmp_path: Path) -> None:
    study = study_at(f"sqlite:///{tmp_path / 'a'}.db")
    asked = study.ask(breeder(study))
    assert asked is not None
    told = outcome(asked)
    study.tell(asked, told)
    refused = study.ask(breeder(study))
    assert refused is not None
    study.tell(refused, Told("beef", told.cost, None, reason="over the budget: ram"))
    (found,) = study.candidates()
    assert (found.number, found.point, found.cost, found.accuracy) == (
        0,
        asked.point,
        told.cost,
        told.accuracy,
    )
    assert study.refused() == [Refused(told.cost, "over the budget: ram")]
    assert study.known() == {told.digest, "beef"} and study.done() == 2


def test_the_end_of_the_space(tmp_path: Path) -> None:
    study = study_at(f"sqlite:///{tmp_path / 'a'}.db")
    assert study.ask(Breeder(Tiny(), lambda p: False, attempts=5)) is None
    evaluated(study, 7)
    assert study.ask(Breeder(Tiny(), lambda p: False, attempts=5)) is None
    assert study.done() == 7


def test_a_lost_trial_is_queued_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a'}.db"
    lost = study_at(url, grace=1)
    asked = lost.ask(breeder(lost))
    assert asked is not None
    with lost.alive(asked):
        time.sleep(2.5)  # longer than the grace: its heartbeats keep it
        lost.requeue_lost()
        assert not lost.candidates()
    time.sleep(2.5)
    other = study_at(url, worker=1, grace=1)
    other.requeue_lost()
    again = other.ask(breeder(other))
    assert again is not None and again.point == asked.point and again.number != asked.number
    other.tell(again, outcome(again))
    lost.tell(asked, outcome(asked))  # it comes back to life, too late
    assert [c.number for c in other.candidates()] == [again.number]


WORKER = """
import sys, time
from tests.search.test_study import breeder, evaluated, study_at
study = study_at(sys.argv[1], worker=int(sys.argv[2]), grace=int(sys.argv[6]), name=sys.argv[5])
print(len(evaluated(study, int(sys.argv[3]))), flush=True)
if float(sys.argv[4]):
    asked = study.ask(breeder(study))
    with study.alive(asked):
        print("asked", asked.number, flush=True)
        time.sleep(float(sys.argv[4]))
"""


def started(
    url: str, worker: int, count: int, sleep: float, name: str = "test", grace: int = 20
) -> subprocess.Popen[str]:
    """A worker that evaluates `count` trials, then holds one for `sleep` seconds."""
    command = [sys.executable, "-c", WORKER, url, *map(str, (worker, count, sleep, name, grace))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ})


def lost_and_found(url: str) -> None:
    """Kill one of two workers in the middle of a trial; the other loses nothing but that, and repeats it."""
    process = started(url, 1, 3, 600, grace=2)
    assert process.stdout is not None
    try:
        while "asked" not in (line := process.stdout.readline()):
            assert line
        number = int(line.split()[1])
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    study = study_at(url, worker=0, grace=2)
    assert study.done() == 3
    lost = study.study.get_trials(deepcopy=False)[number]
    time.sleep(3.5)
    study.requeue_lost()
    evaluated(study, 4)
    assert study.done() == 7
    repeated = [c for c in study.candidates() if c.point == lost.params]
    assert len(repeated) == 1 and repeated[0].number != number


def test_kill_minus_nine(tmp_path: Path) -> None:
    lost_and_found(f"sqlite:///{tmp_path / 'a'}.db")


@pytest.mark.parametrize("url", ["nonsense", "sqlite:///no/such/folder/study.db", "oracle://x@y/z"])
def test_bad_storage(url: str) -> None:
    with pytest.raises(UsageError, match="TC841") as found:
        study_at(url)
    assert "sqlite:///" in found.value.diagnostics[0].hint


def test_passwords_are_not_shown() -> None:
    with pytest.raises(UsageError, match="TC841") as found:
        study_at("postgresql+psycopg://me:secret@127.0.0.1:1/base")
    assert "secret" not in str(found.value)


def test_another_search(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a'}.db"
    study_at(url)
    with pytest.raises(UsageError, match="TC842: study 'test' was made with other options: space"):
        study_at(url, space="other")


def test_without_optuna(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ToolchainError, match="TC840"):
        study_at("sqlite://")
