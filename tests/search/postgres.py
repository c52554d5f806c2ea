"""A PostgreSQL server of a test's own, in a temporary folder, on a free port."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_USER = "postgres"


@contextmanager
def server() -> Iterator[str]:
    """The URL of an empty database; skips where PostgreSQL or its driver is missing."""
    tools = _tools()
    if tools is None:
        pytest.skip("PostgreSQL is not installed")
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed")
    with tempfile.TemporaryDirectory(prefix="tinycompile-postgres-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), _free_port()
        if os.geteuid() == 0:
            shutil.chown(folder, _USER)
        data = folder / "data"
        run(folder, tools / "initdb", "-D", data, "-U", _USER, "-A", "trust", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        run(folder, tools / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://{_USER}@127.0.0.1:{port}/postgres"
        finally:
            run(folder, tools / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def run(folder: Path, *command: object) -> None:
    """Run a tool as a user that may start a server: root may not."""
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", _USER, "--", *words]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def _tools() -> Path | None:
    """The folder of initdb; Debian keeps it off the PATH."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return None
    return places[-1] if places else None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
