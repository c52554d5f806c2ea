"""Tasks of every kind that the spaces are for, and points of them."""

from __future__ import annotations

from hypothesis import strategies as st

from tinycompile.search import Network, Space, Task, get_space
from tinycompile.search.spaces import MCUNet

IMAGES = Task((3, 32, 32), 10)
GREY = Task((1, 8, 8), 10)
LARGE = Task((3, 96, 112), 2)
SPECTROGRAM = Task((1, 49, 10), 12)
MOTION = Task((6, 128, 1), 5)

#: Spaces with tasks that they are made for.
PAIRS: tuple[tuple[Space, Task], ...] = (
    (get_space("mcunet"), IMAGES),
    (get_space("mcunet"), GREY),
    (MCUNet(excite=True, resolutions=(0.5, 0.75, 1.0)), LARGE),
    (get_space("resnet"), IMAGES),
    (get_space("resnet"), GREY),
    (get_space("dscnn"), SPECTROGRAM),
    (get_space("dscnn"), MOTION),
)


@st.composite
def networks(draw: st.DrawFn) -> tuple[Space, Task, Network]:
    """A point of one of the spaces."""
    space, task = draw(st.sampled_from(PAIRS))
    point = {choice.name: draw(st.sampled_from(choice.values)) for choice in space.choices()}
    return space, task, space.network(point, task)
