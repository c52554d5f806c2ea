"""Residual networks of basic blocks."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.search.builder import NetworkBuilder, rounded
from tinycompile.search.layers import Activation
from tinycompile.search.network import Network
from tinycompile.search.space import Choice, Point, Space, Task
from tinycompile.search.spaces.scaling import halvings, number, scaled_input, strides, whole


@dataclass(frozen=True)
class ResNet(Space):
    """A stem, stages of two 3x3 convolutions with a shortcut, and a classifier.

    He et al.: Deep Residual Learning for Image Recognition, CVPR 2016. A shortcut that changes its shape is
    a 1x1 convolution. With one block of 16, 32 and 64 channels a stage it is the network of MLPerf Tiny.

    Attributes:
        stages: channels of the stages at width 1; the stem has those of the first.
        depths: choices for the number of blocks of a stage.
        stage_widths: choices for the channels of one stage, as multiples.
        inner_widths: choices for the channels between the two convolutions of a block, as multiples.
        widths, resolutions: choices for the whole network.
    """

    name = "resnet"
    stages: tuple[int, ...] = (16, 32, 64)
    depths: tuple[int, ...] = (1, 2, 3)
    stage_widths: tuple[float, ...] = (0.5, 0.75, 1.0)
    inner_widths: tuple[float, ...] = (0.5, 1.0)
    widths: tuple[float, ...] = (0.5, 0.75, 1.0)
    resolutions: tuple[float, ...] = (1.0,)

    def choices(self) -> tuple[Choice, ...]:
        found = [Choice("width", self.widths), Choice("resolution", self.resolutions)]
        for stage in range(len(self.stages)):
            found.append(Choice(f"stage{stage}.depth", self.depths))
            found.append(Choice(f"stage{stage}.width", self.stage_widths))
            found += [
                Choice(f"stage{stage}.block{block}.inner", self.inner_widths)
                for block in range(max(self.depths))
            ]
        return tuple(found)

    def network(self, point: Point, task: Task) -> Network:
        shape = scaled_input(task, number(point["resolution"]))
        width, halved = number(point["width"]), halvings(task.shape)
        at_stem = halved >= 4
        n = NetworkBuilder(shape)
        stem = rounded(self.stages[0] * width * number(point["stage0.width"]))
        x = n.conv("stem", n.input, stem, 3, 2 if at_stem else 1)
        for stage, stride in enumerate(strides(halved - at_stem, len(self.stages))):
            channels = rounded(self.stages[stage] * width * number(point[f"stage{stage}.width"]))
            for block in range(whole(point[f"stage{stage}.depth"])):
                name = f"stage{stage}.block{block}"
                inner = rounded(channels * number(point[f"{name}.inner"]))
                x = _block(n, x, name, (inner, channels), stride if block == 0 else 1)
        return n.classifier(x, task.classes)


def _block(n: NetworkBuilder, x: str, name: str, channels: tuple[int, int], stride: int) -> str:
    inner, outer = channels
    y = n.conv(f"{name}.first", x, inner, 3, stride)
    y = n.conv(f"{name}.second", y, outer, 3, 1, Activation.NONE)
    if n.shapes[x] != n.shapes[y]:
        x = n.conv(f"{name}.shortcut", x, outer, 1, stride, Activation.NONE)
    return n.add(f"{name}.add", x, y, Activation.RELU)
