"""Bad input of every kind ends in a coded diagnostic, with no traceback and nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from tests.cli.tool import Said, call, classifier, images
from tests.frontends.models import make, port


def refused(said: Said, exit_code: int, diagnostic: str) -> None:
    """The call ended as expected, and said so on both streams."""
    assert said.code == exit_code, said.err
    assert diagnostic in said.codes
    assert f"error {diagnostic}: " in said.err
    assert max(len(line) for line in said.err.splitlines() if " " in line.strip()) < 200


def compile_in(folder: Path, model: Path, *options: str | Path, board: str = "nucleo-f446re") -> Said:
    """Compile into a folder that must not come to be."""
    out = folder / "out"
    said = call("compile", model, "--board", board, "-o", out, *options, "--json")
    assert not out.exists()
    assert [p for p in folder.iterdir() if p.name.startswith(".")] == []
    return said


def node_model(op_type: str, **attributes: Any) -> onnx.ModelProto:
    nodes = [helper.make_node(op_type, ["x"], ["y"], name="only", **attributes)]
    return make(nodes, [port("x", [1, 4])], ["y"])


def not_onnx(path: Path) -> None:
    path.write_bytes(b"this is no protobuf at all, whatever its name says")


def truncated(path: Path) -> None:
    data = classifier().SerializeToString()
    path.write_bytes(data[: len(data) // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def free_dimension(path: Path) -> None:
    model = classifier()
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "height"
    onnx.save(model, path)


def missing_sidecar(path: Path) -> None:
    model = classifier()
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    (path.parent / "weights.bin").unlink()


def weights_of(value: float) -> Callable[[Path], None]:
    def build(path: Path) -> None:
        model = classifier()
        array = onnx.numpy_helper.to_array(model.graph.initializer[0]).copy()
        array.flat[3] = value
        model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(array, "w1"))
        onnx.save(model, path)

    return build


def scale_of_zero(path: Path) -> None:
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"], name="q"),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"], name="dq"),
    ]
    onnx.save(
        make(nodes, [port("x", [1, 4])], ["y"], {"s": np.array(0, np.float32), "z": np.array(0, np.int8)}),
        path,
    )


def huge_tensor(path: Path) -> None:
    nodes = [helper.make_node("ConstantOfShape", ["dims"], ["big"], name="grow"),
             helper.make_node("Add", ["x", "big"], ["y"], name="add")]  # fmt: skip
    onnx.save(make(nodes, [port("x", [1])], ["y"], {"dims": np.array([1 << 20, 1 << 20], np.int64)}), path)


def same_c_name(path: Path) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["a.b"]), helper.make_node("Sigmoid", ["x"], ["a/b"])]
    onnx.save(make(nodes, [port("x", [1, 4])], ["a.b", "a/b"]), path)


@pytest.mark.parametrize(
    ("build", "exit_code", "diagnostic"),
    [
        (not_onnx, 3, "TC102"),
        (truncated, 3, "TC102"),
        (empty, 3, "TC102"),
        (free_dimension, 3, "TC105"),
        (missing_sidecar, 3, "TC103"),
        (weights_of(np.nan), 3, "TC109"),
        (weights_of(np.inf), 3, "TC109"),
        (scale_of_zero, 3, "TC301"),
        (huge_tensor, 3, "TC203"),
        (same_c_name, 2, "TC702"),
    ],
)
def test_bad_models(build: Callable[[Path], None], exit_code: int, diagnostic: str, tmp_path: Path) -> None:
    build(tmp_path / "bad.onnx")
    refused(compile_in(tmp_path, tmp_path / "bad.onnx"), exit_code, diagnostic)


def test_missing_model(tmp_path: Path) -> None:
    refused(compile_in(tmp_path, tmp_path / "nowhere.onnx"), 2, "TC101")


def test_all_unknown_operators_are_listed_at_once(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Frobnicate", ["x"], ["a"], name="first", domain="example.org"),
        helper.make_node("Det", ["x"], ["b"], name="second"),
    ]
    model = make(nodes, [port("x", [1, 4, 4])], ["a", "b"], domains={"example.org": 1})
    onnx.save(model, tmp_path / "bad.onnx")
    said = compile_in(tmp_path, tmp_path / "bad.onnx")
    refused(said, 3, "TC220")
    assert "Frobnicate" in said.err
    assert "Det" in said.err
    assert "first" in said.err
    assert "second" in said.err


@pytest.mark.parametrize(
    ("array", "diagnostic"),
    [
        (np.zeros((10, 3, 5), np.float32), "TC320"),
        (np.full((10, 1, 8, 8), np.nan, np.float32), "TC322"),
        (np.full((10, 1, 8, 8), np.inf, np.float32), "TC322"),
        (np.zeros((0, 1, 8, 8), np.float32), "TC304"),
        (np.array(["a", "b"]), "TC320"),
    ],
)
def test_bad_calibration(array: np.ndarray[Any, Any], diagnostic: str, files: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "c.npz", x=array)
    refused(compile_in(tmp_path, files / "net.onnx", "--calib", tmp_path / "c.npz"), 2, diagnostic)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 cut off", b"no array"])
def test_unreadable_calibration(content: bytes | None, files: Path, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "c.npz").write_bytes(content)
    refused(compile_in(tmp_path, files / "net.onnx", "--calib", tmp_path / "c.npz"), 2, "TC321")


def test_model_that_does_not_fit(tmp_path: Path) -> None:
    onnx.save(classifier(channels=64, size=64), tmp_path / "large.onnx")
    said = compile_in(tmp_path, tmp_path / "large.onnx", board="bluepill-f103c8")
    refused(said, 1, "TC402")
    found = {entry["code"]: entry for entry in said.object["error"]}
    assert "20,480 in sram" in found["TC402"]["message"]
    assert "fullest step is" in found["TC402"]["message"]
    assert "bytes live:" in found["TC402"]["message"]
    assert "--calib" in found["TC402"]["hint"]


def test_unknown_board_names_the_nearest(files: Path, tmp_path: Path) -> None:
    said = compile_in(tmp_path, files / "net.onnx", board="nucleo-f446")
    refused(said, 4, "TC501")
    assert "nucleo-f446re" in said.err


def test_strange_names_inside_a_model_are_harmless(tmp_path: Path) -> None:
    evil = 'a*/ "quoted" \\ [bold]\n#define int ../é'
    nodes = [
        helper.make_node("Relu", [evil], ["while"], name=evil),
        helper.make_node("Sigmoid", ["while"], ["int"]),
    ]
    onnx.save(make(nodes, [port(evil, [1, 4])], ["int"]), tmp_path / "evil name (1).onnx")
    out = tmp_path / "out"
    said = call("compile", tmp_path / "evil name (1).onnx", "--board", "nucleo-f446re", "-o", out)
    assert said.code == 0, said.err
    assert (out / "evil_name_1.h").is_file()
    assert call("run", out, "--on", "host").code == 0


def test_output_folder_with_foreign_files(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("do not delete", encoding="utf-8")
    said = call("compile", files / "net.onnx", "--board", "host", "-o", out, "--json")
    refused(said, 2, "TC704")
    assert "thesis.tex" in said.err
    assert [(p.name, p.read_text(encoding="utf-8")) for p in out.iterdir()] == [
        ("thesis.tex", "do not delete")
    ]


def test_failed_compilation_keeps_the_old_result(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert call("compile", files / "net.onnx", "--board", "host", "-o", out).code == 0
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    onnx.save(node_model("Det"), tmp_path / "bad.onnx")
    assert call("compile", tmp_path / "bad.onnx", "--board", "host", "-o", out).code == 3
    assert before == {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}


def test_output_that_is_a_file(files: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    refused(
        call("compile", files / "net.onnx", "--board", "host", "-o", tmp_path / "out", "--json"), 2, "TC705"
    )


def test_operands_are_told_in_the_words_of_the_source(tmp_path: Path) -> None:
    """Inside, images lie with channels last: a message that shows such a shape names none of the model's."""
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"], name="c")]
    weights = {"w": np.zeros((4, 3, 3, 3), np.float32)}
    onnx.save(make(nodes, [port("x", [1, 5, 8, 9])], ["y"], weights), tmp_path / "bad.onnx")
    said = compile_in(tmp_path, tmp_path / "bad.onnx")
    refused(said, 3, "TC203")
    assert "5 channels in 1 group do not go with 4 filters of 3 input channels each" in " ".join(
        said.err.split()
    )


def test_code_size_is_optional(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for finder in ("find_zig", "find_arm_gcc"):
        monkeypatch.setattr(f"tinycompile.build.compilers.{finder}", lambda: None)
    words = ("compile", files / "net.onnx", "--board", "nucleo-f446re", "-o", tmp_path / "out")
    said = call(*words, "--json")
    assert said.code == 0
    assert said.object["flash"]["code"] is None
    assert "pip install ziglang" in " ".join(said.err.split())
    assert "not measured" in call(*words).out


def test_no_compiler(compiled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for finder in ("find_zig", "find_arm_gcc", "find_host_cc"):
        monkeypatch.setattr(f"tinycompile.build.compilers.{finder}", lambda: None)
    for place in ("host", "emulator"):
        said = call("run", compiled, "--on", place, "--json")
        refused(said, 5, "TC601")
        assert "pip install ziglang" in said.err


def test_compiler_that_fails(
    compiled: Path, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "broken-cc"
    script.write_text("#!/bin/sh\necho 'broken-cc: cannot find my feet' >&2\nexit 1\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("CC", str(script))
    monkeypatch.setenv("TINYCOMPILE_CACHE", str(tmp_path / "cache"))
    said = call("run", compiled, "--on", "host", "--json")
    refused(said, 5, "TC602")
    assert "cannot find my feet" in said.err


@pytest.mark.parametrize(
    "verb", [("simulate",), ("run", "--on", "host"), ("flash",), ("memory",), ("report",)]
)
def test_folder_that_is_no_result(verb: tuple[str, ...], tmp_path: Path) -> None:
    refused(call(verb[0], tmp_path, *verb[1:], "--json"), 2, "TC703")


def test_input_that_does_not_fit(compiled: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", image=np.zeros((2, 7, 7), np.float32))
    refused(call("simulate", compiled, "--input", tmp_path / "x.npz", "--json"), 2, "TC320")


def test_output_file_that_cannot_be_written(compiled: Path, tmp_path: Path) -> None:
    said = call("simulate", compiled, "--out", tmp_path / "no" / "such" / "o.npz", "--json")
    refused(said, 2, "TC707")


@pytest.mark.parametrize("labels", [np.zeros(7, np.int64), np.linspace(0, 1, 20), np.arange(20) + 1])
def test_labels_that_do_not_fit(labels: np.ndarray[Any, Any], compiled: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=images(), y=labels)
    said = call("evaluate", compiled, "--data", tmp_path / "d.npz", "--on", "simulator", "--json")
    refused(said, 2, "TC323")


def test_board_without_a_probe(files: Path, tmp_path: Path) -> None:
    call("compile", files / "net.onnx", "--board", "mps2-an386", "-o", tmp_path / "out")
    refused(call("flash", tmp_path / "out", "--json"), 4, "TC553")


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        ("frobnicate", ""),
        ("compile", "compile "),
        ("compile x.onnx", "compile "),
        ("compile x.onnx --board host --optimize beauty", "compile "),
        ("run . --on mars", "run "),
        ("boards --jsno", "boards "),
    ],
)
def test_usage(line: str, verb: str) -> None:
    said = call(*line.split())
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error TC711: ")
    assert f"`tinycompile {verb}--help`" in " ".join(said.err.split())
    refused(call(*line.split(), "--json"), 2, "TC711")


def test_huge_tensor_type_is_declared_only(tmp_path: Path) -> None:
    model = make(
        [helper.make_node("Relu", ["x"], ["y"])], [port("x", [1 << 20, 1 << 20], TensorProto.FLOAT)], ["y"]
    )
    onnx.save(model, tmp_path / "huge.onnx")
    refused(compile_in(tmp_path, tmp_path / "huge.onnx"), 3, "TC110")
