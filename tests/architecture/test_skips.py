"""Where tools are required nothing is skipped for want of one, and what was is noted elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_TESTS = """
import pytest
from tests.skips import skip_here, skip_here_if

def test_runs(): pass
def test_lacks_a_tool(): pytest.skip("no compiler")
@pytest.mark.skipif(True, reason="no emulator")
def test_lacks_an_emulator(): pass
@pytest.fixture
def database(): pytest.skip("no database")
def test_lacks_a_database(database): pass
@pytest.mark.xfail
def test_known_to_fail(): assert False
def test_has_no_data(): skip_here("no data")
@skip_here_if(True, "another system")
def test_is_for_another_system(): pass
"""
_LACKING = ["test_lacks_a_tool", "test_lacks_an_emulator", "test_lacks_a_database"]
_ALLOWED = ["test_runs", "test_has_no_data", "test_is_for_another_system", "test_known_to_fail"]


def _run(folder: Path, *files: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_some.py").write_text(_TESTS, encoding="utf-8")
    text = 'import pytest\npytest.importorskip("no_such_package")\n'
    (folder / "test_file.py").write_text(text, encoding="utf-8")
    ours = ("PYTEST_XDIST_WORKER", "TINYCOMPILE_REQUIRE_TOOLS", "TINYCOMPILE_SKIPPED", "PYTEST_ADDOPTS")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rA",
            "-p",
            "tests.conftest",
            "-p",
            "no:cacheprovider",
            *files,
        ],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(_ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_tools_may_be_missing(tmp_path: Path) -> None:
    done = _run(tmp_path, TINYCOMPILE_SKIPPED="skipped.txt")
    assert done.returncode == 0, done.stdout
    noted = (tmp_path / "skipped.txt").read_text(encoding="utf-8").split()
    assert sorted(noted) == sorted(["test_file.py", *(f"test_some.py::{name}" for name in _LACKING)])


def test_tools_are_required(tmp_path: Path) -> None:
    done = _run(tmp_path, "test_some.py", TINYCOMPILE_REQUIRE_TOOLS="1")
    assert done.returncode != 0
    for name in _LACKING:
        assert f"test_some.py::{name} was skipped: " in done.stdout
    for name in _ALLOWED:
        assert f"{name} was skipped" not in done.stdout
    assert "1 failed, 1 passed, 2 skipped, 1 xfailed, 2 errors" in done.stdout


def test_packages_of_a_whole_file_are_required(tmp_path: Path) -> None:
    done = _run(tmp_path, "test_file.py", TINYCOMPILE_REQUIRE_TOOLS="1")
    assert done.returncode != 0
    assert "test_file.py was skipped: " in done.stdout and "no_such_package" in done.stdout
