"""Steps of training that a GPU records once and replays, without the cost of launching each kernel."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor

#: Steps that run as they are: libraries choose algorithms and allocate workspace in them.
_WARM = 3


class Replay:
    """A step whose kernels do not depend on the data, as a CUDA graph.

    Small networks take a GPU less time than it takes to launch their kernels one by one. Gradients must be
    None at the calls up to the one that records; after that each replay overwrites them, so they must be
    left alone.
    """

    def __init__(self, step: Callable[..., Tensor]) -> None:
        """`step` maps tensors of always the same shapes, or None, to the loss, and leaves gradients."""
        self._step = step
        self._calls = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._stream = torch.cuda.Stream()
        self._inputs: tuple[Tensor | None, ...] = ()
        self._loss: Tensor | None = None

    @property
    def recorded(self) -> bool:
        """True once gradients are overwritten by each step."""
        return self._graph is not None

    def __call__(self, *inputs: Tensor | None) -> Tensor:
        """The loss of one step."""
        self._calls += 1
        if self._calls == _WARM + 1:
            self._record(inputs)
        if self._graph is None:
            return self._aside(inputs)
        assert self._loss is not None
        for kept, new in zip(self._inputs, inputs, strict=True):
            if kept is not None and new is not None:
                kept.copy_(new)
        self._graph.replay()
        return self._loss.clone()

    def _aside(self, inputs: tuple[Tensor | None, ...]) -> Tensor:
        """Run on the stream that records later, as recording wants it."""
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            loss = self._step(*inputs).detach()
        torch.cuda.current_stream().wait_stream(self._stream)
        return loss

    def _record(self, inputs: tuple[Tensor | None, ...]) -> None:
        """Leaves steps as they are where they do something that cannot be recorded."""
        self._inputs = tuple(x if x is None else x.clone(memory_format=torch.preserve_format) for x in inputs)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, stream=self._stream):
                self._loss = self._step(*self._inputs).detach()
        except RuntimeError as error:
            warnings.warn(f"this step of training runs kernel by kernel: {error}", RuntimeWarning, 2)
            return
        self._graph = graph
