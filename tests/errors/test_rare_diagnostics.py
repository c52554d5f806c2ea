"""Diagnostics that take some doing: defects of tinycompile itself, tools that fail, exotic models."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from tests.codegen.compilers import needs_host_cc, write
from tests.codegen.networks import compiled, images
from tests.ops.case import OpCase, TensorSpec
from tests.ops.models import float_model, qdq_model
from tests.skips import skip_here_if
from tinycompile.build import embedded_compiler, find_arm_gcc, find_zig, run_on_host, run_on_qemu
from tinycompile.compiler import compile
from tinycompile.demo.data import digits
from tinycompile.errors import ModelError, ToolchainError, UsageError, VerificationError
from tinycompile.execution import build_input
from tinycompile.frontends.onnx_session import ReferenceSession
from tinycompile.onnx_backend import TinyCompileBackend
from tinycompile.plan.program import Call, Operand, Program
from tinycompile.plan.validate import validate
from tinycompile.sim.machine import Machine
from tinycompile.target import load_board


def _model(op_type: str, *inputs: TensorSpec, **attributes: object) -> onnx.ModelProto:
    return float_model(OpCase("case", op_type, list(inputs), attributes))[0]


def _program() -> Program:
    return compiled("int8", "slim", wide=False).program


def test_onnxruntime_cannot_run_what_compiles() -> None:
    model = _model("Max", TensorSpec((3,), "int16"), TensorSpec((3,), "int16"))
    assert compile(model).program.calls
    with pytest.raises(ModelError, match=r"TC112: onnxruntime: .*Max"):
        ReferenceSession(model)


def test_a_shape_that_is_computed_at_run_time() -> None:
    shape = TensorSpec((2,), "int64", 1, 3)
    with pytest.raises(ModelError, match=r"TC202: node 'case' \(Reshape\): .* is computed at run time"):
        compile(_model("Reshape", TensorSpec((2, 3)), shape))


def test_an_element_type_that_does_not_exist_at_run_time() -> None:
    with pytest.raises(ModelError, match=r"TC204: node 'case' \(Cast\)"):
        compile(_model("Cast", TensorSpec((2, 3)), to=int(TensorProto.STRING)))


def test_types_without_a_kernel_are_listed_together() -> None:
    specs = [TensorSpec((2, 3), "int32")] * 2
    nodes = [helper.make_node("Softmax", [f"x{i}"], [f"y{i}"], name=f"soft{i}") for i in range(2)]
    inputs = [helper.make_tensor_value_info(f"x{i}", TensorProto.INT32, s.shape) for i, s in enumerate(specs)]
    outputs = [helper.make_empty_tensor_value_info(f"y{i}") for i in range(2)]
    graph = helper.make_graph(nodes, "two", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(ModelError) as caught:
        compile(model)
    found = caught.value.diagnostics
    assert [d.code for d in found] == ["TC210", "TC210"]
    assert [d.origins for d in found] == [("soft0",), ("soft1",)]


def test_the_onnx_backend_refuses_to_change_the_precision() -> None:
    with pytest.raises(ModelError, match=r"TC230: .* is double in the model and float32 at run time"):
        TinyCompileBackend.prepare(_model("Add", TensorSpec((3,), "float64"), TensorSpec((3,), "float64")))


def test_calibration_of_a_quantised_model() -> None:
    case = OpCase("case", "Relu", [TensorSpec((1, 4))], int8=True)
    model, feeds = qdq_model(case, [np.ones((1, 4), np.float32)])
    with pytest.raises(UsageError, match="TC303"):
        compile(model, calibration={name: array[None] for name, array in feeds.items()})


def _moved(program: Program, step: int, offset: int) -> Program:
    """The Program with the first result of a step somewhere else."""
    call = program.calls[step]
    first: Operand = replace(call.outs[0], offset=offset)
    calls: list[Call] = list(program.calls)
    calls[step] = replace(call, outs=(first, *call.outs[1:]))
    return replace(program, calls=tuple(calls))


def test_the_validator_finds_plans_that_are_wrong() -> None:
    program = _program()
    validate(program)
    with pytest.raises(VerificationError, match=r"TC401.*leaves the arena"):
        validate(_moved(program, 0, program.arena))
    with pytest.raises(VerificationError, match=r"TC401.*overwritten before it is read"):
        elsewhere = program.calls[1].outs[0].offset
        assert elsewhere is not None
        validate(_moved(program, 0, elsewhere + 16))
    with pytest.raises(VerificationError, match="TC401"):
        validate(replace(program, calls=program.calls[1:]))


def test_the_simulated_arena_finds_reads_of_nothing() -> None:
    program = _program()
    broken = replace(program, calls=program.calls[1:])
    codes = np.zeros(program.inputs[0].type.shape, np.int8)
    with pytest.raises(VerificationError, match=r"TC901: step 1 \(\w+\) reads arena byte \d+"):
        Machine(broken).run({"image": codes})


@needs_host_cc
def test_a_source_that_is_missing_does_not_link(tmp_path: Path) -> None:
    compilation = compiled("float32", "slim", wide=False)
    write(compilation.tree, tmp_path)
    sources = tuple(n for n in compilation.tree.c_files if n != "tc_add_f32.c")
    model = build_input(tmp_path, compilation.program, sources, "ram")
    with pytest.raises(ToolchainError, match=r"(?s)TC603: .*could not link.*slim_tc_add_f32"):
        run_on_host(model, [[images(1)[0].tobytes()]], sanitize=True)


@pytest.mark.skipif(find_zig() is None and find_arm_gcc() is None, reason="no compiler for Arm")
@skip_here_if(shutil.which("false") is None, "there is no program that only fails")
def test_an_emulator_that_stops_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinycompile.build.qemu.find_qemu", lambda: shutil.which("false"))
    compilation = compiled("float32", "slim", wide=False)
    write(compilation.tree, tmp_path)
    model = build_input(tmp_path, compilation.program, compilation.tree.c_files, "ram")
    board = load_board("mps2-an386")
    with pytest.raises(ToolchainError, match="TC605: QEMU stopped early"):
        run_on_qemu(model, board, [[images(1)[0].tobytes()]], compiler=embedded_compiler("gcc"))


def test_the_demo_without_its_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ToolchainError, match="TC608") as caught:
        digits()
    assert "tinycompile[demo]" in caught.value.diagnostics[0].hint
