"""Files that the command line tests share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.cli.tool import call, classifier, images


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with net.onnx, calib.npz (x) and data.npz (x and labels y)."""
    folder = tmp_path_factory.mktemp("files")
    onnx.save(classifier(), folder / "net.onnx")
    np.savez(folder / "calib.npz", x=images())
    np.savez(folder / "data.npz", x=images(), y=np.arange(20) % 3)
    return folder


@pytest.fixture(scope="session")
def compiled(files: Path) -> Path:
    """The network in int8 for nucleo-f446re, compiled by the command line."""
    folder = files / "compiled"
    said = call(
        "compile",
        files / "net.onnx",
        "--board",
        "nucleo-f446re",
        "--calib",
        files / "calib.npz",
        "-o",
        folder,
    )
    assert said.code == 0, said.err
    return folder
