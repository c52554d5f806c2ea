"""Running a tool with a time limit and readable failures."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinycompile.build.codes import MISSING_TOOL, TIME_LIMIT
from tinycompile.errors import Diagnostic, ToolchainError

#: Lines of a failing tool's output that are shown.
SHOWN_LINES = 15


@dataclass(frozen=True)
class Completed:
    """Exit status and captured text of a finished process."""

    returncode: int
    stdout: str
    stderr: str

    def last_lines(self, count: int = SHOWN_LINES) -> str:
        """The end of what the tool said, its error stream after its output stream."""
        lines = [line for line in (self.stdout + "\n" + self.stderr).splitlines() if line.strip()]
        return "\n".join(lines[-count:])


def run_tool(
    command: Sequence[str],
    *,
    timeout: float,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Completed:
    """Run `command` with no input and captured output; `timeout` is in seconds.

    Raises:
        ToolchainError: the program cannot be started (TC601) or ran past the limit (TC604).
    """
    try:
        done = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            cwd=cwd,
            env=None if environment is None else {**os.environ, **environment},
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        raise ToolchainError(
            Diagnostic(TIME_LIMIT, f"{command[0]} did not finish within {timeout:g} s", (command[0],))
        ) from expired
    except OSError as failure:
        raise ToolchainError(
            Diagnostic(MISSING_TOOL, f"{command[0]} cannot be started: {failure}", (command[0],))
        ) from failure
    return Completed(done.returncode, done.stdout, done.stderr)
