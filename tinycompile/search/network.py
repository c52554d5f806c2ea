"""A candidate network: layers over named values, with the figures that need no compiler."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from tinycompile.errors import Diagnostic, ModelError, declare
from tinycompile.search.layers import LAYERS, Activation, Layer, PoolKind, Shape

TC_NETWORK = declare(
    "TC810",
    "A candidate network is not valid",
    "A space built a network whose layers do not fit together: a name is used twice, a layer reads what no "
    "layer before it makes, or shapes do not match. The message names the layer; repair the space.",
)

#: The value that is the network's input.
INPUT = "input"
#: The scores as they leave the network; no layer's name.
OUTPUT = "scores"


@dataclass(frozen=True)
class Network:
    """A network of one input and one output, the result of the last layer.

    Equal networks have equal layers, names included; two networks of one space share weights by the
    names of their layers.

    Raises:
        ModelError: TC810, the layers do not fit together.
    """

    input: Shape
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        _ = self.shapes

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """(channels, height, width) of every value, the input's first."""
        if min(self.input) < 1:
            raise _invalid(f"the input has shape {self.input}", INPUT)
        if not self.layers:
            raise _invalid("a network needs a layer", INPUT)
        shapes = {INPUT: self.input}
        for layer in self.layers:
            shapes[layer.name] = _infer(layer, shapes)
        return shapes

    @property
    def output(self) -> str:
        """Name of the result."""
        return self.layers[-1].name

    def inputs_of(self, layer: Layer) -> list[Shape]:
        """Shapes that a layer reads."""
        return [self.shapes[name] for name in layer.inputs]

    @cached_property
    def weighted(self) -> Mapping[str, tuple[int, ...]]:
        """Shape of the weights of every layer that has some."""
        found = {layer.name: layer.weight_shape(self.inputs_of(layer)) for layer in self.layers}
        return {name: shape for name, shape in found.items() if shape is not None}

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(layer.macs(self.inputs_of(layer)) for layer in self.layers)

    @cached_property
    def activations(self) -> int:
        """Elements of all values but the input, which decide how long training takes."""
        return sum(math.prod(self.shapes[layer.name]) for layer in self.layers)

    @cached_property
    def parameters(self) -> int:
        """Weights and biases, batch normalisation folded."""
        return sum(math.prod(shape) + shape[0] for shape in self.weighted.values())

    @cached_property
    def weight_bytes(self) -> int:
        """Bytes of int8 weights and int32 biases; what kernels need beside them comes on top."""
        return sum(math.prod(shape) + 4 * shape[0] for shape in self.weighted.values())

    def to_json(self) -> dict[str, Any]:
        """The network as plain JSON values; `Network.from_json` reads it back."""
        return {"input": list(self.input), "layers": [_layer_json(layer) for layer in self.layers]}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Network:
        """The network that `to_json` wrote.

        Raises:
            ModelError: TC810.
        """
        try:
            channels, height, width = (int(n) for n in data["input"])
            return Network((channels, height, width), tuple(_layer(item) for item in data["layers"]))
        except (KeyError, TypeError, ValueError) as error:
            raise _invalid(f"this is no description of a network: {error!r}", INPUT) from error

    @cached_property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that name the network, the same on every machine."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _invalid(message: str, name: str) -> ModelError:
    return ModelError(Diagnostic(TC_NETWORK, message, (name,), "repair the space that built it"))


def _infer(layer: Layer, shapes: Mapping[str, Shape]) -> Shape:
    if not layer.name or ":" in layer.name or layer.name == OUTPUT:
        raise _invalid(f"'{layer.name}' is no name for a layer", layer.name)
    if layer.name in shapes:
        raise _invalid(f"the name '{layer.name}' is given twice", layer.name)
    if len(layer.inputs) != layer.arity:
        message = f"layer '{layer.name}' ({layer.kind}) reads {layer.arity} values, not {len(layer.inputs)}"
        raise _invalid(message, layer.name)
    unknown = [name for name in layer.inputs if name not in shapes]
    if unknown:
        raise _invalid(
            f"layer '{layer.name}' reads '{unknown[0]}', which no layer before it makes", layer.name
        )
    try:
        return layer.infer([shapes[name] for name in layer.inputs])
    except ValueError as error:
        raise _invalid(f"layer '{layer.name}' ({layer.kind}): {error}", layer.name) from error


def _layer_json(layer: Layer) -> dict[str, Any]:
    values = ((f.name, getattr(layer, f.name)) for f in fields(layer))
    return {"kind": layer.kind} | {n: list(v) if isinstance(v, tuple) else v for n, v in values}


def _layer(data: Mapping[str, Any]) -> Layer:
    cls = LAYERS[data["kind"]]
    given = {name: _value(name, value) for name, value in data.items() if name != "kind"}
    return cls(**given)


def _value(name: str, value: Any) -> Any:
    match name:
        case "activation":
            return Activation(value)
        case "method":
            return PoolKind(value)
        case _:
            return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
