"""Where training runs and in which precision."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import nn

from tinycompile.errors import Diagnostic, UsageError
from tinycompile.search.training import TC_DEVICE
from tinycompile.search.training.memory import keep_freed_memory

Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True)
class Device:
    """A device as training uses it.

    Attributes:
        mixed: compute layers in bfloat16; weights, statistics and losses stay float32.
        channels_last: how samples and weights lie in memory.
    """

    device: torch.device
    mixed: bool
    channels_last: bool = True

    @staticmethod
    def named(name: str, threads: int = 1) -> Device:
        """`auto`, `cpu`, `cuda` or `cuda:N`; GPUs with bfloat16 use it.

        Args:
            threads: of this process on the CPU. Networks of this size are too small to share a layer
                between cores that have other work as well; more processes use more cores.

        Raises:
            UsageError: TC823.
        """
        there = torch.cuda.is_available()
        chosen = ("cuda" if there else "cpu") if name == "auto" else name
        try:
            device = torch.device(chosen)
        except RuntimeError as error:
            raise UsageError(
                Diagnostic(TC_DEVICE, f"'{name}' is no device", (name,), "auto, cpu, cuda")
            ) from error
        if device.type not in ("cpu", "cuda") or (device.type == "cuda" and not there):
            raise UsageError(Diagnostic(TC_DEVICE, f"PyTorch cannot use '{name}' here", (name,), "use cpu"))
        torch.set_num_threads(threads)
        if device.type == "cpu":
            keep_freed_memory()
        return Device(device, device.type == "cuda" and torch.cuda.is_bf16_supported())

    @property
    def layout(self) -> torch.memory_format:
        """The memory format of samples and weights."""
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def place(self, module: Module) -> Module:
        """The module, its weights moved to the device in this layout."""
        placed: Module = module.to(self.device, memory_format=self.layout)
        return placed

    def precision(self) -> AbstractContextManager[Any]:
        """Within it, layers run in bfloat16 where that pays."""
        if not self.mixed:
            return nullcontext()
        context: AbstractContextManager[Any] = torch.autocast(self.device.type, torch.bfloat16)
        return context

    def exact(self) -> AbstractContextManager[Any]:
        """Within it, float32 is float32: no shortened mantissas in convolutions."""
        context: AbstractContextManager[Any] = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
        return context
