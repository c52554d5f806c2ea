"""`compile --regions`: figures per memory, and what is said of names that do not exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.boards import resized
from tests.cli.tool import call


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """An H743 whose DTCM is too small for the network."""
    path = tmp_path / "nucleo-h743zi2.toml"
    path.write_text(resized("nucleo-h743zi2", dtcm="512").text, encoding="utf-8")
    return path


def test_json_and_table(files: Path, board: Path, tmp_path: Path) -> None:
    words = ("compile", files / "net.onnx", "--board", board, "--regions", "auto", "-o", tmp_path / "out")
    found = call(*words, "--json").object
    fast, slow = found["ram"]["regions"]
    assert (fast["name"], fast["available"]) == ("dtcm", 512)
    assert (slow["name"], slow["available"]) == ("axi_sram", 512 << 10)
    assert fast["arena"] == fast["needed"] <= 512
    assert slow["needed"] == slow["arena"] + found["ram"]["context"] + 8192
    assert found["ram"]["arena"] == fast["arena"] + slow["arena"]
    assert found["ram"]["context"] == 8
    text = call(*words).out
    assert f"arena in dtcm: {fast['arena']} of 512" in text
    assert "arena in axi_sram:" in text
    steps = call("simulate", tmp_path / "out", "--json").object
    assert [r["name"] for r in steps["regions"]] == ["dtcm", "axi_sram"]
    assert "axi_sram" in call("simulate", tmp_path / "out").out
    assert call("run", tmp_path / "out", "--on", "emulator", "--json").object["bit_exact"]


def test_one_other_memory(files: Path, tmp_path: Path) -> None:
    words = ("compile", files / "net.onnx", "-b", "nucleo-h743zi2", "-o", tmp_path / "out")
    assert "arena in sram4:" in call(*words, "--regions", "sram4").out


@pytest.mark.parametrize("names", ["itcm", "dtcm,nowhere", "dtcm,dtcm", ","])
def test_wrong_names(files: Path, tmp_path: Path, names: str) -> None:
    said = call(
        "compile",
        files / "net.onnx",
        "-b",
        "nucleo-h743zi2",
        "-o",
        tmp_path / "out",
        "--regions",
        names,
        "--json",
    )
    assert said.code == 2 and set(said.codes) == {"TC514"}


def test_a_named_memory_is_a_budget(files: Path, tmp_path: Path) -> None:
    """Whole tensors need more than 1 KiB; rows do not."""
    board = tmp_path / "nucleo-h743zi2.toml"
    board.write_text(resized("nucleo-h743zi2", dtcm="1K").text, encoding="utf-8")
    words = ("compile", files / "net.onnx", "-o", tmp_path / "out", "--json", "--board")
    whole = call(*words, "nucleo-h743zi2", "--regions", "dtcm").object
    found = call(*words, board, "--regions", "dtcm").object
    assert whole["ram"]["arena"] > 1024 >= found["ram"]["arena"]
    assert found["stages"] < whole["stages"]


def test_too_small_memories_are_named(files: Path, tmp_path: Path) -> None:
    path = tmp_path / "nucleo-h743zi2.toml"
    path.write_text(resized("nucleo-h743zi2", dtcm="256").text, encoding="utf-8")
    said = call(
        "compile", files / "net.onnx", "-b", path, "-o", tmp_path / "out", "--regions", "dtcm", "--json"
    )
    assert said.code == 1 and said.codes == ["TC402"]
    (error,) = said.object["error"]
    assert "256 in dtcm" in error["message"]
    assert "axi_sram" in error["hint"]
