"""Spaces: every point is a valid network, and layers have one name at one place."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.search.tasks import GREY, IMAGES, MOTION, PAIRS, SPECTROGRAM, networks
from tinycompile.errors import UsageError
from tinycompile.search import Choice, Conv, Network, Space, Task, get_space, register, rounded, space_names
from tinycompile.search.spaces import MCUNet
from tinycompile.search.spaces.scaling import halvings, strides


@given(networks())
@settings(max_examples=150, deadline=None)
def test_points_are_networks_for_their_task(found: tuple[Space, Task, Network]) -> None:
    _, task, network = found
    assert network.shapes[network.output] == (task.classes, 1, 1)
    assert network.input[0] == task.shape[0]
    assert network.macs > 0
    for layer in network.layers:
        if isinstance(layer, Conv):
            assert layer.channels % 4 == 0
            assert all(
                1 <= k <= max(s + s % 2, 1) + 7 for k, s in zip(layer.kernel, task.shape[1:], strict=True)
            )


@pytest.mark.parametrize(("space", "task"), PAIRS, ids=lambda v: getattr(v, "name", None))
def test_the_ends_of_a_space_are_its_ends(space: Space, task: Task) -> None:
    largest, smallest = space.network(space.largest(), task), space.network(space.smallest(), task)
    rng = random.Random(3)
    for _ in range(100):
        network = space.network(space.sample(rng), task)
        assert smallest.macs <= network.macs <= largest.macs
        assert smallest.parameters <= network.parameters <= largest.parameters
        assert set(network.weighted) <= set(largest.weighted)


def test_resnet8_is_that_of_mlperf_tiny() -> None:
    space = get_space("resnet8")
    assert space.size == 1
    network = space.network(space.largest(), IMAGES)
    assert network.macs == 12_501_632
    assert network.parameters == 77_706


def test_mcunet_has_what_a_point_says() -> None:
    space = MCUNet(excite=True)
    point = space.smallest() | {
        "stage1.depth": 2, "stage1.block1.kernel": 7, "stage1.block1.expand": 6, "stage1.block1.excite": True,
        "width": 1.0, "stage1.width": 1.0,
    }  # fmt: skip
    network = space.network(point, IMAGES)
    layers = {layer.name: layer for layer in network.layers}
    middle = layers["stage1.block1.depthwise"]
    assert isinstance(middle, Conv)
    assert middle.kernel == (7, 7)
    assert middle.channels == middle.groups == 6 * 24
    assert layers["stage1.block1.add"].inputs == ("stage1.block0.project", "stage1.block1.project")
    assert layers["stage1.block1.project"].inputs == ("stage1.block1.excite.scale",)
    assert "stage1.block2.expand" not in layers
    assert "stage0.block0.excite.scale" not in layers


def test_series_have_kernels_along_time_only() -> None:
    space = get_space("dscnn")
    kernels = {
        layer.kernel[1] for layer in space.network(space.largest(), MOTION).layers if isinstance(layer, Conv)
    }
    assert kernels == {1}
    assert space.network(space.largest(), SPECTROGRAM).layers[0] == Conv(
        "stem",
        ("input",),
        64,
        (10, 4),
        (2, 2),
        1,
        space.network(space.largest(), MOTION).layers[0].activation,
    )


@pytest.mark.parametrize(
    ("size", "expected"), [(8, 0), (16, 1), (28, 2), (32, 2), (96, 4), (144, 4), (176, 4), (224, 5)]
)
def test_about_eight_rows_are_left(size: int, expected: int) -> None:
    assert halvings((3, size, size // 2)) == expected


def test_strides_begin_at_the_second_place_where_they_can() -> None:
    assert strides(2, 4) == (1, 2, 2, 1)
    assert strides(4, 4) == (2, 2, 2, 2)
    assert strides(0, 2) == (1, 1)


def test_channels_are_rounded_to_fours_but_not_far_down() -> None:
    assert [rounded(c) for c in (1, 5.9, 6, 9, 13, 18)] == [4, 8, 8, 12, 12, 20]


class Line(Space):
    """A space of one network."""

    name = "line"

    def choices(self) -> tuple[Choice, ...]:
        return (Choice("width", (4, 8)),)

    def network(self, point: object, task: Task) -> Network:
        return Network(task.shape, (Conv("a", ("input",), 4),))


def test_spaces_of_users_are_found_by_name_and_by_module() -> None:
    register("line", Line)
    assert "line" in space_names()
    assert isinstance(get_space("line"), Line)
    assert isinstance(get_space("tests.search.test_spaces:Line"), Space)


@pytest.mark.parametrize(
    "name",
    ["nets", "no_such_module:Nets", "tests.search.test_spaces:Nets", "builtins:dict", "builtins:range"],
)
def test_unknown_spaces_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="TC811"):
        get_space(name)


def test_points_of_other_spaces_are_refused() -> None:
    space = get_space("resnet")
    space.check(space.largest())
    with pytest.raises(UsageError, match=r"TC812.*width is 3"):
        space.check(space.largest() | {"width": 3})
    with pytest.raises(UsageError, match="TC812"):
        space.check({})


def test_choices_need_values_that_differ() -> None:
    with pytest.raises(ValueError, match="each of them once"):
        Choice("width", (1, 1))


def test_the_space_of_the_documentation_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "search-spaces.md").read_text(encoding="utf-8")
    code = text.split("```python\n", 1)[1].split("```", 1)[0]
    assert len(code.splitlines()) <= 40
    (tmp_path / "plain_space.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    space = get_space("plain_space:Plain")
    largest = space.network(space.largest(), GREY)
    assert largest.macs > space.network(space.smallest(), GREY).macs
    assert largest.shapes[largest.output] == (10, 1, 1)
