"""Agreement with LiteRT's default kernels on the networks that come from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.zoo.reference import on_host, random_samples
from tinycompile.compiler import compile

litert = pytest.importorskip("ai_edge_litert.interpreter", reason="needs pip install ai-edge-litert")


@pytest.mark.parametrize("model", ["ad", "kws", "ic", "vww"])
def test_bytes_agree_with_litert(model: str, zoo: Path, tmp_path: Path) -> None:
    compilation = compile(zoo / "mlperf_tiny" / f"{model}_int8_qdq.onnx", "stm32f746g-disco")
    samples = random_samples(compilation, 50)
    got = on_host(compilation, samples, tmp_path)[0].reshape(50, -1)
    interpreter = litert.Interpreter(str(zoo / "mlperf_tiny" / f"{model}_int8.tflite"))
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    want = np.empty_like(got)
    for index, sample in enumerate(next(iter(samples.values()))):
        interpreter.set_tensor(source["index"], sample.reshape(source["shape"]))
        interpreter.invoke()
        want[index] = interpreter.get_tensor(target["index"]).ravel()
    assert float((got == want).mean()) >= 0.98
