"""Workers on several machines share one study in PostgreSQL."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.search.postgres import server
from tests.search.test_study import evaluated, lost_and_found, started, study_at

pytest.importorskip("optuna", reason="optuna is not installed")
pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with server() as found:
        yield found


def area(study: Any) -> float:
    """What lies below the front: the best accuracy that so many bytes give, up to 3000."""
    total, best, at = 0.0, 0.0, 0.0
    points = sorted((min(c.cost.ram, 3000), c.accuracy) for c in study.candidates())
    for ram, accuracy in [*points, (3000, 0.0)]:
        total += best * (ram - at)
        at, best = float(ram), max(best, accuracy)
    return total / 3000


def test_killing_a_worker_loses_at_most_its_trial(url: str) -> None:
    lost_and_found(url)


def test_two_workers_find_what_one_finds(url: str, tmp_path: Path) -> None:
    """As many trials by two processes at once as by one: the front is like those of three seeds."""
    alone = [study_at(f"sqlite:///{tmp_path / str(seed)}.db", seed=seed) for seed in (3, 4, 5)]
    for study in alone:
        evaluated(study, 36)
    shared = study_at(url, name="shared", grace=20)
    workers = [started(url, number, 18, 0, name="shared") for number in (1, 2)]
    readers = [threading.Thread(target=worker.communicate, args=(None, 240)) for worker in workers]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert [worker.returncode for worker in workers] == [0, 0]
    assert shared.done() == 36
    found = shared.candidates()
    assert len({c.digest for c in found}) >= 34  # both may ask for the same at the same time
    assert area(shared) == pytest.approx(statistics.fmean(map(area, alone)), rel=0.1)
