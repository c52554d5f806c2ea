"""docs/boards.md names everything that a board file may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinycompile.target import CORES, Attribute, MemoryKind

DOCUMENT = Path(__file__).parents[2] / "docs" / "boards.md"


@pytest.mark.parametrize("word", [*CORES, *Attribute, *MemoryKind])
def test_every_name_is_documented(word: str) -> None:
    assert f"`{word}`" in DOCUMENT.read_text(encoding="utf-8")
