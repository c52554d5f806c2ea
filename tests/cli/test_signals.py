"""A run that is told to end, from the keyboard or by another process, leaves nothing half-written."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

_WORKING = """
import signal, sys, tempfile, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background jobs
from tinycompile import cli
from tinycompile.cli import boards

place = sys.argv.pop()

def command() -> None:
    with tempfile.TemporaryDirectory(dir=place):
        print("working", flush=True)
        time.sleep(60)

boards.command = command
sys.argv = ["tinycompile", "boards"]
cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_temporary_files_go(number: int, tmp_path: Path) -> None:
    words = [sys.executable, "-c", _WORKING, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        assert len(list(tmp_path.iterdir())) == 1
        process.send_signal(number)
        err = process.communicate(timeout=20)[1]
    assert process.returncode == 128 + number
    assert "Traceback" not in err and not list(tmp_path.iterdir())
