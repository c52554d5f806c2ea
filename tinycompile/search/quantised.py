"""What training leaves: integer weights, and the scale and zero point of every value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tinycompile.ir import DType, Quant
from tinycompile.search.layers import Conv, Dense, Layer
from tinycompile.search.network import INPUT, Network

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Weights:
    """Integer weights of one layer.

    Attributes:
        values: int8[outputs, ...], symmetric, in the shape of `Network.weighted`.
        scale: float32[outputs].
        bias: int32[outputs], in steps of the scale of the layer's input times `scale`.
    """

    values: Array
    scale: Array
    bias: Array


@dataclass(frozen=True, eq=False)
class QuantisedNetwork:
    """A network with all that its inference in integers needs.

    Attributes:
        weights: by layer, for the layers of `Network.weighted`.
        values: int8 quantisation of every value that is stored; the input's too.
        input_dtype: what a sample holds: uint8 or int8 (taken as they are; uint8 has its zero point 128
            higher than `values` says) or float32 (quantised at the entry).
    """

    network: Network
    weights: Mapping[str, Weights]
    values: Mapping[str, Quant]
    input_dtype: DType = DType.FLOAT32

    def save(self, path: str | Path) -> Path:
        """Write one .npz that `load` reads."""
        arrays: dict[str, Array] = {}
        for name, found in self.weights.items():
            arrays |= {f"{name}/w": found.values, f"{name}/s": found.scale, f"{name}/b": found.bias}
        values = {name: [quant.scale0, quant.zero0] for name, quant in self.values.items()}
        text = {"network": self.network.to_json(), "values": values, "input": self.input_dtype.value}
        arrays["description"] = np.array(json.dumps(text))
        file = Path(path)
        with file.open("wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]
        return file

    @staticmethod
    def load(path: str | Path) -> QuantisedNetwork:
        """Read what `save` wrote."""
        with np.load(Path(path), allow_pickle=False) as stored:
            text = json.loads(str(stored["description"]))
            network = Network.from_json(text["network"])
            weights = {n: Weights(*(stored[f"{n}/{key}"] for key in "wsb")) for n in network.weighted}
        values = {name: Quant.tensor(scale, zero) for name, (scale, zero) in text["values"].items()}
        return QuantisedNetwork(network, weights, values, DType(text["input"]))


def stored_before(layer: Layer) -> tuple[str, ...]:
    """Values that a layer stores on the way to its result, which are quantised too.

    A hard sigmoid does not fuse into the layer before it: its operand is a tensor of its own.
    """
    activation = layer.activation if isinstance(layer, Conv | Dense) else None
    return (f"{layer.name}:linear",) if activation == "hard_sigmoid" else ()


def stored_values(network: Network) -> tuple[str, ...]:
    """Every value that needs a quantisation, in order of computation."""
    found = [INPUT]
    for layer in network.layers:
        found += [*stored_before(layer), layer.name]
    return tuple(found)
