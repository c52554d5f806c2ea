"""--weights and --flash on the command line."""

from __future__ import annotations

import re
from pathlib import Path

import onnx
import pytest

from tests.cli.tool import call
from tests.networks.outside import board, model

_SIZES = ("--flash", "64K", "--ram", "40K")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """small.onnx and outside.toml."""
    folder = tmp_path_factory.mktemp("outside")
    onnx.save(model(), folder / "small.onnx")
    (folder / "outside.toml").write_text(board().text, encoding="utf-8")
    return folder


def _compile(given: Path, out: Path, *words: str) -> tuple[str | Path, ...]:
    return ("compile", given / "small.onnx", "--board", given / "outside.toml", "-o", out, *words)


@pytest.mark.parametrize("weights", ["fetch", "qspi"])
def test_compile_and_run(weights: str, given: Path, tmp_path: Path) -> None:
    made = call(*_compile(given, tmp_path / "out", "--weights", weights, *_SIZES, "--json"))
    assert made.code == 0, made.err
    found = made.object
    fetch, external = found["fetch"], found["external"]
    if weights == "fetch":
        assert external == {}
        assert fetch["file_bytes"] == (tmp_path / "out" / "small_weights.bin").stat().st_size
        assert 0 < fetch["largest"] <= fetch["staging"] < found["ram"]["arena"]
        assert fetch["overlapped"] <= fetch["reads"]
    else:
        assert fetch is None and external["qspi"] > 40_000
    ran = call("run", tmp_path / "out", "--on", "host", "--json")
    assert ran.code == 0 and ran.object["bit_exact"]


def test_reports_say_where_weights_are(given: Path, tmp_path: Path) -> None:
    said = call(*_compile(given, tmp_path / "a", "--weights", "fetch", *_SIZES))
    assert said.code == 0, said.err
    text = " ".join(said.out.split())
    reads = r"bytes of small_weights\.bin a run in 3 reads, the largest [\d,]+, 3 of them while calls run"
    assert re.search(reads + r"; staging takes up to [\d,]+ of the arena", text)
    said = call(*_compile(given, tmp_path / "b", "--weights", "qspi", *_SIZES))
    assert re.search(r"qspi weights 4\d,\d{3} of 16,777,216 \(0\.3 %\)", " ".join(said.out.split()))
    said = call("simulate", tmp_path / "a")
    assert said.code == 0 and "weights of" in said.out


def test_budgets_and_places_that_cannot_be(given: Path, tmp_path: Path) -> None:
    for words, code, status in (
        (("--flash", "64K"), "TC406", 1),
        (("--weights", "sd-card"), "TC421", 2),
        (("--flash", "many"), "TC706", 2),
    ):
        said = call(*_compile(given, tmp_path / "out", *words, "--json"))
        assert (said.code, said.codes) == (status, [code])
        assert not (tmp_path / "out").exists()


def test_flash_refuses(given: Path, tmp_path: Path) -> None:
    assert call(*_compile(given, tmp_path / "out", "--weights", "fetch", *_SIZES)).code == 0
    said = call("flash", tmp_path / "out", "--json")
    assert said.code != 0 and said.codes == ["TC556"]


def test_weights_go_into_ram_when_that_is_asked_for(files: Path, tmp_path: Path) -> None:
    base = ("compile", files / "net.onnx", "--board", "nucleo-f446re", "--json")
    plain = call(*base, "-o", tmp_path / "a").object["ram"]
    auto = call(*base, "-o", tmp_path / "b", "--weights-in-ram", "auto").object["ram"]
    assert plain["weights"] == 0 < auto["weights"] == auto["total"] - plain["total"]
    refused = call(*base, "-o", tmp_path / "c", "--weights-in-ram", "all")
    assert refused.code == 2
