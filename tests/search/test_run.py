"""A search from data to proven C, with a trainer that does not train."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.search.fakes import BOARD, SLOW, SPACE, FakeTrainer, Silent, make_fake, write_data
from tinycompile import artifact
from tinycompile.errors import DoesNotFitError, UsageError
from tinycompile.search import Network
from tinycompile.search.candidate import Figure
from tinycompile.search.record import Record
from tinycompile.search.run import Place, finish, search
from tinycompile.search.settings import Plans, Settings, Strategy

pytest.importorskip("optuna", reason="optuna is not installed")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data") / "data.npz")


def settings(data: Path, *, plans: Plans = Plans.WHOLE) -> Settings:
    """Of a small search; with whole-tensor plans it is quick."""
    return Settings(
        BOARD, str(data), SPACE, ram=2600, plans=plans, trials=12, population=5, winners=2, seed=1
    )


@pytest.fixture(scope="module")
def finished(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("search") / "out"
    search(settings(data, plans=Plans.ANY), Place(folder), make_fake, Silent())
    finish(folder, Silent())
    return folder


def test_what_the_folder_holds(finished: Path) -> None:
    names = {p.relative_to(finished).as_posix() for p in finished.rglob("*") if p.is_file()}
    assert {"search.json", "study.db", "model.onnx", "points/2/model.onnx"} <= names
    for folder in ("c", "points/2/c"):
        found = artifact.load(finished / folder)
        assert found.program.arena + 4 <= 2600 and found.board.name == BOARD


def test_the_record(finished: Path) -> None:
    found = json.loads((finished / "search.json").read_text())
    assert found["trials"] == 12 == len(found["candidates"]) + found["refused"]
    assert all(c["cost"]["ram"] <= 2600 for c in found["candidates"])
    apart = [c for c in found["candidates"] if c["alone"] is not None]
    assert found["ranking"] == {"spearman": pytest.approx(1.0), "candidates": len(apart)}
    assert 3 <= len(apart) <= 12
    numbers = {c["number"] for c in found["candidates"]}
    assert set(found["front"]) == {c["number"] for c in found["candidates"] if c["front"]} <= numbers
    best, second = found["winners"]
    front = [c for c in found["candidates"] if c["front"]]
    assert best["promised"] == max(c["accuracy"] for c in front)
    assert second["cost"]["ram"] < best["cost"]["ram"]
    assert "depth" in best["architecture"] and "channels" in best["architecture"]
    for winner in found["winners"]:
        proven = winner["proven"]
        assert proven["samples"] == 48 and 0 <= proven["accuracy"] <= 1
        assert proven["missed"] == [] and proven["exact_host"] is True
        assert proven["cost"]["ram"] <= winner["cost"]["ram"] <= 2600
        assert proven["exact_emulator"] is True and proven["cost"]["measured"]
        assert proven["cost"]["ram"] - 8 <= proven["image_arena"] <= proven["cost"]["ram"] + 16
    assert Record.load(finished).object() == found


def test_the_same_seed_finds_the_same(data: Path, tmp_path: Path) -> None:
    found, again = (search(settings(data), Place(tmp_path / n), make_fake, Silent()) for n in "ab")

    def shown(record: Record) -> list[tuple[object, ...]]:
        return [(c["number"], c["point"], c["accuracy"], c["cost"]) for c in record.found["candidates"]]

    assert shown(again) == shown(found)
    assert [w.number for w in again.winners] == [w.number for w in found.winners]


def test_winners_are_chosen_among_finalists(data: Path, tmp_path: Path) -> None:
    """By what they reach alone; those that were trained so are not trained again."""
    trained: list[str] = []

    class Counted(FakeTrainer):
        def alone(self, network: Network) -> float:
            trained.append(network.digest)
            return 1 / (1 + network.macs)  # the smallest is the best

    asked, place = replace(settings(data), winners=1, finalists=3, ranked=0), Place(tmp_path / "out")
    found = search(asked, place, Counted, Silent())
    told = found.found["finalists"]
    assert len(told) == 3 == len(trained)
    macs = {c["number"]: c["cost"]["macs"] for c in found.found["candidates"]}
    assert found.winners[0].number == min((f["number"] for f in told), key=macs.__getitem__)
    assert found.winners[0].promised == max(f["alone"] for f in told)
    again = search(replace(asked, finalists=4), place, Counted, Silent(), resume=True)
    assert len(trained) < 3 + 4 and len(again.found["finalists"]) == 4


def test_resuming_adds_trials_and_keeps_the_rest(data: Path, tmp_path: Path) -> None:
    place = Place(tmp_path / "out")
    at_once = search(settings(data), Place(tmp_path / "at once"), make_fake, Silent())
    search(replace(settings(data), trials=6, winners=1), place, make_fake, Silent())
    with pytest.raises(UsageError, match="TC845"):
        search(settings(data), place, make_fake, Silent())
    more = search(settings(data), place, make_fake, Silent(), resume=True)
    assert [c["point"] for c in more.found["candidates"]] == [c["point"] for c in at_once.found["candidates"]]
    other = replace(settings(data), ram=9000)
    with pytest.raises(UsageError, match=r"TC845: .* other options: ram"):
        search(other, place, make_fake, Silent(), resume=True)


def test_a_search_that_cannot_begin_leaves_nothing(data: Path, tmp_path: Path) -> None:
    place = Place(tmp_path / "out")
    with pytest.raises(UsageError, match="TC321"):
        search(replace(settings(data), data="nowhere.npz"), place, make_fake, Silent())
    assert not place.folder.exists()


KILLED = """
import sys
from pathlib import Path
from tests.search.fakes import Silent, make_fake
from tests.search.test_run import settings
from tinycompile.search.run import Place, search
if __name__ == "__main__":
    place = Place(Path(sys.argv[2]), grace=2, workers=int(sys.argv[3]))
    search(settings(Path(sys.argv[1])), place, make_fake, Silent(), resume=True)
"""


@pytest.mark.slow
def test_kill_minus_nine_in_the_middle(data: Path, tmp_path: Path) -> None:
    """The search goes on where it was; at most the trial that it was at is done again."""
    folder, script = tmp_path / "out", tmp_path / "killed.py"
    script.write_text(KILLED)
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, SLOW: "0.4", "PYTHONPATH": root}
    process = subprocess.Popen([sys.executable, str(script), str(data), str(folder), "1"], env=environment)
    deadline = time.monotonic() + 120
    while _told(folder) < 4:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = _told(folder)
    record = search(settings(data), Place(folder, grace=2), make_fake, Silent(), resume=True)
    assert before >= 4 and record.found["trials"] >= 12
    assert len({c["number"] for c in record.found["candidates"]}) == len(record.found["candidates"])
    assert record.winners and (folder / "model.onnx").is_file()


def _told(folder: Path) -> int:
    import sqlite3

    try:
        with sqlite3.connect(f"file:{folder / 'study.db'}?mode=ro", uri=True, timeout=5) as base:
            query = "select count(*) from trials where state in ('COMPLETE', 'PRUNED')"
            return int(base.execute(query).fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@pytest.mark.slow
def test_two_processes_share_the_trials(data: Path, tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text(KILLED)
    environment = {**os.environ, SLOW: "0.3", "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(script), str(data), str(tmp_path / "out"), "2"]
    subprocess.run(command, env=environment, check=True, timeout=300)
    record = Record.load(tmp_path / "out")
    assert 12 <= record.found["trials"] <= 13
    assert record.winners


def test_a_budget_that_nothing_meets(data: Path, tmp_path: Path) -> None:
    for changed, noun in (({"ram": 180}, "RAM"), ({"flash": 6000}, "flash")):
        asked = replace(settings(data), **changed)
        with pytest.raises(DoesNotFitError, match=rf"TC843.*bytes of {noun}: the budget is"):
            search(asked, Place(tmp_path / noun), make_fake, Silent())


def test_whole_tensor_plans_need_more(data: Path, tmp_path: Path) -> None:
    asked = replace(settings(data), ram=None, trials=5, winners=1)
    free, whole = (
        search(replace(asked, plans=plans), Place(tmp_path / plans), make_fake, Silent()) for plans in Plans
    )
    assert {c["cost"]["plan"] for c in whole.found["candidates"]} == {"whole"}
    smallest = [min(c["cost"]["ram"] for c in r.found["candidates"]) for r in (free, whole)]
    assert smallest[0] < smallest[1]


def test_a_proxy_is_judged_on_the_run(data: Path, tmp_path: Path) -> None:
    asked = replace(settings(data), strategy=Strategy.TRAIN_EACH, trials=14, winners=1, ram=4000)
    found = search(asked, Place(tmp_path / "out"), make_fake, Silent()).found
    proxy = found["proxy"]
    assert proxy["candidates"] >= 8 and proxy["spearman"] > 0.3
    assert proxy["chosen"] + proxy["candidates"] == len(found["candidates"])


def test_cycles_as_a_budget(data: Path, tmp_path: Path) -> None:
    asked = replace(settings(data), cycles=150_000, minimise=(Figure.CYCLES,), winners=1, trials=8)
    found = search(asked, Place(tmp_path / "out"), make_fake, Silent()).found
    assert all(c["cost"]["cycles"] <= 150_000 for c in found["candidates"])


def test_finishing_what_was_not_trained(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="TC845"):
        finish(tmp_path, Silent())
    Record(Settings(BOARD, "data.npz")).save(tmp_path)
    with pytest.raises(UsageError, match=r"TC845: .* has trained no network yet"):
        finish(tmp_path, Silent())


def test_data_for_the_test_may_come_later(data: Path, tmp_path: Path) -> None:
    place = Place(tmp_path / "out")
    record = search(replace(settings(data), tested=0.0, trials=4, winners=1), place, make_fake, Silent())
    assert record.found["data"]["samples"][2] == 0
    with pytest.raises(UsageError, match=r"TC831: .* no samples for the test"):
        finish(place.folder, Silent())
    with np.load(data) as arrays:
        x, y = arrays["x"], arrays["y"]
    np.savez(tmp_path / "whole.npz", x_train=x, y_train=y, x_test=x[:60], y_test=y[:60])
    found = finish(place.folder, Silent(), data=str(tmp_path / "whole.npz"))
    assert found.winners[0].proven and found.winners[0].proven["samples"] == 60
