"""Writes networks layer by layer, for spaces."""

from __future__ import annotations

from tinycompile.search.layers import (
    Activation,
    Add,
    Conv,
    Dense,
    GlobalPool,
    Layer,
    Multiply,
    Pair,
    Pool,
    PoolKind,
    Shape,
)
from tinycompile.search.network import INPUT, Network


def rounded(channels: float, divisor: int = 4) -> int:
    """The multiple of `divisor` nearest to `channels`, at least `divisor`, and never under 90 % of it."""
    nearest = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * channels else nearest


class NetworkBuilder:
    """Collects layers; methods take and give names of values, and keep track of shapes.

    Every layer is given a name, because networks of a space share weights by name: the same name must
    stand for the same place of the network at every point of the space.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.layers: list[Layer] = []
        self.shapes: dict[str, Shape] = {INPUT: shape}

    @property
    def input(self) -> str:
        """The network's input."""
        return INPUT

    def append(self, layer: Layer) -> str:
        """Add a layer; its name.

        Raises:
            ValueError: it cannot read these shapes.
        """
        self.shapes[layer.name] = layer.infer([self.shapes[name] for name in layer.inputs])
        self.layers.append(layer)
        return layer.name

    def channels(self, x: str) -> int:
        """Channels of a value."""
        return self.shapes[x][0]

    def conv(
        self,
        name: str,
        x: str,
        channels: int,
        kernel: int | Pair = 3,
        stride: int | Pair = 1,
        activation: Activation = Activation.RELU,
        *,
        norm: bool = True,
    ) -> str:
        """A convolution with batch normalisation and an activation."""
        window, step = self._window(kernel), self._window(stride)
        return self.append(Conv(name, (x,), channels, window, step, 1, activation, norm))

    def depthwise(
        self,
        name: str,
        x: str,
        kernel: int | Pair = 3,
        stride: int | Pair = 1,
        activation: Activation = Activation.RELU,
    ) -> str:
        """A convolution of every channel by itself."""
        channels = self.channels(x)
        window, step = self._window(kernel), self._window(stride)
        return self.append(Conv(name, (x,), channels, window, step, channels, activation))

    def add(self, name: str, x: str, y: str, activation: Activation = Activation.NONE) -> str:
        """x + y."""
        return self.append(Add(name, (x, y), activation))

    def pool(self, name: str, x: str, method: PoolKind = PoolKind.MAX, size: int | Pair = 2) -> str:
        """Windows side by side."""
        window = self._window(size)
        return self.append(Pool(name, (x,), method, window, window))

    def global_pool(self, name: str, x: str) -> str:
        """The mean of every channel."""
        return self.append(GlobalPool(name, (x,)))

    def squeeze_excite(self, name: str, x: str, channels: int) -> str:
        """x times a gate per channel that is computed from its means through `channels` units.

        Hu, Shen, Sun: Squeeze-and-Excitation Networks, CVPR 2018; with the gate of MobileNetV3.
        """
        mean = self.global_pool(f"{name}.squeeze", x)
        inner = self.conv(f"{name}.reduce", mean, channels, 1, norm=False)
        gate = self.conv(
            f"{name}.gate", inner, self.channels(x), 1, activation=Activation.HARD_SIGMOID, norm=False
        )
        return self.append(Multiply(f"{name}.scale", (x, gate)))

    def dense(self, name: str, x: str, units: int, activation: Activation = Activation.NONE) -> str:
        """A fully connected layer."""
        return self.append(Dense(name, (x,), units, activation))

    def classifier(self, x: str, classes: int) -> Network:
        """Ends the network with the mean of every channel and a fully connected layer `classes`."""
        self.dense("classes", self.global_pool("mean", x), classes)
        return self.build()

    def build(self) -> Network:
        """The network.

        Raises:
            ModelError: TC810.
        """
        return Network(self.shape, tuple(self.layers))

    def _window(self, size: int | Pair) -> Pair:
        """Square in two dimensions; upright where the input has one column."""
        if isinstance(size, tuple):
            return size
        return (size, 1) if self.shape[2] == 1 else (size, size)
