"""Which memory layout and precision a GPU is fastest with, found by trying."""

from __future__ import annotations

import time
from dataclasses import replace

import torch

from tinycompile.search.network import Network
from tinycompile.search.training.device import Device
from tinycompile.search.training.store import NetworkModule

_WARM, _TIMED = 3, 5


def fastest(device: Device, network: Network, batch: int) -> Device:
    """The device with the layout and precision in which a training step of a network takes least time.

    Depthwise convolutions differ by an order of magnitude between the libraries behind them. On the CPU
    the device is returned as it is, so that results do not hang on timing.
    """
    if device.device.type != "cuda":
        return device
    ways = [
        replace(device, channels_last=last, mixed=mixed)
        for last in (True, False)
        for mixed in ((True, False) if device.mixed else (False,))
    ]
    return min(ways, key=lambda way: _seconds(way, network, batch))


def _seconds(device: Device, network: Network, batch: int) -> float:
    """Of one step: forward and backward on random samples."""
    module = device.place(NetworkModule(network, seed=0))
    module.train()
    x = torch.randn(batch, *network.input, device=device.device).contiguous(memory_format=device.layout)
    begun = 0.0
    with device.tuned():
        for index in range(_WARM + _TIMED):
            if index == _WARM:
                torch.cuda.synchronize(device.device)
                begun = time.perf_counter()
            with device.precision():
                scores = module(x)
            scores.float().square().mean().backward()
        torch.cuda.synchronize(device.device)
    return time.perf_counter() - begun
