"""The page of a search: every candidate as a dot, the front and the trained networks as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinycompile.report.html import candidates_page
from tinycompile.report.search_picture import draw_clouds


def search_page(found: Mapping[str, Any]) -> str:
    """The page for what `search.json` holds; it needs nothing else."""
    front = sorted((c for c in found["candidates"] if c["front"]), key=lambda c: int(c["cost"]["ram"]))
    return candidates_page(found, draw_clouds(found), front)
