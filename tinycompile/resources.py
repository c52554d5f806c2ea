"""Locations of the data that ships with the package: the C runtime and the board files."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _data(folder: str) -> Path:
    """The folder in an installed wheel, else in the source checkout."""
    installed = _PACKAGE / "_data" / folder
    return installed if installed.is_dir() else _PACKAGE.parent / folder


def runtime_dir() -> Path:
    """The folder of the C runtime (`runtime_c` in a checkout)."""
    return _data("runtime_c")


def boards_dir() -> Path:
    """The folder of the board TOML files (`boards` in a checkout)."""
    return _data("boards")
