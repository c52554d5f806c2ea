"""Reasons for skipping a test that hold on a machine with every tool, too.

All other skips are for want of a tool or a package, and fail under TINYCOMPILE_REQUIRE_TOOLS.
"""

from __future__ import annotations

from typing import NoReturn

import pytest

#: What the reason of such a skip begins with.
NOT_HERE = "not here: "


def skip_here(reason: str) -> NoReturn:
    """Skip the running test: its data are absent, or it is about another platform or version of a tool."""
    pytest.skip(NOT_HERE + reason)


def skip_here_if(condition: bool, reason: str) -> pytest.MarkDecorator:
    """The same as a mark."""
    return pytest.mark.skipif(condition, reason=NOT_HERE + reason)
