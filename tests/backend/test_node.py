"""ONNX's own backend node tests; the list of passing ones can only grow."""

from __future__ import annotations

import collections

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from tests.backend.suite import passing, run_suite
from tinycompile.build.compilers import find_host_cc, find_zig
from tinycompile.onnx_backend import TinyCompileBackend

needs_compiler = pytest.mark.skipif(
    find_host_cc() is None and find_zig() is None, reason="no C compiler for this machine"
)


@pytest.mark.slow
@needs_compiler
def test_node_tests_pass(capsys: pytest.CaptureFixture[str]) -> None:
    results = run_suite()
    counts = collections.Counter(r.verdict for r in results)
    with capsys.disabled():
        print(
            f"\nONNX node tests: {counts['passed']} passed, {counts['not applicable']} not applicable, "
            f"{counts['failed']} failed"
        )
    verdicts = {r.name: r for r in results}
    lost = [verdicts[n] for n in passing() if n in verdicts and verdicts[n].verdict != "passed"]
    assert not lost, f"{len(lost)} tests that passed before do not any more: {lost[:5]}"
    failed = [r for r in results if r.verdict == "failed"]
    assert not failed, f"wrong results: {failed[:5]}"
    assert counts["passed"] > 454, "fewer than onnx2c"


@needs_compiler
def test_backend_runs_a_model_and_frees_its_folder() -> None:
    node = helper.make_node("Transpose", ["x"], ["y"], perm=[1, 0])
    graph = helper.make_graph(
        [node],
        "t",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3, 2])],
    )
    model = helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert TinyCompileBackend.is_compatible(model)
    assert np.array_equal(TinyCompileBackend.prepare(model).run([x])[0], x.T)
    assert not TinyCompileBackend.supports_device("CUDA")
