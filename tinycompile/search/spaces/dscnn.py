"""Depthwise separable networks for audio (spectrograms) and motion (series of one dimension)."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.search.builder import NetworkBuilder, rounded
from tinycompile.search.layers import Pair
from tinycompile.search.network import Network
from tinycompile.search.space import Choice, Point, Space, Task
from tinycompile.search.spaces.scaling import number, whole


@dataclass(frozen=True)
class DSCNN(Space):
    """A strided convolution, pairs of depthwise and 1x1 convolutions, and a classifier.

    Zhang et al.: Hello Edge, 2017. Samples are (features, time, 1) for series and (1, time, frequency) for
    spectrograms; kernels and strides of a series reach along time only.

    Attributes:
        channels: of all layers at width 1.
        stems: choices for the kernel of the first convolution along time.
        kernels: choices of each depthwise convolution.
        depths: choices for the number of pairs.
        downsamplings: choices for how many of the pairs have stride 2, in descending order; the first do.
        layer_widths: choices for the channels of one layer, as multiples.
        widths: choices for the whole network.
    """

    name = "dscnn"
    channels: int = 64
    stems: tuple[int, ...] = (4, 6, 10)
    kernels: tuple[int, ...] = (3, 5, 7)
    depths: tuple[int, ...] = (2, 3, 4, 5)
    downsamplings: tuple[int, ...] = (2, 1, 0)
    layer_widths: tuple[float, ...] = (0.5, 0.75, 1.0)
    widths: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0)

    def choices(self) -> tuple[Choice, ...]:
        found = [
            Choice("width", self.widths),
            Choice("stem.kernel", self.stems),
            Choice("stem.width", self.layer_widths),
            Choice("downsampling", self.downsamplings),
            Choice("depth", self.depths),
        ]
        for layer in range(max(self.depths)):
            found.append(Choice(f"layer{layer}.kernel", self.kernels))
            found.append(Choice(f"layer{layer}.width", self.layer_widths))
        return tuple(found)

    def network(self, point: Point, task: Task) -> Network:
        n = NetworkBuilder(task.shape)
        width = self.channels * number(point["width"])
        kernel = _stem_kernel(task, whole(point["stem.kernel"]))
        x = n.conv("stem", n.input, rounded(width * number(point["stem.width"])), kernel, 2)
        for layer in range(whole(point["depth"])):
            stride = 2 if layer < whole(point["downsampling"]) else 1
            x = n.depthwise(f"layer{layer}.depthwise", x, whole(point[f"layer{layer}.kernel"]), stride)
            channels = rounded(width * number(point[f"layer{layer}.width"]))
            x = n.conv(f"layer{layer}.pointwise", x, channels, 1)
        return n.classifier(x, task.classes)


def _stem_kernel(task: Task, along: int) -> Pair:
    """The kernel in time by at most four in frequency, inside the sample."""
    _, height, width = task.shape
    return min(along, height), min(4, width)
