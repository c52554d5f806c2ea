"""Full disks and full pipes end in a coded diagnostic, and leave nothing half-written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def with_room(room: int, folder: Path, *words: str | Path, out: str = "/dev/null") -> tuple[int, str]:
    """Exit code and stderr of a process whose files may not grow beyond `room` bytes."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
    code = f"{limit}; from tinycompile.cli import main; main()"
    command = [sys.executable, "-c", code, *map(str, words)]
    with open(out, "w") as stream:
        found = subprocess.run(command, cwd=folder, stdout=stream, stderr=subprocess.PIPE, text=True)
    return found.returncode, found.stderr


@pytest.mark.parametrize("verb", ["compile", "explore"])
def test_no_room_on_the_disk(files: Path, tmp_path: Path, verb: str) -> None:
    code, said = with_room(500, tmp_path, verb, files / "net.onnx", "--board", "nucleo-f446re", "-o", "a/out")
    assert code == 2
    assert said.startswith(("error TC705: ", "error TC712: "))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [["boards"], ["boards", "--json"], ["compile", "x.onnx", "--json"]])
def test_no_room_for_the_result(tmp_path: Path, words: list[str]) -> None:
    code, said = with_room(1 << 20, tmp_path, *words, out="/dev/full")
    assert code == 2
    assert said.startswith("error TC71" if "compile" in words else "error TC712: ")
    assert "Traceback" not in said and "Exception" not in said
