"""The demo: compile the digit classifier for a board, run it on the emulator, judge the results."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tinycompile import api
from tinycompile.data import match_inputs
from tinycompile.demo.data import digits
from tinycompile.evaluation import Evaluation, assess
from tinycompile.execution import Comparison, compare
from tinycompile.measure import final_summary, measure
from tinycompile.plan.program import Program

BOARD = "stm32f746g-disco"
MODEL = Path(__file__).with_name("digits.onnx")
_CALIBRATION_IMAGES = 200


class Reporter(Protocol):
    """What is told about the progress."""

    def stage(self, name: str) -> None:
        """A stage begins."""

    def count(self, done: int, total: int) -> None:
        """`done` of `total` parts of the stage are ready."""


@dataclass(frozen=True, eq=False)
class DemoResult:
    """Everything that the demo shows."""

    program: Program
    summary: Mapping[str, Any]
    comparison: Comparison
    evaluation: Evaluation


def run_demo(reporter: Reporter, directory: Path | None = None) -> DemoResult:
    """Quantise with 200 training images, run all 360 test images; `directory` keeps the compilation.

    Raises:
        ToolchainError: scikit-learn, a compiler or the emulator is missing.
    """
    data = digits()
    images = data.train_images[:_CALIBRATION_IMAGES]
    compilation = api.compile(MODEL, BOARD, calib=images, progress=reporter.stage)
    reporter.stage("measure code")
    summary = final_summary(compilation, measure(compilation))
    place: AbstractContextManager[str | Path]
    place = nullcontext(directory) if directory else tempfile.TemporaryDirectory(prefix="tinycompile-demo-")
    with place as folder:
        artifact = api.load(compilation.save(Path(folder), summary))
        samples = match_inputs(compilation.program.inputs, {"x": data.test_images})
        reporter.stage("run on the emulator, then simulate")
        comparison = compare(artifact, "emulator", samples, reporter.count)
        reporter.stage("onnxruntime")
        evaluation = assess(artifact, samples, comparison.outputs, data.test_labels, reporter.count)
    return DemoResult(compilation.program, summary, comparison, evaluation)
