"""What may be searched for: shapes, splits, entry points, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tinycompile.errors import UsageError
from tinycompile.search.data import Data, load_data

Array = npt.NDArray[Any]


def images(count: int = 240, shape: tuple[int, ...] = (1, 6, 5), classes: int = 3) -> tuple[Array, Array]:
    x = np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8)
    return x, np.arange(count) % classes


def saved(path: Path, **arrays: Array) -> str:
    np.savez(path / "data.npz", **arrays)
    return str(path / "data.npz")


class Pairs:
    """A torch Dataset as far as it matters."""

    def __init__(self, x: Array, y: Array) -> None:
        self.x, self.y = x, y

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, index: int) -> tuple[Array, Any]:
        return self.x[index], self.y[index]


def one_dataset() -> Pairs:
    return Pairs(*images())


def two_datasets() -> tuple[Pairs, Pairs]:
    return Pairs(*images()), Pairs(*images(60))


def no_dataset() -> int:
    return 3


def identities(data: Data) -> list[bytes]:
    parts = (data.train, data.validation, data.test)
    return [row.tobytes() for part in parts for row in part.x]


def test_one_array_is_split_in_three(tmp_path: Path) -> None:
    x, y = images()
    data = load_data(saved(tmp_path, x=x, y=y), seed=1)
    assert data.shape == (1, 6, 5) and data.classes == 3
    assert len(data.train) + len(data.validation) + len(data.test) == 240
    assert sorted(identities(data)) == sorted(row.tobytes() for row in x)
    for part in (data.train, data.validation, data.test):
        counts = np.bincount(part.y)
        assert counts.max() - counts.min() <= 1


def test_the_split_goes_by_the_seed(tmp_path: Path) -> None:
    x, y = images(360)
    path = saved(tmp_path, x=x, y=y)
    first, again, other = (load_data(path, seed) for seed in (1, 1, 2))
    assert identities(first) == identities(again) != identities(other)
    assert first.digest == again.digest != other.digest


def test_a_test_part_is_kept_as_it_is(tmp_path: Path) -> None:
    x, y = images(300)
    path = saved(tmp_path, x_train=x[:240], y_train=y[:240], x_test=x[240:], y_test=y[240:])
    data = load_data(path, seed=0, held_out=0.2)
    assert np.array_equal(data.test.x, x[240:]) and np.array_equal(data.test.y, y[240:])
    assert (len(data.train), len(data.validation)) == (192, 48)


def test_channels_last_and_no_channels(tmp_path: Path) -> None:
    x, y = images(240, (8, 9, 3))
    data = load_data(saved(tmp_path, x=x, y=y), 0)
    assert data.shape == (3, 8, 9)
    planes = {row.tobytes() for row in np.ascontiguousarray(x.transpose(0, 3, 1, 2))}
    assert set(identities(data)) == planes
    assert load_data(saved(tmp_path, x=x[..., 0], y=y), 0).shape == (1, 8, 9)


@pytest.mark.parametrize(("name", "tested"), [("one_dataset", 48), ("two_datasets", 60)])
def test_an_entry_point(name: str, tested: int) -> None:
    data = load_data(f"tests.search.test_data:{name}", 0, held_out=0.2)
    assert len(data.test) == tested and data.shape == (1, 6, 5)


def refused(code: str, source: str) -> str:
    with pytest.raises(UsageError, match=code) as found:
        load_data(source, 0)
    assert found.value.diagnostics[0].hint
    return found.value.diagnostics[0].message


@pytest.mark.parametrize("name", ["no_dataset", "missing", "images"])
def test_bad_entry_points(name: str) -> None:
    refused("TC833", f"tests.search.test_data:{name}")


def test_no_module() -> None:
    assert "no_such_module" in refused("TC833", "no_such_module:make")


@pytest.mark.parametrize(
    "change",
    [
        lambda x, y: {"x": x.reshape(len(x), -1), "y": y},
        lambda x, y: {"x": x, "y": y[:-1]},
        lambda x, y: {"x": x.astype(np.int32), "y": y},
        lambda x, y: {"x": x.astype(str), "y": y},
        lambda x, y: {"images": x, "y": y},
        lambda x, y: {"x_train": x, "y_train": y, "x_test": x[..., :4], "y_test": y},
        lambda x, y: {"x": x[:, :, :0], "y": y},
    ],
    ids=["flat", "labels", "int32", "text", "names", "test", "empty"],
)
def test_wrong_shapes(change: Any, tmp_path: Path) -> None:
    refused("TC830", saved(tmp_path, **change(*images())))


def test_too_few(tmp_path: Path) -> None:
    x, y = images()
    assert "for comparing candidates" in refused("TC831", saved(tmp_path, x=x[:100], y=y[:100]))
    assert "two classes" in refused("TC831", saved(tmp_path, x=x, y=np.zeros(len(x), int)))


def test_labels_out_of_range(tmp_path: Path) -> None:
    x, y = images()
    refused("TC832", saved(tmp_path, x=x, y=y - 1))
    gaps = refused("TC832", saved(tmp_path, x=x, y=np.where(y == 2, 4, y)))
    assert gaps.endswith("labels go up to 4, but no sample to train on has 2, 3")
    refused("TC832", saved(tmp_path, x=x, y=y + 0.5))
    refused("TC832", saved(tmp_path, x_train=x, y_train=y, x_test=x, y_test=y + 1))


def test_not_a_number(tmp_path: Path) -> None:
    x, y = images()
    reals = x.astype(np.float64)
    reals[3, 0, 0, 0], reals[9, 0, 1, 1] = np.nan, np.inf
    assert refused("TC322", saved(tmp_path, x=reals, y=y)).startswith("2 of 240")


def test_no_file(tmp_path: Path) -> None:
    refused("TC321", str(tmp_path / "none.npz"))
