"""Training in float: it learns, it repeats itself, and it goes on where it was interrupted."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from tests.search.training.conftest import Samples  # noqa: E402
from tinycompile.errors import ToolchainError, UsageError  # noqa: E402
from tinycompile.search import Network, NetworkBuilder, training  # noqa: E402
from tinycompile.search.encoding import encoding_of  # noqa: E402
from tinycompile.search.recipe import Augment, Recipe  # noqa: E402
from tinycompile.search.training.batches import Batches  # noqa: E402
from tinycompile.search.training.device import Device  # noqa: E402
from tinycompile.search.training.fit import accuracy, calibrate, fit  # noqa: E402
from tinycompile.search.training.optimise import share_at  # noqa: E402
from tinycompile.search.training.store import NetworkModule  # noqa: E402

CPU = Device.named("cpu")
RECIPE = Recipe(5, 32, 0.1, average=0.9, smoothing=0.1, augment=Augment((1, 1)))


def network() -> Network:
    n = NetworkBuilder((1, 8, 8))
    return n.classifier(n.depthwise("b", n.conv("a", n.input, 8, 3, 2)), 4)


def flat() -> Network:
    """Reads all places, as corners are told apart by their place."""
    n = NetworkBuilder((1, 8, 8))
    n.dense("c", n.conv("b", n.conv("a", n.input, 8, 3, 2), 8, 3, 2), 4)
    return n.build()


def data(samples: Samples) -> Batches:
    return Batches.of(samples, encoding_of(samples.x), CPU, (8, 8))


def trained(samples: Samples, recipe: Recipe = RECIPE, **options: object) -> NetworkModule:
    module = NetworkModule(flat(), seed=0)
    fit(module, data(samples), recipe, CPU, 5, **options)  # type: ignore[arg-type]
    return module


def weights(module: NetworkModule) -> list[np.ndarray]:
    return [v.numpy() for v in module.state_dict().values()]


def same(a: NetworkModule, b: NetworkModule) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(weights(a), weights(b), strict=True))


@pytest.mark.parametrize(
    "recipe",
    [
        RECIPE,
        replace(RECIPE, optimiser="adamw", rate=0.01, average=0.0),
        replace(RECIPE, schedule="one-cycle", clip=1.0, augment=Augment(mixup=0.2)),
    ],
    ids=["sgd", "adamw", "one-cycle"],
)
def test_training_learns(train: Samples, held_out: Samples, recipe: Recipe) -> None:
    module = trained(train, recipe)
    assert accuracy(module, data(held_out), CPU) > 0.95


def test_a_seed_gives_the_same_weights_again(train: Samples) -> None:
    assert same(trained(train), trained(train))


def test_an_interrupted_run_ends_as_one_that_was_not(
    train: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinycompile.search.training.loop._SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr("tinycompile.search.training.loop._ROUND", 4)
    file = tmp_path / "weights.pt"

    def interrupt(phase: str, done: int, total: int, figures: object) -> None:
        if done >= 24:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(train, checkpoint=file, progress=interrupt)
    seen: list[int] = []
    resumed = trained(train, checkpoint=file, progress=lambda p, done, t, f: seen.append(done))
    assert seen[0] == 28  # what was done is stored before it is told
    assert seen[-1] == 40
    assert same(resumed, trained(train))
    assert same(trained(train, checkpoint=file), resumed)  # nothing left to do


def test_a_teacher_leads(train: Samples, held_out: Samples) -> None:
    module = trained(train)
    module.eval()
    wrong = replace(RECIPE, distil=1.0)

    def turned(x: torch.Tensor) -> torch.Tensor:
        """A teacher that takes every class for the next one."""
        return module(x).roll(1, 1) * 5

    student = trained(train, wrong, teacher=turned)
    shifted = Samples(held_out.x, (held_out.y + 1) % 4)
    assert accuracy(student, data(shifted), CPU) > 0.95


def test_calibration_finds_the_statistics_of_the_samples(train: Samples) -> None:
    module, batches = NetworkModule(network(), seed=0), data(train)
    before = copy.deepcopy(module)
    calibrate(module, batches, CPU, samples=256, batch=64)
    x = batches.reals(batches.x)
    with torch.no_grad():
        sums = torch.nn.functional.conv2d(x, before.layer("a").weight, stride=2, padding=1)
    assert torch.allclose(module.layer("a").mean, sums.mean((0, 2, 3)), atol=1e-4)
    assert torch.allclose(module.layer("a").variance, sums.var((0, 2, 3)), rtol=0.05)
    assert torch.equal(module.layer("a").weight, before.layer("a").weight)


def test_diverged_training_is_reported(train: Samples) -> None:
    with pytest.raises(UsageError, match=r"TC822.*'train'"):
        trained(train, replace(RECIPE, rate=1e30, average=0.0))


def test_schedules_begin_and_end_low() -> None:
    for schedule in ("cosine", "one-cycle"):
        rates = [share_at(schedule, 0.1, i / 200) for i in range(201)]  # type: ignore[arg-type]
        assert rates[0] < 0.05
        assert rates[-1] == pytest.approx(0, abs=1e-9)
        assert max(rates) == pytest.approx(1, abs=1e-3)


def test_unknown_devices_are_refused() -> None:
    for name in ("tpu9", "mps"):
        with pytest.raises(UsageError, match="TC823"):
            Device.named(name)


def test_missing_torch_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    training.require_torch()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolchainError, match=r"TC820.*\n.*tinycompile\[search\]"):
        training.require_torch()
