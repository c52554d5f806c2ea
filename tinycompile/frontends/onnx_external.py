"""External data: weights that a model keeps in files beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto

from tinycompile.errors import Diagnostic, ModelError
from tinycompile.frontends.codes import SIDECAR
from tinycompile.frontends.onnx_tensor import TENSOR_LIMIT


def pull_in(model: ModelProto, folder: Path | None, label: str) -> None:
    """Replace every external tensor of `model` by its data, read from files below `folder`.

    Raises:
        ModelError: a sidecar is missing, too short, or lies outside the folder.
    """
    for tensor in _tensors(model):
        if tensor.data_location == TensorProto.EXTERNAL:
            _load(tensor, folder, label)


def _load(tensor: TensorProto, folder: Path | None, label: str) -> None:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    what = f"{label}: the data of tensor '{tensor.name}' are in the file '{location}'"
    if folder is None:
        raise _error(f"{what}, but the model was given without a folder", "pass the path of the model file")
    path = _inside(folder, location, what)
    try:
        offset, length = int(entries.get("offset", 0)), int(entries.get("length", -1))
        size = path.stat().st_size
    except (ValueError, OSError) as error:
        raise _error(f"{what}, which cannot be read: {error}", f"put it into {folder}") from error
    length = size - offset if length < 0 else length
    if offset < 0 or length < 0 or offset + length > size:
        raise _error(f"{what}, bytes {offset} to {offset + length}, but it has {size}", "copy the whole file")
    if length > TENSOR_LIMIT:
        raise _error(f"{what}: {length:,} bytes; the limit is {TENSOR_LIMIT:,}", "use a smaller model")
    try:
        with path.open("rb") as file:
            file.seek(offset)
            tensor.raw_data = file.read(length)
    except OSError as error:
        raise _error(f"{what}, which cannot be read: {error.strerror}", f"put it into {folder}") from error
    tensor.data_location = TensorProto.DEFAULT
    del tensor.external_data[:]


def _inside(folder: Path, location: str, what: str) -> Path:
    """The sidecar's path; links are followed, and what leaves the folder is refused."""
    if not location or "\0" in location:
        raise _error(f"{what}, which is no file name", "export the model again")
    root = folder.resolve()
    path = (root / location).resolve()
    if not path.is_relative_to(root):
        raise _error(f"{what}, which leads out of the model's folder", "keep the data beside the model")
    if not path.is_file():
        raise _error(f"{what}, which is missing", f"put '{location}' beside the model, into {folder}")
    return path


def _error(message: str, hint: str) -> ModelError:
    return ModelError(Diagnostic(SIDECAR, message, hint=hint))


def _tensors(model: ModelProto) -> Iterator[TensorProto]:
    yield from _graph_tensors(model.graph)
    for function in model.functions:
        yield from _node_tensors(function.node)


def _graph_tensors(graph: GraphProto) -> Iterator[TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield sparse.values
        yield sparse.indices
    yield from _node_tensors(graph.node)


def _node_tensors(nodes: list[NodeProto]) -> Iterator[TensorProto]:
    for node in nodes:
        for attribute in node.attribute:
            yield from _attribute_tensors(attribute)


def _attribute_tensors(attribute: AttributeProto) -> Iterator[TensorProto]:
    if attribute.HasField("t"):
        yield attribute.t
    yield from attribute.tensors
    if attribute.HasField("g"):
        yield from _graph_tensors(attribute.g)
    for graph in attribute.graphs:
        yield from _graph_tensors(graph)
