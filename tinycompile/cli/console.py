"""Where words go: results to stdout, everything else to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from tinycompile.report.objects import dump
from tinycompile.report.text import WIDTH


def show(*parts: RenderableType) -> None:
    """Print results for people."""
    console = _console(sys.stdout)
    with console.capture() as capture:
        for index, part in enumerate(parts):
            if index:
                console.print()
            console.print(part, soft_wrap=isinstance(part, str))
    sys.stdout.write("".join(line.rstrip() + "\n" for line in capture.get().splitlines()))


def show_object(found: dict[str, Any]) -> None:
    """Print the one JSON object of `--json`."""
    sys.stdout.write(dump(found) + "\n")


def tell(text: str) -> None:
    """Print a line that is no result."""
    _console(sys.stderr).print(text, soft_wrap=True)


class Work:
    """What long work reports to: the name of a stage, and counts."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def stage(self, name: str) -> None:
        """A new stage of unknown length begins."""
        self._progress.reset(self._task, description=name, total=None, completed=0)

    def count(self, done: int, total: int) -> None:
        """`done` of `total` parts of the stage are ready."""
        self._progress.update(self._task, completed=done, total=total)


@contextmanager
def working(*, timed: bool = False) -> Iterator[Work]:
    """A spinner and a bar on stderr while work goes on; silent where stderr is no terminal.

    Args:
        timed: show how long the stage has gone on, and how long it will.
    """
    console = _console(sys.stderr)
    times: list[ProgressColumn] = [TimeElapsedColumn(), TimeRemainingColumn()] if timed else []
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        *times,
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with progress:
        yield Work(progress)


def _console(stream: Any) -> Console:
    console = Console(file=stream, markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console
