"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """With TINYCOMPILE_REQUIRE_TOOLS set, a test marked with what it needs has failed if it skips."""
    report = yield
    marked = any(item.get_closest_marker(name) for name in ("qemu", "browser", "postgres"))
    required = os.environ.get("TINYCOMPILE_REQUIRE_TOOLS") and marked
    if report.skipped and required and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: {report.longrepr[2]}"
    return report
