"""Reading a model: bytes to a ModelProto that is complete and of a supported operator set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import onnx
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, EncodeError, Message
from onnx import ModelProto

from tinycompile.errors import Diagnostic, ModelError, UsageError
from tinycompile.frontends.codes import NOT_ONNX, OPSET, TOO_LARGE, UNREADABLE
from tinycompile.frontends.onnx_external import pull_in
from tinycompile.frontends.onnx_old import OLDEST_OPSET, upgraded

Source: TypeAlias = str | Path | bytes | ModelProto

#: (offset, first bytes, what it is, what to do) of files that are often taken for ONNX.
_OTHER_FORMATS = (
    (4, b"TFL3", "a TensorFlow Lite model", "convert it with `python -m tf2onnx.convert --tflite`"),
    (0, b"\x89HDF", "an HDF5 file, perhaps of Keras", "convert it with tf2onnx"),
    (0, b"PK\x03\x04", "a zip archive, perhaps of PyTorch or Keras", "export it as ONNX"),
    (0, b"version https://git-lfs", "a Git LFS pointer", "fetch the model itself with `git lfs pull`"),
)


@dataclass(frozen=True, eq=False)
class SourceModel:
    """A model as read: complete, with the versions of its operator sets by domain."""

    proto: ModelProto
    label: str
    opsets: dict[str, int]
    notes: tuple[str, ...] = ()


def read_model(source: Source) -> SourceModel:
    """Read, complete and if need be upgrade a model.

    Raises:
        UsageError: there is no such file.
        ModelError: it is not an ONNX model, lacks its external data, or its operator set is not supported.
    """
    proto, label = _complete(source)
    opsets = _opsets(proto, label)
    if opsets[""] >= OLDEST_OPSET:
        return SourceModel(proto, label, opsets)
    old = opsets[""]
    proto = upgraded(proto, label, old)
    note = f"operator set {old} was converted to {OLDEST_OPSET}"
    return SourceModel(proto, label, _opsets(proto, label), (note,))


def source_bytes(source: Source) -> bytes:
    """The model as one self-contained serialised ModelProto, external data included.

    Raises:
        UsageError, ModelError: as `read_model`; also when it exceeds protobuf's 2 GiB.
    """
    proto, label = _complete(source)
    try:
        return bytes(proto.SerializeToString(deterministic=True))
    except (ValueError, EncodeError) as error:
        message = f"{label}: the model exceeds what one file can hold: {error}"
        raise ModelError(Diagnostic(TOO_LARGE, message)) from error


def _complete(source: Source) -> tuple[ModelProto, str]:
    folder: Path | None = None
    if isinstance(source, ModelProto):
        proto, label = ModelProto(), "the model"
        proto.CopyFrom(source)
    elif isinstance(source, bytes):
        proto, label = _parse(source, "the model"), "the model"
    else:
        path = Path(source)
        folder, label = path.parent, str(path)
        proto = _parse(_read(path), label)
    if not proto.HasField("ir_version") or not proto.HasField("graph") or not proto.graph.output:
        raise _not_onnx(label, "it holds no graph with outputs")
    if not _is_text(proto):
        raise _not_onnx(label, "it holds names that are not UTF-8 text")
    pull_in(proto, folder, label)
    return proto, label


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        hint = "give the path of an .onnx file"
        raise UsageError(Diagnostic(UNREADABLE, f"{path}: {reason}", hint=hint)) from error


def _parse(data: bytes, label: str) -> ModelProto:
    if not data:
        raise _not_onnx(label, "it is empty")
    for offset, magic, what, remedy in _OTHER_FORMATS:
        if data[offset : offset + len(magic)] == magic:
            raise _not_onnx(label, f"it is {what}", remedy)
    proto = ModelProto()
    try:
        proto.ParseFromString(data)
    except DecodeError as error:
        raise _not_onnx(label, "it is cut off or in another format") from error
    return proto


def _is_text(message: Message) -> bool:
    """True when all strings of a message are valid UTF-8; protobuf hands others out as bytes."""
    for field, value in message.ListFields():
        values = (value,) if isinstance(value, str | bytes | Message) else value
        if field.type == FieldDescriptor.TYPE_STRING and any(isinstance(v, bytes) for v in values):
            return False
        if field.type == FieldDescriptor.TYPE_MESSAGE and not all(_is_text(v) for v in values):
            return False
    return True


def _not_onnx(label: str, why: str, remedy: str = "export it again") -> ModelError:
    return ModelError(Diagnostic(NOT_ONNX, f"{label}: not an ONNX model: {why}", hint=remedy))


def _opsets(proto: ModelProto, label: str) -> dict[str, int]:
    """Domain -> version, with '' always there. Files older than IR version 3 mean operator set 1."""
    found: dict[str, int] = {}
    for entry in proto.opset_import:
        domain = "" if entry.domain == "ai.onnx" else entry.domain
        found[domain] = max(found.get(domain, 0), int(entry.version))
    newest = onnx.defs.onnx_opset_version()
    if "" not in found and proto.ir_version >= 3:
        if not found or any(node.domain in ("", "ai.onnx") for node in proto.graph.node):
            hint = "the file may be cut off; export it again"
            raise ModelError(Diagnostic(OPSET, f"{label}: the model declares no operator set", hint=hint))
        found[""] = newest
    version = found.setdefault("", 1)
    if not 1 <= version <= newest:
        message = f"{label}: operator set {version} is not one of those that onnx {onnx.__version__} knows"
        hint = f"upgrade the onnx package, or export with an opset from {OLDEST_OPSET} to {newest}"
        raise ModelError(Diagnostic(OPSET, message, hint=hint))
    return found
