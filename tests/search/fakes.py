"""A small space, data and a trainer without training: quick, and the same on every machine."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinycompile.ir import DType
from tinycompile.search import Choice, Network, NetworkBuilder, Point, Space, Task
from tinycompile.search.context import Job
from tinycompile.search.network_onnx import random_weights
from tinycompile.search.trainer import Trained

#: Environment: seconds that a score takes, so that a test can interrupt it.
SLOW = "TINYCOMPILE_TEST_SCORE_SECONDS"
BOARD = "nucleo-f446re"
SPACE = "tests.search.fakes:Tiny"


class Tiny(Space):
    """One convolution and up to three pairs of depthwise and 1x1; 432 points."""

    name = "tiny"

    def choices(self) -> tuple[Choice, ...]:
        return (
            Choice("channels", (4, 8, 12, 16)),
            Choice("depth", (1, 2, 3)),
            Choice("kernel", (3, 5)),
            Choice("stem", (4, 8, 12)),
            Choice("stride", (2, 1)),
            Choice("last", (8, 16, 24)),
        )

    def network(self, point: Point, task: Task) -> Network:
        n = NetworkBuilder(task.shape)
        x = n.conv("stem", n.input, int(point["stem"]), 3, int(point["stride"]))
        for layer in range(int(point["depth"])):
            x = n.depthwise(f"layer{layer}.depthwise", x, int(point["kernel"]))
            x = n.conv(f"layer{layer}.pointwise", x, int(point["channels"]), 1)
        x = n.conv("last", x, int(point["last"]), 1, 2)
        return n.classifier(x, task.classes)


@dataclass
class FakeTrainer:
    """Larger networks are better, up to a noise that comes from the network itself."""

    job: Job
    prepared: bool = False

    def prepare(self) -> None:
        self.prepared = True
        self.job.folder.mkdir(parents=True, exist_ok=True)
        (self.job.folder / "prepared").touch()

    def score(self, network: Network) -> float:
        time.sleep(float(os.environ.get(SLOW, "0")))
        return 1 - 0.4 / (1 + network.macs / 30_000) - int(network.digest[:4], 16) / 0xFFFF / 50

    def alone(self, network: Network) -> float:
        return self.score(network) - 0.01

    def proxy(self, network: Network) -> float:
        return float(network.macs)

    def finish(self, network: Network) -> Trained:
        dtype = DType.of(self.job.data.train.x.dtype)
        score = self.score(network)
        return Trained(score, random_weights(network, dtype=dtype), score - 0.01)


def make_fake(job: Job) -> FakeTrainer:
    """The trainer of a job."""
    return FakeTrainer(job)


def write_data(path: Path, count: int = 240, size: int = 10, classes: int = 3) -> Path:
    """uint8 images [count, size, size] whose brightness tells the class."""
    rng = np.random.default_rng(4)
    y = np.arange(count) % classes
    x = np.clip(rng.normal(40 + 60 * y[:, None, None], 20, (count, size, size)), 0, 255).astype(np.uint8)
    np.savez(path, x=x, y=y)
    return path


class Silent:
    """Hears of progress; keeps the stages."""

    def __init__(self) -> None:
        self.stages: list[str] = []

    def stage(self, name: str) -> None:
        self.stages.append(name)

    def count(self, done: int, total: int) -> None:
        assert 0 <= done <= total
