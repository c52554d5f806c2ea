"""A large network of plain convolutions, to learn from."""

from __future__ import annotations

from tinycompile.search.builder import NetworkBuilder
from tinycompile.search.layers import Activation
from tinycompile.search.network import Network
from tinycompile.search.space import Task
from tinycompile.search.spaces.scaling import halvings, strides


def teacher_network(task: Task, width: int) -> Network:
    """A wide residual network (Zagoruyko, Komodakis 2016): three stages of two blocks of `width`, 2
    and 4 times as many channels; about eight rows are left at its end."""
    n = NetworkBuilder(task.shape)
    halved = halvings(task.shape)
    at_stem = halved >= 3
    x = n.conv("stem", n.input, width, 3, 2 if at_stem else 1)
    for stage, stride in enumerate(strides(halved - at_stem, 3)):
        for block in range(2):
            name, channels = f"stage{stage}.block{block}", width << stage
            y = n.conv(f"{name}.first", x, channels, 3, 1 if block else stride)
            y = n.conv(f"{name}.second", y, channels, 3, 1, Activation.NONE)
            if n.shapes[x] != n.shapes[y]:
                x = n.conv(f"{name}.shortcut", x, channels, 1, 1 if block else stride, Activation.NONE)
            x = n.add(f"{name}.add", x, y, Activation.RELU)
    return n.classifier(x, task.classes)
