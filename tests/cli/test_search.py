"""The verb `search`: what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_verbs import assert_readable
from tests.cli.tool import Said, call
from tests.search.fakes import BOARD, SPACE, Silent, make_fake, write_data
from tinycompile.search.run import Place, search
from tinycompile.search.settings import Plans, Settings

EXPLAIN = ("search", "--explain", "--board", BOARD, "--shape", "3x32x32", "--samples", "60")


def refused(said: Said, code: str, status: int = 2) -> str:
    assert said.code == status, said.out + said.err
    assert said.codes == [code]
    assert said.object["error"][0]["hint"]
    return str(said.object["error"][0]["message"])


def test_explain_as_text() -> None:
    said = call(*EXPLAIN, "--ram", "16K", "--flash", "100K")
    assert said.code == 0
    assert_readable(said.out)
    assert "candidates a second are judged" in said.out and "MACs of the networks that fit" in said.out
    assert said.out.count("#") > 10 and "its networks compute most" in said.out


def test_explain_as_json() -> None:
    found = call(*EXPLAIN, "--ram", "16K", "--flash", "100K", "--json").object
    assert found["fitting"] == sum(b["count"] for b in found["histogram"])
    assert found["samples"] == sum(s["samples"] for s in found["scales"]) == sum(found["verdicts"].values())
    assert found["best"] == found["scales"][0]["values"]
    assert found["ram"] == 16 << 10 and found["smallest"]["ram"] < 16 << 10


def test_explain_data_and_a_decided_choice(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data.npz")
    words = ("search", "--explain", "--board", BOARD, "--data", data, "--space", SPACE, "--samples", "20")
    found = call(*words, "--fix", "depth=2", "--json").object
    assert found["smallest"]["point"]["depth"] == 2


def test_explain_where_nothing_fits() -> None:
    said = call(*EXPLAIN, "--ram", "1K")
    assert said.code == 0 and "0 of 60" in said.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--board", BOARD), "TC706"),
        (("--data", "d.npz", "-o", "out"), "TC706"),
        (("--board", BOARD, "--data", "d.npz"), "TC706"),
        (("--finish",), "TC706"),
        (("--explain", "--board", BOARD), "TC706"),
        (("--explain", "--board", BOARD, "--shape", "3x32"), "TC706"),
        (("--board", BOARD, "--time", "soon"), "TC706"),
        (("--board", BOARD, "--cycles", "few"), "TC706"),
        (("--board", BOARD, "--minimise", "weight"), "TC706"),
        (("--board", BOARD, "--fix", "width"), "TC706"),
        (("--board", BOARD, "--fix", "width=9"), "TC844"),
        (("--board", BOARD, "--fix", "nothing=1"), "TC844"),
        (("--board", BOARD, "--effort", "0"), "TC844"),
        (("--board", BOARD, "--trials", "0"), "TC844"),
        (("--board", BOARD, "--test-share", "1"), "TC844"),
        (("--board", BOARD, "--space", "none"), "TC811"),
        (
            ("--explain", "--board", BOARD, "--plans", "whole", "--input", "rows", "--shape", "3x32x32"),
            "TC709",
        ),
    ],
    ids=" ".join,
)
def test_options_that_make_no_sense(words: tuple[str, ...], code: str) -> None:
    refused(call("search", *words, "--json"), code)


def test_a_search_of_nothing(tmp_path: Path) -> None:
    said = call("search", "--board", BOARD, "--data", tmp_path / "none.npz", "-o", tmp_path / "out", "--json")
    refused(said, "TC321")
    refused(call("search", "--finish", "-o", tmp_path, "--json"), "TC845")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search that has trained its network."""
    pytest.importorskip("optuna", reason="optuna is not installed")
    place = tmp_path_factory.mktemp("search")
    data = write_data(place / "data.npz")
    settings = Settings(BOARD, str(data), SPACE, plans=Plans.WHOLE, trials=6, population=3)
    search(settings, Place(place / "out"), make_fake, Silent())
    return place / "out"


def test_finish(folder: Path) -> None:
    said = call("search", "--finish", "-o", folder)
    assert said.code == 0, said.err
    assert_readable(said.out)
    assert "by the C code on 48 samples" in said.out and "budgets" in said.out
    page = (folder / "pareto.html").read_text()
    assert page.count("<svg") == 3 and "src=" not in page
    found = call("search", "--finish", "-o", folder, "--json").object
    assert found == json.loads((folder / "search.json").read_text())
    assert found["winners"][0]["proven"]["missed"] == []


def test_a_budget_that_is_missed_is_an_exit_status(folder: Path) -> None:
    record = json.loads((folder / "search.json").read_text())
    record["budgets"]["flash"] = 10
    (folder / "search.json").write_text(json.dumps(record))
    said = call("search", "--finish", "-o", folder)
    assert said.code == 1 and "over: flash" in said.out
