"""`tinycompile.compile` and `tinycompile.load`: the command line's work from Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinycompile
from tests.cli.tool import classifier, images
from tinycompile.errors import UsageError
from tinycompile.numeric import quantize
from tinycompile.target import load_board


def test_import_is_light() -> None:
    check = (
        "import sys, tinycompile; print(sorted({'numpy', 'onnx', 'typer', 'networkx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_public_names_are_there() -> None:
    assert all(getattr(tinycompile, name) is not None for name in tinycompile.__all__)
    assert set(tinycompile.__all__) <= set(dir(tinycompile))
    with pytest.raises(AttributeError, match="no attribute 'frobnicate'"):
        getattr(tinycompile, "frobnicate")  # noqa: B009 - mypy knows that there is none


def test_calibration_as_path_array_and_mapping(files: Path) -> None:
    found = [
        tinycompile.compile(classifier(), calib=calib).tree.digest
        for calib in (files / "calib.npz", str(files / "calib.npz"), images(), {"image": images()})
    ]
    assert len(set(found)) == 1


def test_compilation_simulates_and_saves(files: Path, tmp_path: Path) -> None:
    stages: list[str] = []
    compilation = tinycompile.compile(
        files / "net.onnx", load_board("nucleo-f446re"), name="eyes", optimize="ram", progress=stages.append
    )
    assert isinstance(compilation, tinycompile.Compilation)
    assert stages[0] == "import"
    scores = compilation.simulate({"image": images()[0:1]})["scores"]
    assert scores.shape == (1, 3)
    artifact = tinycompile.load(compilation.save(tmp_path / "eyes"))
    assert artifact.summary["flash"]["code"] is None
    assert artifact.program.name == "eyes"
    assert np.array_equal(
        tinycompile.compile(files / "net.onnx").simulate({"image": images()[0:1]})["scores"], scores
    )


def test_simulate_takes_what_is_meant(files: Path) -> None:
    compilation = tinycompile.compile(files / "net.onnx", calib=files / "calib.npz")
    port = compilation.program.inputs[0]
    sample = images()[0:1]
    assert port.type.quant is not None and sample.dtype == np.float32
    steps = quantize(sample, port.type.quant.scale0, port.type.quant.zero0, np.int8)
    scores = compilation.simulate({"image": sample})["scores"]
    assert np.array_equal(scores, compilation.simulate({"image": steps, "another": sample})["scores"])
    for wrong in ({}, {"image": sample[0]}, {"image": steps.astype(np.int32) * 1000}):
        with pytest.raises(UsageError, match="TC320"):
            compilation.simulate(wrong)


def test_input_shapes_may_be_lists() -> None:
    model = classifier()
    model.graph.input[0].type.tensor_type.shape.dim[3].dim_param = "w"
    compilation = tinycompile.compile(model, input_shapes={"image": [1, 1, 8, 8]}, name="free")
    assert compilation.program.inputs[0].type.shape == (1, 1, 8, 8)


def test_errors_carry_diagnostics() -> None:
    with pytest.raises(UsageError) as caught:
        tinycompile.compile(classifier(), name="double")
    assert caught.value.diagnostics[0].code == "TC701"
