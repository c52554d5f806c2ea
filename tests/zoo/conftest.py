"""The model zoo and its data, from outside the project; tests skip visibly where they are absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.skips import skip_here

_ROOT = Path(__file__).resolve().parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the zoo and takes its time."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.zoo)
            item.add_marker(pytest.mark.slow)


def _folder(variable: str, default: str) -> Path:
    path = Path(os.environ.get(variable, _ROOT.parent / "shared" / default))
    if not path.is_dir():
        skip_here(f"no folder {path}; set {variable}")
    return path


@pytest.fixture(scope="session")
def zoo() -> Path:
    """The folder of models."""
    return _folder("TINYCOMPILE_ZOO", "zoo")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of data sets."""
    return _folder("TINYCOMPILE_DATA", "data")
