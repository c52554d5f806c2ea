"""A model's inputs and outputs: as the file declares them, and with every dimension made known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onnx import GraphProto, ValueInfoProto

from tinycompile.errors import Diagnostic, ModelError, UsageError
from tinycompile.frontends.codes import ELEMENT_TYPE, FREE_DIMENSION, INPUT_SHAPE
from tinycompile.frontends.onnx_file import Source, read_model
from tinycompile.frontends.onnx_tensor import READ_AS_FLOAT32, check_size, dtype_of, elem_type_name
from tinycompile.ir import TensorType

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Port:
    """One input or output as the file declares it.

    Attributes:
        shape: per dimension its size, or the name of a free one ("" if it has none); None when
            not even the rank is given.
        dtype: ONNX's name of the element type in lower case (`float`, `double`, `int8`, ...).
    """

    name: str
    shape: tuple[int | str, ...] | None
    dtype: str


@dataclass(frozen=True)
class ModelPorts:
    """The inputs (without those that initialisers set) and outputs of a model, in the file's order."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def onnx_io(source: Source) -> ModelPorts:
    """What the model takes and gives.

    Raises:
        UsageError, ModelError: the model cannot be read.
    """
    graph = read_model(source).proto.graph
    return ModelPorts(tuple(_port(v) for v in true_inputs(graph)), tuple(_port(v) for v in graph.output))


def true_inputs(graph: GraphProto) -> list[ValueInfoProto]:
    """The graph's inputs that no initialiser sets."""
    set_ = {tensor.name for tensor in graph.initializer}
    set_.update(sparse.values.name for sparse in graph.sparse_initializer)
    return [value for value in graph.input if value.name not in set_]


def input_types(
    graph: GraphProto, given: Mapping[str, Shape], label: str
) -> tuple[list[tuple[str, TensorType]], list[str]]:
    """(name, static type) per input, and notes on what was assumed.

    A shape that is given also fixes equally named dimensions of the other inputs.

    Raises:
        UsageError: `given` names no input, or contradicts the model.
        ModelError: free dimensions remain, or an element type is not supported.
    """
    values = true_inputs(graph)
    types = [_tensor_type(value, label) for value in values]
    ports = [_port(value) for value in values]
    _check_given(ports, given, label)
    symbols = _symbols(ports, given)
    found: list[tuple[str, TensorType]] = []
    free: list[tuple[Port, Shape | None]] = []
    notes: list[str] = []
    for port, type_ in zip(ports, types, strict=True):
        shape = given.get(port.name) or _static(port, symbols)
        if shape is None:
            free.append((port, _suggestion(port, symbols)))
            continue
        check_size(shape, type_.dtype.itemsize, f"input '{port.name}'")
        found.append((port.name, type_.with_shape(shape)))
        batch = port.shape[0] if port.shape else 0
        if port.name not in given and isinstance(batch, str) and batch not in symbols:
            notes.append(f"the free first dimension of input '{port.name}' was set to 1")
        if port.dtype in _READ_AS_FLOAT32_NAMES:
            notes.append(f"input '{port.name}' is {port.dtype} in the model and float32 here")
    if free:
        raise _free_error(free, label)
    return found, notes


_READ_AS_FLOAT32_NAMES = frozenset(elem_type_name(t) for t in READ_AS_FLOAT32)


def _port(value: ValueInfoProto) -> Port:
    if value.type.WhichOneof("value") != "tensor_type":
        return Port(value.name, None, str(value.type.WhichOneof("value") or "untyped").removesuffix("_type"))
    tensor = value.type.tensor_type
    name = elem_type_name(tensor.elem_type)
    if not tensor.HasField("shape"):
        return Port(value.name, None, name)
    dims = tuple(int(d.dim_value) if d.dim_value > 0 else str(d.dim_param) for d in tensor.shape.dim)
    return Port(value.name, dims, name)


def _tensor_type(value: ValueInfoProto, label: str) -> TensorType:
    """The input's element type; its shape is filled in later."""
    what = f"{label}: input '{value.name}'"
    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        hint = "export the model with tensor inputs only"
        raise ModelError(Diagnostic(ELEMENT_TYPE, f"{what} is no tensor but {kind or 'untyped'}", hint=hint))
    return TensorType((), dtype_of(value.type.tensor_type.elem_type, what))


def _check_given(ports: Sequence[Port], given: Mapping[str, Shape], label: str) -> None:
    by_name = {port.name: port for port in ports}
    for name, shape in given.items():
        text = ",".join(map(str, shape))
        if name not in by_name:
            raise _usage(f"{label} has no input '{name}'", f"its inputs are: {', '.join(by_name) or 'none'}")
        if any(d < 1 for d in shape):
            raise _usage(f"input '{name}': the shape {text} has a dimension below 1", "give positive sizes")
        declared = by_name[name].shape
        if declared is None:
            continue
        pairs = zip(declared, shape, strict=False)
        if len(declared) != len(shape) or any(isinstance(d, int) and d != s for d, s in pairs):
            raise _usage(
                f"input '{name}': the shape {text} contradicts the model's {_text(declared)}",
                "only free dimensions can be chosen",
            )


def _symbols(ports: Sequence[Port], given: Mapping[str, Shape]) -> dict[str, int]:
    """The sizes of named free dimensions that follow from the given shapes."""
    symbols: dict[str, int] = {}
    for port in ports:
        for dim, size in zip(port.shape or (), given.get(port.name, ()), strict=False):
            if isinstance(dim, str) and dim and symbols.setdefault(dim, size) != size:
                message = f"the dimension '{dim}' is given both {symbols[dim]} and {size}"
                raise _usage(message, "equal names mean equal sizes")
    return symbols


def _static(port: Port, symbols: Mapping[str, int]) -> Shape | None:
    """The shape with a free batch set to 1, or None when more is free."""
    if port.shape is None:
        return None
    sizes = [symbols.get(d, 0) if isinstance(d, str) else d for d in port.shape]
    if sizes and sizes[0] == 0:
        sizes[0] = 1
    return None if 0 in sizes else tuple(sizes)


def _suggestion(port: Port, symbols: Mapping[str, int]) -> Shape | None:
    return (
        None
        if port.shape is None
        else tuple(
            d if isinstance(d, int) else symbols.get(d, int(index == 0)) for index, d in enumerate(port.shape)
        )
    )


def _free_error(free: Sequence[tuple[Port, Shape | None]], label: str) -> ModelError:
    found = []
    for port, shape in free:
        if port.shape is None or shape is None:
            message, text = f"input '{port.name}' has no shape", "D0,D1,..."
        else:
            names = [d or f"D{i}" if isinstance(d, str) else "" for i, d in enumerate(port.shape)]
            text = ",".join(str(s) if s else n.upper() for s, n in zip(shape, names, strict=True))
            unknown = ", ".join(f"{i} ({names[i]})" for i, size in enumerate(shape) if not size)
            message = f"input '{port.name}' of shape {_text(port.shape)} has free dimensions: {unknown}"
        hint = f"--input-shape {port.name}={text} with numbers for the letters"
        found.append(Diagnostic(FREE_DIMENSION, f"{label}: {message}", (port.name,), hint))
    return ModelError(found)


def _text(shape: Sequence[int | str]) -> str:
    return "[" + ", ".join(str(d) if d else "?" for d in shape) + "]"


def _usage(message: str, hint: str) -> UsageError:
    return UsageError(Diagnostic(INPUT_SHAPE, message, hint=hint))
