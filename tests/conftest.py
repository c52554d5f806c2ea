"""What all tests share: which skips are allowed, and a list of those that are for want of a tool."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.skips import NOT_HERE


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """With TINYCOMPILE_REQUIRE_TOOLS set, a test that skips for want of a tool has failed."""
    return _judged((yield), item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """The same for files that skip as a whole."""
    return _judged((yield), collector.nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a test that lacked a tool, see `_note`."""
    _note(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """The same for files that skip as a whole."""
    _note(report)


def _judged(report: Any, name: str) -> Any:
    if os.environ.get("TINYCOMPILE_REQUIRE_TOOLS") and _lacks_tool(report):
        report.outcome = "failed"
        report.longrepr = f"{name} was skipped: {report.longrepr[2]}"
    return report


def _lacks_tool(report: Any) -> bool:
    """Whether a test or a file was skipped because a tool or a package is missing."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return False
    return not str(report.longrepr[2]).removeprefix("Skipped: ").startswith(NOT_HERE)


def _note(report: Any) -> None:
    """Append what was skipped for want of a tool to the file that TINYCOMPILE_SKIPPED names.

    `pytest @FILE` runs just these where the tools are.
    """
    path = os.environ.get("TINYCOMPILE_SKIPPED")
    if path and "PYTEST_XDIST_WORKER" not in os.environ and _lacks_tool(report):
        with Path(path).open("a", encoding="utf-8") as notes:
            notes.write(f"{report.nodeid}\n")
