"""Training in PyTorch. This module imports without it; all others in this package need it."""

from __future__ import annotations

import importlib.util

from tinycompile.errors import Diagnostic, ToolchainError, UsageError, declare

TC_TORCH = declare(
    "TC820",
    "PyTorch is missing",
    'Training needs PyTorch: `pip install "tinycompile[search]"`. A build for the CPU is enough.',
)
TC_SHARED = declare(
    "TC821",
    "A network does not share the weights of its space",
    "A supernet holds, for every name of a layer, weights of the largest size found in its space. This "
    "network has a layer of another name or size. Give layers at the same place the same name at every "
    "point, use 1 group or one per channel, and end with a global pool.",
)
TC_DIVERGED = declare(
    "TC822",
    "Training diverged",
    "The loss became infinite or NaN. Try a lower learning rate, and look for outliers in the data.",
)
TC_DEVICE = declare(
    "TC823",
    "The device to train on is not there",
    "--device takes auto, cpu, cuda, or cuda:N. auto takes a GPU when PyTorch finds one.",
)


def require_torch() -> None:
    """Refuse to go on without PyTorch.

    Raises:
        ToolchainError: TC820.
    """
    if importlib.util.find_spec("torch") is None:
        hint = 'pip install "tinycompile[search]"'
        raise ToolchainError(Diagnostic(TC_TORCH, "training needs PyTorch", (), hint))


def not_shared(message: str, name: str) -> UsageError:
    """The error for a network that a supernet cannot run."""
    return UsageError(Diagnostic(TC_SHARED, message, (name,)))
