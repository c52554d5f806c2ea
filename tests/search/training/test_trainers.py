"""Trainers of a study, on the CPU, in seconds."""

from __future__ import annotations

import math
import platform
import random
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from tests.search.training.conftest import Samples  # noqa: E402
from tinycompile.errors import UsageError  # noqa: E402
from tinycompile.search import Conv, Network, NetworkBuilder, Task  # noqa: E402
from tinycompile.search.plans import TrainingPlan, default_plan  # noqa: E402
from tinycompile.search.recipe import QuantRecipe, Recipe  # noqa: E402
from tinycompile.search.spaces import MCUNet  # noqa: E402
from tinycompile.search.trainer import Trainer  # noqa: E402
from tinycompile.search.training.device import Device  # noqa: E402
from tinycompile.search.training.memory import keep_freed_memory  # noqa: E402
from tinycompile.search.training.proxies import PROXIES  # noqa: E402
from tinycompile.search.training.store import NetworkModule  # noqa: E402
from tinycompile.search.training.supernet import Supernet, _Turns  # noqa: E402
from tinycompile.search.training.trainer import OneShotTrainer, TrainEachTrainer  # noqa: E402

TASK = Task((1, 8, 8), 4)
SPACE = MCUNet(
    stem=8, stages=(8, 12), depths=(1, 2), kernels=(3, 5), expansions=(3, 4), widths=(0.5, 1.0),
    resolutions=(0.5, 1.0),
)  # fmt: skip
PLAN = TrainingPlan(
    shared=Recipe(8, 32, 0.1, clip=5.0),
    short=Recipe(4, 32, 0.1),
    final=Recipe(3, 32, 0.05, distil=0.5),
    quantised=QuantRecipe(2, 32, 0.005, distil=0.5),
    teacher=Recipe(1, 64, 0.05),
    teacher_width=4,
    statistics=128,
)


def networks(count: int) -> list[Network]:
    rng = random.Random(1)
    return [SPACE.network(SPACE.sample(rng), TASK) for _ in range(count)]


def test_subnets_of_a_supernet_are_trained_together(
    train: Samples, held_out: Samples, tmp_path: Path
) -> None:
    phases: list[str] = []
    trainer: Trainer = OneShotTrainer(
        SPACE, TASK, train, held_out, PLAN, device="cpu", folder=tmp_path,
        progress=lambda phase, done, total, figures: phases.append(phase),
    )  # fmt: skip
    trainer.prepare()
    assert phases == ["supernet"] * 8
    scores = [trainer.score(network) for network in networks(4)]
    assert min(scores) > 0.5  # chance is a quarter
    again = OneShotTrainer(SPACE, TASK, train, held_out, PLAN, device="cpu", folder=tmp_path)
    assert [again.score(network) for network in networks(4)] == scores  # from its checkpoint
    finished = trainer.finish(networks(1)[0])
    assert set(phases) == {"supernet", "teacher", "train", "quantise"}
    assert finished.accuracy > 0.9
    assert finished.real > 0.9
    assert finished.quantised.network == networks(1)[0]


def test_refitted_on_all_samples(train: Samples, held_out: Samples) -> None:
    trainer = TrainEachTrainer(SPACE, TASK, train, held_out, PLAN, device="cpu", refit=True)
    network = networks(1)[0]
    seen = trainer._last(network)
    assert len(seen) == len(train.y) + len(held_out.y)
    assert torch.equal(seen.y[len(train.y) :], torch.from_numpy(held_out.y))
    finished = trainer.finish(network)
    assert min(finished.real, finished.accuracy) > 0.9


def test_weights_for_a_pool_of_networks(train: Samples, held_out: Samples) -> None:
    """Layers that none of them has stay as they were; those that they have learn."""
    pool = tuple(sorted((n for n in networks(12) if "stage1.block1.project" not in n.shapes), key=size))
    trainer = OneShotTrainer(SPACE, TASK, train, held_out, PLAN, device="cpu", pool=lambda: pool)
    assert trainer.supernet.trained == pool
    untouched = Supernet.of(SPACE, TASK, 0).shared
    for name in ("stage1.block1.project", "stem"):
        same = torch.equal(trainer.supernet.shared.layer(name).weight, untouched.layer(name).weight)
        assert same == (name != "stem")
    assert min(trainer.score(network) for network in pool) > 0.5


def size(network: Network) -> int:
    return network.macs


def test_steps_take_turns() -> None:
    turns = _Turns(3)
    turns.begin(40)
    drawn = [turns.rng.random() for _ in range(3)]
    assert [turns.next(), turns.next()] == [40, 41]
    turns.begin(40)
    assert turns.next() == 40 and [turns.rng.random() for _ in range(3)] == drawn


def test_weights_of_another_search(train: Samples, held_out: Samples, tmp_path: Path) -> None:
    first = OneShotTrainer(SPACE, TASK, train, held_out, PLAN, device="cpu", folder=tmp_path / "a")
    score = first.score(networks(1)[0])
    first.lead()
    phases: list[str] = []
    second = OneShotTrainer(
        SPACE, TASK, train, held_out, PLAN, device="cpu", folder=tmp_path / "b", shared=tmp_path / "a",
        progress=lambda phase, done, total, figures: phases.append(phase),
    )  # fmt: skip
    second.prepare()
    assert second.score(networks(1)[0]) == score
    second.lead()
    assert phases == []
    other = OneShotTrainer(MCUNet(stem=16), TASK, train, held_out, PLAN, device="cpu", shared=tmp_path / "a")
    with pytest.raises(UsageError, match=r"TC821: the weights in .* are those of another space"):
        other.prepare()
    missing = OneShotTrainer(SPACE, TASK, train, held_out, PLAN, device="cpu", shared=tmp_path / "b")
    with pytest.raises(UsageError, match="TC821: there are no shared weights"):
        missing.prepare()


def test_freed_memory_is_kept() -> None:
    assert keep_freed_memory() == (platform.libc_ver()[0] == "glibc")


def test_bfloat16_trains_all_the_same(train: Samples, held_out: Samples) -> None:
    trainer = OneShotTrainer(SPACE, TASK, train, held_out, PLAN, device="cpu")
    trainer.device = Device(torch.device("cpu"), mixed=True, channels_last=False)
    finished = trainer.finish(networks(1)[0])
    assert finished.real > 0.9
    assert abs(finished.accuracy - finished.real) < 0.05


def test_candidates_are_trained_by_themselves(train: Samples, held_out: Samples) -> None:
    trainer: Trainer = TrainEachTrainer(SPACE, TASK, train, held_out, PLAN, device="cpu", seed=3)
    trainer.prepare()
    network = networks(1)[0]
    assert trainer.score(network) == trainer.score(network) > 0.5


@pytest.mark.parametrize("name", sorted(PROXIES))
def test_proxies_tell_networks_apart(name: str, train: Samples, held_out: Samples) -> None:
    trainer = TrainEachTrainer(SPACE, TASK, train, held_out, PLAN, device="cpu", proxy=name)
    largest, smallest = (SPACE.network(p, TASK) for p in (SPACE.largest(), SPACE.smallest()))
    assert trainer.proxy(largest) == trainer.proxy(largest)
    assert trainer.proxy(largest) != trainer.proxy(smallest)
    if name == "naswot":  # more activations tell more samples apart
        assert trainer.proxy(largest) > trainer.proxy(smallest)


def test_synaptic_flow_counts_every_layer_once() -> None:
    n = NetworkBuilder((2, 5, 5))
    network = n.classifier(n.conv("a", n.input, 4, 3), 3)
    bare = Network(
        (2, 5, 5), tuple(replace(x, norm=False) if isinstance(x, Conv) else x for x in network.layers)
    )
    module = NetworkModule(bare, seed=6).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.abs_()
        through = float(module(torch.ones(1, 2, 5, 5, dtype=torch.float64)).sum())
    # What flows through is linear in the weights of each of the two layers.
    x, y = torch.zeros(1, 2, 5, 5), torch.zeros(1, dtype=torch.int64)
    assert PROXIES["synflow"](network, x, y, 6) == pytest.approx(math.log(2 * through))


@pytest.mark.parametrize("gpu", [False, True])
@pytest.mark.parametrize("samples", [500, 60_000])
def test_default_plans_suit_any_number_of_samples(gpu: bool, samples: int) -> None:
    plan = default_plan(TASK, samples, gpu=gpu)
    assert min(plan.shared.epochs, plan.short.epochs, plan.final.epochs, plan.quantised.epochs) >= 1
    assert plan.scaled(0.01).final.epochs < max(2, plan.final.epochs)
    assert not plan.final.augment.flip
    assert default_plan(Task((3, 32, 32), 10), samples, gpu=gpu).final.augment.flip
