"""The same bytes as LiteRT on the networks that come from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.zoo.reference import on_host, random_samples
from tinycompile.compiler import compile

litert = pytest.importorskip("ai_edge_litert.interpreter", reason="needs pip install ai-edge-litert")


@pytest.mark.parametrize("model", ["ad", "kws", "ic", "vww"])
def test_same_bytes_as_litert(model: str, zoo: Path, tmp_path: Path) -> None:
    compilation = compile(zoo / "mlperf_tiny" / f"{model}_int8_qdq.onnx", "stm32f746g-disco")
    samples = random_samples(compilation, 50)
    got = on_host(compilation, samples, tmp_path)[0]
    interpreter = litert.Interpreter(str(zoo / "mlperf_tiny" / f"{model}_int8.tflite"))
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    for sample, output in zip(next(iter(samples.values())), got, strict=True):
        interpreter.set_tensor(source["index"], sample.reshape(source["shape"]))
        interpreter.invoke()
        assert np.array_equal(interpreter.get_tensor(target["index"]).ravel(), output.ravel())
