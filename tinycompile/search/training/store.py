"""Weights by the names of layers, and the execution of networks on slices of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tinycompile.search.layers import (
    Activation,
    Add,
    Conv,
    Dense,
    GlobalPool,
    Layer,
    Multiply,
    Pool,
    PoolKind,
)
from tinycompile.search.network import INPUT, Network
from tinycompile.search.training import not_shared

EPSILON, _MOMENTUM = 1e-5, 0.1


class LayerWeights(nn.Module):  # type: ignore[misc]
    """Weights of one layer, with its normalisation or its bias.

    Attributes:
        weight: [outputs, inputs / groups, height, width], or [outputs, inputs].
        gain, shift, mean, variance: [outputs], of the batch normalisation; else `shift` is the bias.
    """

    def __init__(self, shape: tuple[int, ...], norm: bool) -> None:
        super().__init__()
        self.norm = norm
        self.weight = nn.Parameter(torch.empty(shape))
        self.shift = nn.Parameter(torch.zeros(shape[0]))
        if norm:
            self.gain = nn.Parameter(torch.ones(shape[0]))
            self.register_buffer("mean", torch.zeros(shape[0]))
            self.register_buffer("variance", torch.ones(shape[0]))


def has_norm(layer: Layer) -> bool:
    """True for layers that are normalised while training."""
    return isinstance(layer, Conv) and layer.norm


def key_of(name: str) -> str:
    """The name of a layer as torch accepts it for a module."""
    return name.replace(".", "/")


class SharedWeights(nn.Module):  # type: ignore[misc]
    """The largest weights of several networks; each of them runs on the leading slices.

    Kernels are the middle of the largest one, channels the first ones. Batch statistics are used as long as
    the module is in training mode; only a `NetworkModule` knows running ones.

    Attributes:
        momentum: share of the present batch in running statistics.
    """

    def __init__(self, networks: Iterable[Network], seed: int) -> None:
        super().__init__()
        self.momentum = _MOMENTUM
        shapes: dict[str, tuple[int, ...]] = {}
        norms: dict[str, bool] = {}
        for network in networks:
            for layer in network.layers:
                shape = network.weighted.get(layer.name)
                if shape is None:
                    continue
                before = shapes.setdefault(layer.name, shape)
                if len(before) != len(shape) or norms.setdefault(layer.name, has_norm(layer)) != has_norm(
                    layer
                ):
                    raise not_shared(f"layer '{layer.name}' is of two kinds", layer.name)
                shapes[layer.name] = tuple(max(a, b) for a, b in zip(before, shape, strict=True))
        self.weights = nn.ModuleDict({key_of(n): LayerWeights(shapes[n], norms[n]) for n in shapes})
        self._initialise(seed)

    def _initialise(self, seed: int) -> None:
        """Normal, with the variance that keeps gradients (He et al. 2015); small if fully connected."""
        generator = torch.Generator().manual_seed(seed)
        for found in self.weights.values():
            shape = found.weight.shape
            fan_out = shape[0] * math.prod(shape[2:]) if shape[1] > 1 else math.prod(shape[2:])
            deviation = math.sqrt(2 / fan_out) if len(shape) > 2 else math.sqrt(1 / shape[1])
            with torch.no_grad():
                found.weight.copy_(torch.randn(shape, generator=generator) * deviation)

    def run(self, network: Network, x: Tensor, *, running: bool = False) -> Tensor:
        """Scores [count, classes] of a network for x [count, channels, height, width].

        Args:
            running: use running statistics, or renew them in training mode.
        """
        return self.values(network, x, running=running)[network.output].flatten(1)

    def values(self, network: Network, x: Tensor, *, running: bool = False) -> dict[str, Tensor]:
        """All values of a network by name, as `run` computes them."""
        values = {INPUT: x}
        for layer in network.layers:
            inputs = [values[name] for name in layer.inputs]
            values[layer.name] = self._layer(network, layer, inputs, running)
        return values

    def extract(self, network: Network) -> NetworkModule:
        """A module of its own for one network, with copies of its slices."""
        module = NetworkModule(network, seed=0)
        module.to(next(self.parameters()).device)
        with torch.no_grad():
            for layer in network.layers:
                if layer.name in network.weighted:
                    source, target = self.layer(layer.name), module.layer(layer.name)
                    target.weight.copy_(self._weight(network, layer))
                    for name in ("shift", "gain", "mean", "variance") if source.norm else ("shift",):
                        getattr(target, name).copy_(getattr(source, name)[: target.weight.shape[0]])
        return module

    def layer(self, name: str) -> Any:
        """The `LayerWeights` of a layer.

        Raises:
            UsageError: TC821.
        """
        key = key_of(name)
        if key not in self.weights:
            raise not_shared(f"there are no weights for layer '{name}'", name)
        return self.weights[key]

    def _weight(self, network: Network, layer: Layer) -> Tensor:
        """The slice of the weights that a layer of a network uses."""
        weight, shape = self.layer(layer.name).weight, network.weighted[layer.name]
        if weight.shape == shape:
            return weight
        if any(a < b for a, b in zip(weight.shape, shape, strict=True)):
            message = f"layer '{layer.name}' needs weights {list(shape)} of {list(weight.shape)}"
            raise not_shared(message, layer.name)
        if isinstance(layer, Conv) and layer.groups not in (1, network.shapes[layer.inputs[0]][0]):
            raise not_shared(f"layer '{layer.name}' is sliced and has {layer.groups} groups", layer.name)
        if isinstance(layer, Dense) and math.prod(network.shapes[layer.inputs[0]][1:]) > 1:
            raise not_shared(f"layer '{layer.name}' is sliced and reads several places", layer.name)
        return weight[
            tuple(_span(w, s, axis > 1) for axis, (w, s) in enumerate(zip(weight.shape, shape, strict=True)))
        ]

    def _layer(self, network: Network, layer: Layer, inputs: list[Tensor], running: bool) -> Tensor:
        match layer:
            case Conv():
                y = self._conv(network, layer, inputs[0], running)
                return activated(y, layer.activation)
            case Dense():
                bias = self.layer(layer.name).shift[: layer.units]
                flat = inputs[0].permute(0, 2, 3, 1).flatten(1)
                y = functional.linear(flat, self._weight(network, layer), bias)
                return activated(y[:, :, None, None], layer.activation)
            case _:
                return weightless(layer, inputs)

    def _conv(self, network: Network, layer: Conv, x: Tensor, running: bool) -> Tensor:
        found, count = self.layer(layer.name), layer.channels
        weight, shift = self._weight(network, layer), found.shift[:count]
        if not layer.norm:
            return convolved(layer, x, weight, shift)
        y = convolved(layer, x, weight, None)
        mean, variance = (found.mean, found.variance) if running else (None, None)
        training = self.training or not running
        gain, momentum = found.gain[:count], self.momentum
        return functional.batch_norm(y, mean, variance, gain, shift, training, momentum, EPSILON)

    def folded(self, name: str) -> tuple[Tensor, Tensor]:
        """Weights and bias of a layer with its normalisation folded in."""
        found = self.layer(name)
        if not found.norm:
            return found.weight.detach().clone(), found.shift.detach().clone()
        factor = found.gain / torch.sqrt(found.variance + EPSILON)
        weight = found.weight * factor.reshape(-1, *[1] * (found.weight.dim() - 1))
        return weight.detach(), (found.shift - found.mean * factor).detach()


class NetworkModule(SharedWeights):
    """The weights of one network, with running statistics."""

    def __init__(self, network: Network, seed: int) -> None:
        super().__init__([network], seed)
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Scores [count, classes] for x [count, channels, height, width]."""
        return self.run(self.network, x, running=True)


def _span(whole: int, part: int, centred: bool) -> slice:
    start = (whole - 1) // 2 - (part - 1) // 2 if centred else 0
    return slice(start, start + part)


def convolved(layer: Conv, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """The convolution of a layer, with its padding.

    cuDNN prepares each new shape for up to seconds, more than an evaluation of a candidate takes. Without
    gradients, 1x1 convolutions are matrix products on a GPU, and depthwise ones use the kernels of PyTorch.
    """
    if x.is_cuda and not torch.is_grad_enabled():
        if layer.kernel == layer.stride == (1, 1) and layer.groups == 1:
            return functional.linear(x.permute(0, 2, 3, 1), weight[:, :, 0, 0], bias).permute(0, 3, 1, 2)
        if layer.groups > 1 and torch.backends.cudnn.enabled:
            with torch.backends.cudnn.flags(enabled=False):
                return convolved(layer, x, weight, bias)
    top, left, bottom, right = layer.pads
    if (top, left) == (bottom, right):
        return functional.conv2d(x, weight, bias, layer.stride, (top, left), 1, layer.groups)
    padded = functional.pad(x, (left, right, top, bottom))
    return functional.conv2d(padded, weight, bias, layer.stride, 0, 1, layer.groups)


def activated(x: Tensor, activation: Activation) -> Tensor:
    """The activation of a sum."""
    match activation:
        case Activation.RELU:
            return functional.relu(x)
        case Activation.RELU6:
            return functional.relu6(x)
        case Activation.HARD_SIGMOID:
            return functional.hardsigmoid(x)
        case Activation.NONE:
            return x


def weightless(layer: Layer, inputs: list[Tensor]) -> Tensor:
    """A layer that has no weights."""
    match layer:
        case Add():
            return activated(inputs[0] + inputs[1], layer.activation)
        case Multiply():
            return inputs[0] * inputs[1]
        case GlobalPool():
            return inputs[0].mean((2, 3), keepdim=True)
        case Pool(method=PoolKind.MAX):
            return functional.max_pool2d(inputs[0], layer.kernel, layer.stride)
        case Pool():
            return functional.avg_pool2d(inputs[0], layer.kernel, layer.stride)
        case _:
            raise TypeError(f"{layer.kind} has weights")
