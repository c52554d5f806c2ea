"""Scores of untrained networks. Higher promises more; how well they rank is for the run to find out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from tinycompile.search.layers import Activation, Conv
from tinycompile.search.network import Network
from tinycompile.search.training.store import NetworkModule

#: Network, samples [count, channels, height, width], labels int64[count], seed -> score.
Proxy = Callable[[Network, Tensor, Tensor, int], float]


def gradient_norm(network: Network, x: Tensor, y: Tensor, seed: int) -> float:
    """The norm of the gradient of the loss at the start (Abdelfattah et al.: Zero-Cost Proxies, 2021)."""
    module = _module(network, x, seed)
    functional.cross_entropy(module(x), y).backward()
    return float(sum((p.grad**2).sum() for p in module.parameters() if p.grad is not None) ** 0.5)


def synflow(network: Network, x: Tensor, y: Tensor, seed: int) -> float:
    """The logarithm of the synaptic flow (Tanaka et al. 2020): what all paths of positive weights carry.

    Normalisations are left out, as they are not linear in their input.
    """
    module = NetworkModule(_plain(network), seed).to(x.device).double().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.abs_()
    ones = torch.ones(1, *network.input, dtype=torch.float64, device=x.device)
    module(ones).sum().backward()
    flow = sum((p * p.grad).abs().sum() for p in module.parameters() if p.grad is not None)
    return float(torch.log(torch.as_tensor(flow).detach().clamp_min(1e-300)))


def naswot(network: Network, x: Tensor, y: Tensor, seed: int) -> float:
    """How differently samples switch the activations: the logarithm of the determinant of the kernel of their
    on/off patterns (Mellor et al.: Neural Architecture Search without Training, 2021)."""
    module = _module(network, x, seed)
    kernel = torch.zeros(len(x), len(x), dtype=torch.float64, device=x.device)
    with torch.no_grad():
        values = module.values(network, x)
        for layer in network.layers:
            if isinstance(layer, Conv) and layer.activation in (Activation.RELU, Activation.RELU6):
                on = (values[layer.name] > 0).flatten(1).double()
                kernel += on @ on.T + (1 - on) @ (1 - on).T
    return float(torch.linalg.slogdet(kernel)[1])


#: By name.
PROXIES: dict[str, Proxy] = {"grad-norm": gradient_norm, "synflow": synflow, "naswot": naswot}


def _module(network: Network, x: Tensor, seed: int) -> NetworkModule:
    module = NetworkModule(network, seed)
    module.to(x.device).train()
    return module


def _plain(network: Network) -> Network:
    """The same network without normalisations."""
    layers = (replace(layer, norm=False) if isinstance(layer, Conv) else layer for layer in network.layers)
    return Network(network.input, tuple(layers))
