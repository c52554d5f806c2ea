"""Calls of the command line, and the small models that they are given."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper
from typer.testing import CliRunner

from tests.frontends.models import make, port
from tinycompile.cli import app

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Said:
    """What one call of the command line did."""

    code: int
    out: str
    err: str

    @property
    def object(self) -> dict[str, Any]:
        """stdout as one JSON object."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def codes(self) -> list[str]:
        """The codes of the error object on stdout."""
        return [entry["code"] for entry in self.object["error"]]


def call(*words: str | Path) -> Said:
    """Run `tinycompile` in this process; an exception that it does not handle is raised."""
    result = CliRunner().invoke(app, [str(w) for w in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.stderr
    return Said(result.exit_code, result.stdout, result.stderr)


def classifier(channels: int = 4, size: int = 8, names: str = "") -> onnx.ModelProto:
    """image[n,1,size,size] -> Conv, Relu, MaxPool, Gemm -> scores[n,3]; `names` ends every node's name."""
    rng = np.random.default_rng(3)
    features = channels * (size // 2) ** 2
    constants = {
        "w1": rng.normal(0, 0.4, (channels, 1, 3, 3)).astype(np.float32),
        "b1": rng.normal(0, 0.1, channels).astype(np.float32),
        "w2": rng.normal(0, 0.2, (3, features)).astype(np.float32),
        "b2": rng.normal(0, 0.1, 3).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["image", "w1", "b1"], ["c"], name=f"conv{names}", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["r"], name=f"relu{names}"),
        helper.make_node("MaxPool", ["r"], ["p"], name=f"pool{names}", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["p"], ["f"], name=f"flatten{names}"),
        helper.make_node("Gemm", ["f", "w2", "b2"], ["scores"], name=f"linear{names}", transB=1),
    ]
    return make(nodes, [port("image", ["n", 1, size, size])], [port("scores", ["n", 3])], constants)


def images(count: int = 20, size: int = 8) -> Array:
    """float32[count, 1, size, size]."""
    return np.random.default_rng(5).normal(0, 1, (count, 1, size, size)).astype(np.float32)
