"""Boards with other memory sizes than the shipped ones, so that small networks fill them."""

from __future__ import annotations

import re
from pathlib import Path

from tinycompile.resources import boards_dir
from tinycompile.target import Board, parse_board


def resized(name: str, **sizes: str) -> Board:
    """A shipped board whose RAM regions have other sizes, such as `dtcm="24K"`; parsed from changed text."""
    text = (boards_dir() / f"{name}.toml").read_text(encoding="utf-8")
    for region, size in sizes.items():
        place = re.compile(rf'(name = "{region}"\n(?:[^\[]*\n)?size = )"\w+"')
        text, count = place.subn(rf'\g<1>"{size}"', text)
        assert count == 1, region
    return parse_board(text, Path(f"{name}.toml"))
