"""Rounding to int8 in float32, with gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

LOW, HIGH = -128, 127
_SHRINKS = tuple(1.0 - 0.04 * i for i in range(16))
_LOOKED_AT = 1 << 16


class _Stored(torch.autograd.Function):  # type: ignore[misc]
    """x -> scale * (q - zero) with q int8.

    The gradient passes unchanged where nothing is clipped; that of the logarithm of the scale is the one of
    learned step sizes (Esser et al.: LSQ, 2020).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, logarithm: Tensor, zero: Tensor) -> Tensor:
        scale = logarithm.exp()
        y: Tensor = torch.fake_quantize_per_tensor_affine(x, scale, zero, LOW, HIGH)
        ctx.save_for_backward(x, y, scale, zero)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        x, y, scale, zero = ctx.saved_tensors
        low, high = (LOW - 0.5 - zero) * scale, (HIGH + 0.5 - zero) * scale
        inside = (x >= low) & (x <= high)
        passed = gradient * inside
        return passed, (gradient * y - passed * x).sum().reshape(()), None


def stored(x: Tensor, logarithm: Tensor, zero: Tensor) -> Tensor:
    """Reals as an int8 tensor holds them.

    Args:
        logarithm: float32[], of the scale.
        zero: int32[], the zero point.
    """
    result: Tensor = _Stored.apply(x, logarithm, zero)
    return result


def weight_scales(weight: Tensor, bias: Tensor, step: Tensor) -> Tensor:
    """float32[outputs]: symmetric scales of weights [outputs, ...] that also keep the bias in 24 bits.

    Args:
        step: scale of the layer's input.
    """
    largest = weight.detach().flatten(1).abs().amax(1) / HIGH
    return torch.maximum(largest, bias.detach().abs() / (step * float(1 << 24))).clamp_min(1e-12)


def rounded_weights(weight: Tensor, scales: Tensor) -> Tensor:
    """Reals of the weights as int8 holds them, -127 to 127; gradients pass unchanged.

    Nothing is clipped by the `weight_scales`. In single operations, because those of PyTorch for channels
    look at zero points on the host, which a step that is recorded must not.
    """
    factor = scales.reshape(-1, *[1] * (weight.dim() - 1))
    held = (weight * (1 / factor)).round().clamp(-HIGH, HIGH) * factor
    return held.detach() + (weight - weight.detach())


def rounded_bias(bias: Tensor, scales: Tensor) -> Tensor:
    """Reals of the bias as whole numbers of `scales`; gradients pass unchanged."""
    return bias + ((bias / scales).round() * scales - bias).detach()


def best_range(x: Tensor) -> tuple[float, int]:
    """Scale and zero point for values like these, with the least mean square error of those tried.

    Zero is among the values that can be held exactly.
    """
    flat = x.detach().flatten()
    if flat.numel() > _LOOKED_AT:
        flat = flat[:: flat.numel() // _LOOKED_AT]
    low, high = min(0.0, float(flat.min())), max(0.0, float(flat.max()))
    if high - low < 1e-6:
        high = low + 1.0
    best = (float("inf"), 1.0, 0)
    for shrink in _SHRINKS:
        scale = (high - low) * shrink / (HIGH - LOW)
        zero = max(LOW, min(HIGH, round(LOW - low * shrink / scale)))
        held = torch.fake_quantize_per_tensor_affine(flat, scale, zero, LOW, HIGH)
        best = min(best, (float(((held - flat) ** 2).mean()), scale, zero))
    return best[1], best[2]
