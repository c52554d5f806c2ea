"""The folder that the command line compiled."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from tests.cli.tool import call, classifier


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A float network for nucleo-f446re, its code measured."""
    folder = tmp_path_factory.mktemp("report")
    onnx.save(classifier(), folder / "net.onnx")
    said = call("compile", folder / "net.onnx", "--board", "nucleo-f446re", "-o", folder / "net")
    assert said.code == 0, said.err
    return folder / "net"
