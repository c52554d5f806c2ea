"""Networks of a supernet on its whole weights, what they do not have masked by zeros.

A GPU library prepares each new shape of a convolution for up to seconds, and the slices of a supernet have
thousands of shapes. Masked networks all have the shapes of the largest one. The sums are those of the slices
with zeros added.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from tinycompile.search.layers import Activation, Conv, Dense, Layer
from tinycompile.search.network import INPUT, Network
from tinycompile.search.training import not_shared
from tinycompile.search.training.store import EPSILON, SharedWeights, activated, weightless


def run_masked(shared: SharedWeights, network: Network, x: Tensor) -> Tensor:
    """As `SharedWeights.run` in training mode, with batch statistics.

    Raises:
        UsageError: TC821.
    """
    values = {INPUT: x}
    for layer in network.layers:
        inputs = [values[name] for name in layer.inputs]
        values[layer.name] = _layer(shared, network, layer, inputs)
    return values[network.output].flatten(1)[:, : network.shapes[network.output][0]]


def _layer(shared: SharedWeights, network: Network, layer: Layer, inputs: list[Tensor]) -> Tensor:
    match layer:
        case Conv():
            y = _conv(shared, network, layer, inputs[0])
        case Dense():
            found = shared.layer(layer.name)
            if inputs[0].shape[2:].numel() > 1:
                raise not_shared(f"layer '{layer.name}' is masked and reads several places", layer.name)
            flat = _fitted(inputs[0], found.weight.shape[1]).flatten(1)
            mask = _leading(found.shift.shape[0], layer.units, flat.device)
            y = (functional.linear(flat, found.weight, found.shift) * mask)[:, :, None, None]
        case _:
            most = max(x.shape[1] for x in inputs)
            return weightless(layer, [_fitted(x, most) for x in inputs])
    y = activated(y, layer.activation)
    if layer.activation is Activation.HARD_SIGMOID:  # not zero at zero
        y = y * _leading(y.shape[1], network.shapes[layer.name][0], y.device)[:, None, None]
    return y


def _conv(shared: SharedWeights, network: Network, layer: Conv, x: Tensor) -> Tensor:
    found = shared.layer(layer.name)
    outputs, inputs, *kernel = found.weight.shape
    if layer.groups not in (1, network.shapes[layer.inputs[0]][0]) or (layer.groups > 1 and inputs > 1):
        raise not_shared(f"layer '{layer.name}' is masked and has {layer.groups} groups", layer.name)
    weight = found.weight
    if tuple(kernel) != layer.kernel:
        weight = weight * _centre((kernel[0], kernel[1]), layer.kernel, x.device)
    groups = 1 if layer.groups == 1 else outputs
    top, left, bottom, right = (kernel[0] - 1) // 2, (kernel[1] - 1) // 2, kernel[0] // 2, kernel[1] // 2
    x = _fitted(x, inputs if groups == 1 else outputs)
    if (top, left) != (bottom, right):
        x, top, left = functional.pad(x, (left, right, top, bottom)), 0, 0
    y = functional.conv2d(x, weight, None, layer.stride, (top, left), 1, groups)
    mask = _leading(outputs, layer.channels, x.device)
    shift = found.shift * mask
    if not layer.norm:
        return y * mask[:, None, None] + shift[:, None, None]
    return functional.batch_norm(y, None, None, found.gain * mask, shift, True, 0.0, EPSILON)


def _fitted(x: Tensor, channels: int) -> Tensor:
    """With so many channels: zeros behind, or without those that are zero."""
    missing = channels - x.shape[1]
    if missing <= 0:
        return x[:, :channels]
    return functional.pad(x, (0, 0, 0, 0, 0, missing))


@cache
def _leading(whole: int, part: int, device: torch.device) -> Tensor:
    """float32[whole]: ones, then zeros."""
    mask = torch.zeros(whole, device=device)
    mask[:part] = 1.0
    return mask


@cache
def _centre(whole: tuple[int, int], part: tuple[int, int], device: torch.device) -> Tensor:
    """float32 of the shape `whole` with ones where a kernel of the shape `part` lies."""
    mask = torch.zeros(whole, device=device)
    rows, columns = ((w - 1) // 2 - (p - 1) // 2 for w, p in zip(whole, part, strict=True))
    mask[rows : rows + part[0], columns : columns + part[1]] = 1.0
    return mask
