"""The layers a candidate network is made of; shapes are (channels, height, width) of one sample."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

#: (channels, height, width)
Shape = tuple[int, int, int]
#: (vertical, horizontal)
Pair = tuple[int, int]


class Activation(StrEnum):
    """What follows the sum of a layer, inside the same kernel."""

    NONE = "none"
    RELU = "relu"
    RELU6 = "relu6"
    HARD_SIGMOID = "hard_sigmoid"


class PoolKind(StrEnum):
    """How a window becomes one value."""

    MAX = "max"
    MEAN = "mean"


@dataclass(frozen=True)
class Layer(ABC):
    """One operator; its result is the value of its name.

    Attributes:
        name: names the result and, in a supernet, the weights.
        inputs: values it reads.
    """

    kind: ClassVar[str] = ""
    arity: ClassVar[int] = 1
    name: str
    inputs: tuple[str, ...]

    @abstractmethod
    def infer(self, inputs: Sequence[Shape]) -> Shape:
        """Shape of the result.

        Raises:
            ValueError: the layer cannot read these shapes; the text says why.
        """

    def weight_shape(self, inputs: Sequence[Shape]) -> tuple[int, ...] | None:
        """Shape of the weights, output channels first; None where there are none."""
        return None

    def macs(self, inputs: Sequence[Shape]) -> int:
        """Multiply-accumulates of one inference."""
        return 0


@dataclass(frozen=True)
class Conv(Layer):
    """A convolution padded such that stride 1 keeps the size: (k - 1) // 2 before, k // 2 behind.

    Attributes:
        groups: 1, or any divisor of both channel counts; the number of channels makes it depthwise.
        norm: a batch normalisation follows while training; deployed, it is folded into weights and bias.
    """

    kind: ClassVar[str] = "conv"
    channels: int
    kernel: Pair = (3, 3)
    stride: Pair = (1, 1)
    groups: int = 1
    activation: Activation = Activation.NONE
    norm: bool = True

    @property
    def pads(self) -> tuple[int, int, int, int]:
        """(top, left, bottom, right), as ONNX orders them."""
        (kh, kw) = self.kernel
        return (kh - 1) // 2, (kw - 1) // 2, kh // 2, kw // 2

    def infer(self, inputs: Sequence[Shape]) -> Shape:
        channels, height, width = inputs[0]
        if min(self.channels, self.groups, *self.kernel, *self.stride) < 1:
            raise ValueError("channels, groups, kernel and stride must be positive")
        if channels % self.groups or self.channels % self.groups:
            raise ValueError(f"{self.groups} groups do not divide {channels} and {self.channels} channels")
        return self.channels, -(-height // self.stride[0]), -(-width // self.stride[1])

    def weight_shape(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        return self.channels, inputs[0][0] // self.groups, *self.kernel

    def macs(self, inputs: Sequence[Shape]) -> int:
        _, height, width = self.infer(inputs)
        return math.prod(self.weight_shape(inputs)) * height * width


@dataclass(frozen=True)
class Dense(Layer):
    """A fully connected layer over all elements, read channel by channel at each place."""

    kind: ClassVar[str] = "dense"
    units: int
    activation: Activation = Activation.NONE

    def infer(self, inputs: Sequence[Shape]) -> Shape:
        if self.units < 1:
            raise ValueError("the number of units must be positive")
        return self.units, 1, 1

    def weight_shape(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        return self.units, math.prod(inputs[0])

    def macs(self, inputs: Sequence[Shape]) -> int:
        return self.units * math.prod(inputs[0])


@dataclass(frozen=True)
class Add(Layer):
    """The sum of two values of one shape."""

    kind: ClassVar[str] = "add"
    arity: ClassVar[int] = 2
    activation: Activation = Activation.NONE

    def infer(self, inputs: Sequence[Shape]) -> Shape:
        if inputs[0] != inputs[1]:
            raise ValueError(f"the operands have shapes {inputs[0]} and {inputs[1]}")
        return inputs[0]


@dataclass(frozen=True)
class Multiply(Layer):
    """A value times a gate of one number per channel, which is the second operand."""

    kind: ClassVar[str] = "multiply"
    arity: ClassVar[int] = 2

    def infer(self, inputs: Sequence[Shape]) -> Shape:
        if inputs[1] != (inputs[0][0], 1, 1):
            raise ValueError(f"a gate for {inputs[0]} has shape {(inputs[0][0], 1, 1)}, not {inputs[1]}")
        return inputs[0]


@dataclass(frozen=True)
class Pool(Layer):
    """Pooling without padding; rows and columns that fill no window are left out."""

    kind: ClassVar[str] = "pool"
    method: PoolKind = PoolKind.MAX
    kernel: Pair = (2, 2)
    stride: Pair = (2, 2)

    def infer(self, inputs: Sequence[Shape]) -> Shape:
        channels, height, width = inputs[0]
        if height < self.kernel[0] or width < self.kernel[1]:
            raise ValueError(f"a window of {self.kernel} does not fit into {height}x{width}")
        rows = (height - self.kernel[0]) // self.stride[0] + 1
        return channels, rows, (width - self.kernel[1]) // self.stride[1] + 1


@dataclass(frozen=True)
class GlobalPool(Layer):
    """The mean of every channel."""

    kind: ClassVar[str] = "global_pool"

    def infer(self, inputs: Sequence[Shape]) -> Shape:
        return inputs[0][0], 1, 1


#: kind -> class, for reading networks back
LAYERS: dict[str, type[Layer]] = {cls.kind: cls for cls in (Conv, Dense, Add, Multiply, Pool, GlobalPool)}
