"""Files that are no models, external data, operator set versions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.frontends.models import assert_agrees, codes, conv_model, make, port, refusal, run
from tinycompile.errors import ModelError, UsageError
from tinycompile.frontends import load_model, source_bytes
from tinycompile.frontends.onnx_old import OLDEST_OPSET


def _feeds() -> dict[str, np.ndarray]:
    return {"x": np.random.default_rng(0).standard_normal((1, 2, 6, 6)).astype(np.float32)}


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"not a model at all, but text\n", "another format"),
        (b"\x1c\0\0\0TFL3rest", "TensorFlow Lite"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"PK\x03\x04archive", "zip"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS"),
        (helper.make_tensor("t", TensorProto.FLOAT, [1], [1.0]).SerializeToString(), "not an ONNX model"),
        (onnx.ModelProto(ir_version=8).SerializeToString(), "no graph"),
    ],
)
def test_other_files_are_named_for_what_they_are(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    error = refusal(path)
    assert isinstance(error, ModelError)
    assert codes(error) == ["TC102"]
    assert str(path) in str(error) and word in str(error)


def test_a_truncated_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.onnx"
    data = conv_model().SerializeToString()
    path.write_bytes(data[: len(data) // 2])
    error = refusal(path)
    assert codes(error) == ["TC102"] and "cut.onnx" in str(error)


def test_a_missing_file_and_a_folder_are_usage_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "none.onnx", tmp_path, "nul\0byte.onnx"):
        error = refusal(path)
        assert isinstance(error, UsageError)
        assert codes(error) == ["TC101"]


def test_path_text_bytes_and_proto_give_the_same_graph(tmp_path: Path) -> None:
    model = conv_model()
    path = tmp_path / "some net.onnx"
    onnx.save(model, path)
    graphs = [load_model(s) for s in (path, str(path), model.SerializeToString(), model)]
    assert [g.name for g in graphs] == ["some net", "some net", "net", "net"]
    first, *others = [run(g, _feeds())[0] for g in graphs]
    assert all(np.array_equal(first, other) for other in others)
    assert load_model(path, name="mine").name == "mine"


def _with_sidecar(folder: Path, location: str = "weights.bin") -> Path:
    path = folder / "net.onnx"
    onnx.save_model(conv_model(), path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    model = onnx.load(path, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    path.write_bytes(model.SerializeToString())
    return path


def test_external_data_are_read_and_kept_in_the_copy(tmp_path: Path) -> None:
    path = _with_sidecar(tmp_path)
    expected = run(load_model(conv_model()), _feeds())[0]
    assert np.array_equal(run(load_model(path), _feeds())[0], expected)
    copy = source_bytes(path)
    assert copy == source_bytes(path)
    (tmp_path / "weights.bin").unlink()
    assert np.array_equal(run(load_model(copy), _feeds())[0], expected)


def test_a_missing_sidecar_is_named(tmp_path: Path) -> None:
    path = _with_sidecar(tmp_path)
    (tmp_path / "weights.bin").unlink()
    for error in (refusal(path), refusal(path.read_bytes())):
        assert codes(error) == ["TC103"]
        assert "weights.bin" in str(error)


def test_a_short_sidecar_is_refused(tmp_path: Path) -> None:
    path = _with_sidecar(tmp_path)
    sidecar = tmp_path / "weights.bin"
    sidecar.write_bytes(sidecar.read_bytes()[:20])
    assert codes(refusal(path)) == ["TC103"]


@pytest.mark.parametrize("location", ["../weights.bin", "sub/../../weights.bin", "", ".", "nul\0byte"])
def test_a_sidecar_outside_the_folder_is_refused(tmp_path: Path, location: str) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    path = _with_sidecar(folder, location)
    (folder / "weights.bin").rename(tmp_path / "weights.bin")
    assert codes(refusal(path)) == ["TC103"]


def test_a_sidecar_behind_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    path = _with_sidecar(folder)
    (folder / "weights.bin").rename(tmp_path / "weights.bin")
    (folder / "weights.bin").symlink_to(tmp_path / "weights.bin")
    assert "leads out" in str(refusal(path))


def test_an_absolute_sidecar_path_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.bin"
    other.write_bytes(bytes(4096))
    folder = tmp_path / "inner"
    folder.mkdir()
    assert codes(refusal(_with_sidecar(folder, str(other)))) == ["TC103"]


def test_an_operator_set_from_the_future_is_refused() -> None:
    error = refusal(conv_model(opset=onnx.defs.onnx_opset_version() + 1))
    assert codes(error) == ["TC104"] and "upgrade" in str(error)


def test_a_model_without_operator_set_is_refused() -> None:
    model = conv_model()
    del model.opset_import[:]
    assert codes(refusal(model)) == ["TC104"]


@pytest.mark.parametrize("opset", [OLDEST_OPSET, 13, onnx.defs.onnx_opset_version()])
def test_supported_operator_sets_need_no_conversion(opset: int) -> None:
    graph = load_model(conv_model(opset=opset))
    assert graph.notes == ()
    assert np.array_equal(run(graph, _feeds())[0], run(load_model(conv_model()), _feeds())[0])


def test_an_old_model_is_converted_with_a_note() -> None:
    """Operator set 1 aligns the bias with an axis and has Reshape's shape as attribute."""
    rng = np.random.default_rng(2)
    weights, bias = rng.standard_normal((3, 2, 3, 3)).astype(np.float32), np.array([1, 2, 3], np.float32)
    constants = {"w": weights, "b": bias}
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], kernel_shape=[3, 3]),
        helper.make_node("Add", ["c", "b"], ["a"], broadcast=1, axis=1),
        helper.make_node("Reshape", ["a"], ["y"], shape=[1, 48]),
    ]
    model = make(nodes, [port("x", [1, 2, 6, 6])], [port("y", [1, 48])], constants, opset=1, ir_version=3)
    modern = [
        nodes[0],
        helper.make_node("Add", ["c", "b4"], ["a"]),
        helper.make_node("Reshape", ["a", "s"], ["y"]),
    ]
    same = make(
        modern,
        [port("x", [1, 2, 6, 6])],
        [port("y", [1, 48])],
        {"w": weights, "b4": bias.reshape(3, 1, 1), "s": np.array([1, 48], np.int64)},
    )
    expected = assert_agrees(same, _feeds())
    for declares in (True, False):
        if not declares:
            del model.opset_import[:]
            model.ir_version = 2
        graph = load_model(model)
        assert any("operator set 1" in note for note in graph.notes)
        assert np.array_equal(run(graph, _feeds())[0], run(expected, _feeds())[0])


def test_an_old_model_beyond_conversion_is_refused() -> None:
    model = make([helper.make_node("Mystery", ["x"], ["y"])], [port("x", [1])], ["y"], opset=3, ir_version=3)
    assert codes(refusal(model)) == ["TC104"]


def test_initialisers_among_the_inputs_are_constants() -> None:
    model = conv_model()
    for tensor in model.graph.initializer:
        model.graph.input.append(port(tensor.name, list(tensor.dims)))
    graph = load_model(model)
    assert graph.inputs == ("x",)
    assert_agrees(model, _feeds())


@pytest.mark.parametrize(
    ("tensor", "code"),
    [
        (TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[3, 2, 3, 3]), "TC111"),
        (TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[-1, 2], raw_data=bytes(16)), "TC111"),
        (TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1 << 20, 1 << 20]), "TC110"),
        (TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[3], raw_data=bytes(13)), "TC111"),
        (TensorProto(name="w", data_type=TensorProto.COMPLEX64, dims=[1], float_data=[1, 2]), "TC107"),
        (TensorProto(name="w", data_type=TensorProto.STRING, dims=[1], string_data=[b"a"]), "TC107"),
        (TensorProto(name="w", data_type=777, dims=[1]), "TC107"),
    ],
)
def test_unusable_constants_are_named(tensor: TensorProto, code: str) -> None:
    model = conv_model()
    model.graph.initializer[0].CopyFrom(tensor)
    error = refusal(model)
    assert codes(error) == [code]
    assert "'w'" in str(error) and "'conv'" in str(error)


def test_unused_constants_do_not_matter() -> None:
    model = conv_model()
    text = TensorProto(name="labels", data_type=TensorProto.STRING, dims=[1], string_data=[b"a"])
    model.graph.initializer.append(text)
    model.graph.initializer.append(numpy_helper.from_array(np.full(3, np.nan, np.float32), "unused"))
    assert_agrees(model, _feeds())
