"""A network as its int8 inference computes it, simulated in float32 and trainable."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from tinycompile.ir import Quant
from tinycompile.search.encoding import Encoding
from tinycompile.search.layers import Conv, Dense, Layer, Pool, PoolKind
from tinycompile.search.network import INPUT
from tinycompile.search.quantised import QuantisedNetwork, Weights, stored_before, stored_values
from tinycompile.search.training.fake_quant import (
    HIGH,
    best_range,
    rounded_bias,
    rounded_weights,
    stored,
    weight_scales,
)
from tinycompile.search.training.store import NetworkModule, activated, convolved, key_of, weightless


class QuantModule(nn.Module):  # type: ignore[misc]
    """Weights and biases with the normalisation folded in, and the scales of all values.

    Weights are int8 per channel and symmetric, values int8 with zero points, biases whole numbers of the
    scale of their sums. Scales are learned through their logarithms; zero points stay.

    Attributes:
        logarithms: by value, of scales; the network's input keeps the one of its encoding.
    """

    def __init__(self, module: NetworkModule, encoding: Encoding, samples: Tensor) -> None:
        """From a trained network; `samples` [count, channels, height, width] show the ranges of values."""
        super().__init__()
        self.network, self.encoding = module.network, encoding
        network = module.network
        folded = {name: module.folded(name) for name in network.weighted}
        self.weights = nn.ParameterDict({key_of(n): nn.Parameter(w) for n, (w, _) in folded.items()})
        self.biases = nn.ParameterDict({key_of(n): nn.Parameter(b) for n, (_, b) in folded.items()})
        self.logarithms = nn.ParameterDict()
        self._zeros: dict[str, str] = {}
        self._share: dict[str, str] = {}
        self._keep(INPUT, (encoding.step, encoding.quant.zero0))
        for layer in network.layers:
            if isinstance(layer, Pool) and layer.method is PoolKind.MAX:
                self._share[layer.name] = self._shared(layer.inputs[0])
        self.quantised = False
        self._calibrate(samples)
        self.quantised = True

    def _calibrate(self, samples: Tensor) -> None:
        found: dict[str, Tensor] = {}
        with torch.no_grad():
            self._run(samples, found)
        for name in stored_values(self.network):
            if name != INPUT and name not in self._share:
                self._keep(name, best_range(found[name]))

    def _keep(self, name: str, scale_and_zero: tuple[float, int]) -> None:
        scale, zero = scale_and_zero
        device = next(iter(self.weights.values())).device
        logarithm = torch.tensor(math.log(scale), device=device)
        self.logarithms[key_of(name)] = nn.Parameter(logarithm, requires_grad=name != INPUT)
        buffer = f"zero_{len(self._zeros)}"
        self.register_buffer(buffer, torch.tensor(zero, dtype=torch.int32, device=device))
        self._zeros[name] = buffer

    def _shared(self, name: str) -> str:
        """The value whose quantisation a value has: a largest value is one of those it is taken from."""
        return self._share.get(name, name)

    def scale(self, name: str) -> Tensor:
        """float32[] of a value."""
        return self.logarithms[key_of(self._shared(name))].exp()

    def zero(self, name: str) -> Tensor:
        """int32[] of a value."""
        found: Tensor = getattr(self, self._zeros[self._shared(name)])
        return found

    def forward(self, x: Tensor) -> Tensor:
        """Scores [count, classes] for x [count, channels, height, width] that int8 can hold."""
        return self._run(x, {})

    def _run(self, x: Tensor, values: dict[str, Tensor]) -> Tensor:
        values[INPUT] = x
        for layer in self.network.layers:
            y = self._layer(layer, [values[name] for name in layer.inputs], values)
            values[layer.name] = self._stored(layer.name, y)
        return values[self.network.output].flatten(1)

    def _layer(self, layer: Layer, inputs: list[Tensor], values: dict[str, Tensor]) -> Tensor:
        if not isinstance(layer, Conv | Dense):
            return weightless(layer, inputs)
        weight, bias = self._weights(layer)
        if isinstance(layer, Conv):
            y = convolved(layer, inputs[0], weight, bias)
        else:
            flat = inputs[0].permute(0, 2, 3, 1).flatten(1)
            y = nn.functional.linear(flat, weight, bias)[:, :, None, None]
        for name in stored_before(layer):
            y = values[name] = self._stored(name, y)
        return activated(y, layer.activation)

    def _stored(self, name: str, x: Tensor) -> Tensor:
        if not self.quantised or name in self._share:
            return x
        return stored(x, self.logarithms[key_of(name)], self.zero(name))

    def _weights(self, layer: Layer) -> tuple[Tensor, Tensor]:
        key = key_of(layer.name)
        weight, bias = self.weights[key], self.biases[key]
        if not self.quantised:
            return weight, bias
        step = self.scale(layer.inputs[0]).detach()
        scales = weight_scales(weight, bias, step)
        return rounded_weights(weight, scales), rounded_bias(bias, scales * step)

    def export(self) -> QuantisedNetwork:
        """Integers and scales, for inference and for ONNX."""
        with torch.no_grad():
            weights = {layer.name: self._integers(layer) for layer in self.network.layers if self._has(layer)}
            values = {name: self._quant(name) for name in stored_values(self.network)}
        return QuantisedNetwork(self.network, weights, values, self.encoding.dtype)

    def _has(self, layer: Layer) -> bool:
        return layer.name in self.network.weighted

    def _quant(self, name: str) -> Quant:
        if name == INPUT:
            return self.encoding.quant
        return Quant.tensor(float(self.scale(name)), int(self.zero(name)))

    def _integers(self, layer: Layer) -> Weights:
        key = key_of(layer.name)
        weight, bias = self.weights[key], self.biases[key]
        step = self.scale(layer.inputs[0])
        scales = weight_scales(weight, bias, step)
        factor = (1 / scales).reshape(-1, *[1] * (weight.dim() - 1))
        whole = (weight * factor).round().clamp(-HIGH, HIGH).to(torch.int8)
        sums = (bias / (scales * step)).round().to(torch.int32)
        # What the network sees is `gain` times what its input stands for.
        gain = self.encoding.gain if layer.inputs[0] == INPUT else 1.0
        return Weights(
            whole.cpu().numpy(), (scales * gain).cpu().numpy().astype(np.float32), sums.cpu().numpy()
        )
