"""Output folders: the current one, a link, one that is used again, one for a board of one's own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.cli.tool import call
from tinycompile import artifact
from tinycompile.errors import UsageError
from tinycompile.resources import boards_dir


def compile_into(folder: str | Path, model: Path, *options: str | Path, board: str | Path = "host") -> None:
    said = call("compile", model, "--board", board, "-o", folder, *options)
    assert said.code == 0, said.err


def test_current_folder(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    compile_into(".", files / "net.onnx", "--name", "first")
    compile_into(".", files / "net.onnx", "--name", "second")
    assert (tmp_path / "second.h").is_file()
    assert not list(tmp_path.glob("first*"))
    assert [p.name for p in tmp_path.glob(".*")] == [artifact.META]
    assert call("run", ".", "--on", "host").code == 0


def test_link_stays_a_link(files: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real", target_is_directory=True)
    for _ in range(2):
        compile_into(link, files / "net.onnx", "--name", "net")
        assert link.is_symlink()
        assert (tmp_path / "real" / "net.h").is_file()


def test_a_whole_disk_is_refused(files: Path) -> None:
    """At the root lie files of others, and on Linux some that nobody may look at."""
    said = call("compile", files / "net.onnx", "--board", "host", "-o", Path(files.anchor), "--json")
    assert said.code == 2 and said.codes[0] in ("TC704", "TC705")


def test_foreign_files_are_named_and_not_all_counted(files: Path, tmp_path: Path) -> None:
    for place in ("a", "b/c"):
        (tmp_path / place).mkdir(parents=True)
        for index in range(9):
            (tmp_path / place / f"{index}.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"did not write: a/0.txt, a/1.txt, .*, a/4.txt \.\.\.\n"):
        artifact.check_target(tmp_path)


def test_a_folder_that_cannot_be_written_is_found_ahead_of_the_work(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path or not mode & os.W_OK)
    monkeypatch.setattr("tinycompile.api.compile", lambda *a, **k: pytest.fail("it was compiled"))
    for folder in (tmp_path, tmp_path / "new" / "deep"):
        said = call("compile", files / "net.onnx", "--board", "host", "-o", folder, "--json")
        assert (said.code, said.codes) == (2, ["TC705"])
        assert "Permission denied" in said.err
    assert not list(tmp_path.iterdir())


def test_failing_exchange_puts_the_old_result_back(files: Path, tmp_path: Path) -> None:
    compile_into(tmp_path / "out", files / "net.onnx", "--name", "net")
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    (tmp_path / "out" / "other.h").mkdir()  # an empty folder where a file must go
    said = call("compile", files / "net.onnx", "--board", "host", "-o", tmp_path / "out", "--name", "other")
    assert said.code == 2
    assert "TC705" in said.err
    assert before == {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}


def test_board_of_ones_own_is_kept_in_the_folder(files: Path, tmp_path: Path) -> None:
    text = (boards_dir() / "nucleo-f446re.toml").read_text(encoding="utf-8")
    (tmp_path / "boards").mkdir()
    mine = tmp_path / "boards" / "mine.toml"
    mine.write_text(text.replace('name = "nucleo-f446re"', 'name = "mine"', 1), encoding="utf-8")
    out = tmp_path / "out"
    compile_into(out, files / "net.onnx", "--calib", files / "calib.npz", board=mine)
    shutil.rmtree(tmp_path / "boards")
    for words in (("run", out, "--on", "emulator"), ("simulate", out), ("flash", out, "--build-only")):
        said = call(*words, "--json")
        assert said.code == 0, said.err
        assert said.object["board"] == "mine"
    assert artifact.load(out).board.ram_bytes == 128 * 1024


def test_spoilt_board_is_refused(files: Path, tmp_path: Path) -> None:
    compile_into(tmp_path / "out", files / "net.onnx")
    (tmp_path / "out" / artifact.META / "board.toml").write_text("core = ", encoding="utf-8")
    with pytest.raises(UsageError, match="TC703"):
        artifact.load(tmp_path / "out")
