"""Inverted residuals of searched kernel, expansion, depth and width, as in MCUNet."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.search.builder import NetworkBuilder, rounded
from tinycompile.search.layers import Activation
from tinycompile.search.network import Network
from tinycompile.search.space import Choice, Point, Space, Task
from tinycompile.search.spaces.scaling import halvings, number, scaled_input, strides, whole


@dataclass(frozen=True)
class MCUNet(Space):
    """A stem, stages of inverted residual blocks, and a classifier.

    Lin et al.: MCUNet, NeurIPS 2020; blocks of Sandler et al.: MobileNetV2, CVPR 2018. The stem halves the
    resolution of inputs of 96 and more; stages halve it until about eight rows are left.

    Attributes:
        stem: channels of the first convolution.
        stages: channels of the stages at width 1.
        depths: choices for the number of blocks of a stage.
        kernels, expansions: choices of each block.
        first_expansions: choices for the expansion in the first stage; 1 leaves the 1x1 convolution out.
        heads: choices for a last 1x1 convolution, as multiples of the channels before it; 0 leaves it out.
        stage_widths: choices for the channels of one stage, as multiples.
        widths, resolutions: choices for the whole network.
        excite: let every block choose whether it has squeeze-excite.
    """

    name = "mcunet"
    stem: int = 16
    stages: tuple[int, ...] = (16, 24, 40, 64)
    depths: tuple[int, ...] = (1, 2, 3)
    kernels: tuple[int, ...] = (3, 5, 7)
    expansions: tuple[int, ...] = (3, 4, 6)
    first_expansions: tuple[int, ...] = (1, 3, 4)
    heads: tuple[float, ...] = (0.0, 1.0, 2.0)
    stage_widths: tuple[float, ...] = (0.5, 0.75, 1.0)
    widths: tuple[float, ...] = (0.5, 0.75, 1.0)
    resolutions: tuple[float, ...] = (1.0,)
    excite: bool = False

    def choices(self) -> tuple[Choice, ...]:
        found = [Choice("width", self.widths), Choice("resolution", self.resolutions)]
        found += [Choice("stem.width", self.stage_widths), Choice("head", self.heads)]
        for stage in range(len(self.stages)):
            found.append(Choice(f"stage{stage}.depth", self.depths))
            found.append(Choice(f"stage{stage}.width", self.stage_widths))
            for block in range(max(self.depths)):
                place = f"stage{stage}.block{block}"
                found.append(Choice(f"{place}.kernel", self.kernels))
                found.append(Choice(f"{place}.expand", self.expansions if stage else self.first_expansions))
                if self.excite:
                    found.append(Choice(f"{place}.excite", (False, True)))
        return tuple(found)

    def network(self, point: Point, task: Task) -> Network:
        shape = scaled_input(task, number(point["resolution"]))
        width, halved = number(point["width"]), halvings(task.shape)
        at_stem = halved >= 4
        n = NetworkBuilder(shape)
        channels = rounded(self.stem * width * number(point["stem.width"]))
        x = n.conv("stem", n.input, channels, 3, 2 if at_stem else 1, Activation.RELU6)
        for stage, stride in enumerate(strides(halved - at_stem, len(self.stages))):
            channels = rounded(self.stages[stage] * width * number(point[f"stage{stage}.width"]))
            for block in range(whole(point[f"stage{stage}.depth"])):
                x = self._block(
                    n, x, f"stage{stage}.block{block}", channels, stride if not block else 1, point
                )
        if point["head"]:
            wide = rounded(n.channels(x) * number(point["head"]))
            x = n.conv("head", x, wide, 1, 1, Activation.RELU6)
        return n.classifier(x, task.classes)

    def _block(self, n: NetworkBuilder, x: str, name: str, channels: int, stride: int, point: Point) -> str:
        """1x1 to more channels, depthwise, 1x1 back; the input is added where shapes allow."""
        expansion = whole(point[f"{name}.expand"])
        wide = n.channels(x) * expansion
        y = x if expansion == 1 else n.conv(f"{name}.expand", x, wide, 1, 1, Activation.RELU6)
        y = n.depthwise(f"{name}.depthwise", y, whole(point[f"{name}.kernel"]), stride, Activation.RELU6)
        if self.excite and point[f"{name}.excite"]:
            y = n.squeeze_excite(f"{name}.excite", y, rounded(wide / 8))
        y = n.conv(f"{name}.project", y, channels, 1, 1, Activation.NONE)
        return n.add(f"{name}.add", x, y) if n.shapes[x] == n.shapes[y] else y
