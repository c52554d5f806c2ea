"""Samples on the device, and what augmentation does to them."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from tests.search.training.conftest import Samples, blobs  # noqa: E402
from tinycompile.search.encoding import encoding_of  # noqa: E402
from tinycompile.search.recipe import Augment  # noqa: E402
from tinycompile.search.training.batches import Batches  # noqa: E402
from tinycompile.search.training.device import Device  # noqa: E402

CPU = Device.named("cpu")


def batches(data: Samples, size: tuple[int, int] | None = None) -> Batches:
    return Batches.of(data, encoding_of(data.x), CPU, size or (data.x.shape[2], data.x.shape[3]))


def test_an_epoch_has_every_sample_once(train: Samples) -> None:
    data = batches(train)
    seen = torch.cat([x for x, _, _ in data.shuffled(64, Augment(), 3)])
    expected = data.reals(data.x)
    assert len(seen) == 256
    assert torch.equal(seen.flatten(1).sort(0).values, expected.flatten(1).sort(0).values)
    assert not torch.equal(seen, expected)


def test_the_seed_decides(train: Samples) -> None:
    augment = Augment((2, 2), flip=True, cutout=3, mixup=0.3, rotate=10, zoom=0.1, noise=0.1, colour=0.1)
    one, same, other = (next(iter(batches(train).shuffled(32, augment, seed))) for seed in (7, 7, 8))
    assert torch.equal(one[0], same[0])
    assert one[2] is not None and same[2] is not None and torch.equal(one[2], same[2])
    assert not torch.equal(one[0], other[0])


def test_shifts_and_mirrors_move_and_blank() -> None:
    x = np.zeros((200, 1, 5, 5), np.uint8)
    x[:, 0, 2, 1] = 100
    data = batches(Samples(x, np.zeros(200, np.int64)))
    moved = torch.cat([b for b, _, _ in data.shuffled(200, Augment((1, 1), flip=True), 0)])
    places = {tuple(p.tolist()) for p in (moved[:, 0] > 0).nonzero()[:, 1:]}
    assert places == {(row, column) for row in (1, 2, 3) for column in (0, 1, 2, 3, 4)}
    assert ((moved > 0).sum((1, 2, 3)) == 1).all()
    assert (moved[moved <= 0] == 0).all()  # the background is the zero point


def test_cutout_blanks_a_square() -> None:
    x = np.random.default_rng(0).integers(120, 140, (64, 2, 16, 16)).astype(np.uint8)
    data = batches(Samples(x, np.zeros(64, np.int64)))
    cut = torch.cat([b for b, _, _ in data.shuffled(64, Augment(cutout=4), 1)])
    plain = torch.cat([b for b, _, _ in data.shuffled(64, Augment(), 1)])
    changed = (cut != plain).any(1)
    assert (cut[(cut != plain)] == 0).all()
    assert changed.flatten(1).sum(1).max() <= 16
    assert changed.flatten(1).sum(1).float().mean() > 8


def test_mixed_pairs_carry_both_labels(train: Samples) -> None:
    data = batches(train)
    plain = next(iter(data.shuffled(16, Augment(), 5)))
    mixed, labels, share = next(iter(data.shuffled(16, Augment(mixup=1.0), 5)))
    assert plain[2] is None and share is not None and 0 < share < 1
    assert torch.equal(labels[:, 1], plain[1][:, 0].flip(0))
    assert torch.allclose(mixed, share * plain[0] + (1 - share) * plain[0].flip(0), atol=1e-6)


def test_colours_change_by_channel() -> None:
    x = np.random.default_rng(1).integers(0, 255, (32, 3, 8, 8)).astype(np.uint8)
    data = batches(Samples(x, np.zeros(32, np.int64)))
    plain = next(iter(data.shuffled(32, Augment(), 1)))[0].flatten(2)
    other = next(iter(data.shuffled(32, Augment(colour=0.2), 1)))[0].flatten(2)
    contrast = other.std(2) / plain.std(2)
    level = other.mean(2) - contrast * plain.mean(2)
    for change in (contrast - 1, level):
        assert 0.15 < change.abs().max() <= 0.2 + 1e-5
        assert change.std(1).min() > 1e-3  # not the same for the channels of a sample
    assert torch.allclose(other, plain * contrast[:, :, None] + level[:, :, None], atol=1e-4)


def test_a_turn_moves_what_is_right_of_the_middle() -> None:
    x = np.zeros((50, 1, 9, 9), np.uint8)
    x[:, 0, 4, 7] = 200
    data = batches(Samples(x, np.zeros(50, np.int64)))
    turned = next(iter(data.shuffled(50, Augment(rotate=45), 2)))[0][:, 0]
    weight = turned / turned.sum((1, 2), keepdim=True)
    rows = (weight.sum(2) * torch.arange(9)).sum(1) - 4
    columns = (weight.sum(1) * torch.arange(9)).sum(1) - 4
    assert torch.allclose(rows**2 + columns**2, torch.tensor(9.0), atol=1.0)  # as far from the middle
    assert rows.min() < -1
    assert rows.max() > 1


def test_fewer_samples_than_a_batch_are_one_batch() -> None:
    data = batches(blobs(10, 0))
    assert [len(y) for _, y, _ in data.shuffled(64, Augment(), 0)] == [10]


def test_other_sizes_are_resampled(train: Samples) -> None:
    data = batches(train, (4, 4))
    assert data.x.shape == (256, 1, 4, 4)
