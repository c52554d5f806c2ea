"""The trainers of a study: one set of weights for all candidates, or each by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from torch import Tensor

from tinycompile.search.encoding import encoding_of
from tinycompile.search.network import Network
from tinycompile.search.plans import TrainingPlan
from tinycompile.search.recipe import Progress, Recipe
from tinycompile.search.space import Space, Task
from tinycompile.search.trainer import Trained
from tinycompile.search.training import not_shared
from tinycompile.search.training.batches import Batches, Labelled
from tinycompile.search.training.device import Device
from tinycompile.search.training.fit import Teacher, accuracy, fit
from tinycompile.search.training.loop import load_trained, silent
from tinycompile.search.training.proxies import PROXIES
from tinycompile.search.training.qat import quantise
from tinycompile.search.training.store import NetworkModule
from tinycompile.search.training.supernet import Supernet, at_size
from tinycompile.search.training.teacher import teacher_network

_PROXIED = 64
TRAIN, HELD = "train", "held"


class TrainEachTrainer:
    """Trains every candidate from the beginning, for a short time.

    Implements `search.trainer.Trainer`.
    """

    def __init__(
        self,
        space: Space,
        task: Task,
        train: Labelled,
        validation: Labelled,
        plan: TrainingPlan,
        *,
        device: str = "auto",
        seed: int = 0,
        folder: Path | None = None,
        proxy: str = "naswot",
        progress: Progress = silent,
        pool: Callable[[], Sequence[Network]] = tuple,
        shared: Path | None = None,
        refit: bool = False,
    ) -> None:
        """Samples are copied to the device at the first use.

        Args:
            train, validation: to train on; to compare candidates with.
            plan: the recipes.
            device: `auto`, `cpu`, `cuda` or `cuda:N`.
            folder: where checkpoints go; None keeps none.
            proxy: a name of `PROXIES`.
            pool: draws the networks that shared weights are trained for, by ascending multiply-accumulates;
                without any, all of the space.
            refit: train to the end on all samples, those to compare candidates with as well.
            shared: checkpoints of another search, whose supernet and teacher are taken instead of new ones.

        Raises:
            UsageError: TC823.
        """
        self.space, self.task, self.plan, self.seed, self.folder = space, task, plan, seed, folder
        self.device = Device.named(device)
        self.encoding = encoding_of(train.x)
        self.progress = progress
        self._pool, self._others = pool, shared
        self._parts = {TRAIN: train, HELD: validation}
        self._refit = refit
        self._proxy = PROXIES[proxy]
        self._batches: dict[tuple[str, tuple[int, ...]], Batches] = {}
        self._teacher: NetworkModule | None = None

    def prepare(self) -> None:
        """Nothing is shared."""

    def score(self, network: Network) -> float:
        """Accuracy after the short recipe."""
        return self.alone(network)

    def alone(self, network: Network) -> float:
        """Accuracy after the short recipe."""
        module = self._new(network)
        self._fit(module, network, self._data(TRAIN, network), self.plan.short, "candidate", None)
        return accuracy(module, self._data(HELD, network), self.device)

    def proxy(self, network: Network) -> float:
        """The zero-cost proxy, on a batch of training samples."""
        data = self._data(TRAIN, network)
        x, y = data.reals(data.x[:_PROXIED]), data.y[:_PROXIED]
        return self._proxy(network, x, y, self.seed)

    def finish(self, network: Network) -> Trained:
        """Train with the final recipe, then quantise.

        Raises:
            UsageError: TC822.
        """
        module = self.trained(network)
        train, held = self._last(network), self._data(HELD, network)
        integers = quantise(
            module,
            self.encoding,
            train,
            self.plan.quantised.within(network.activations, len(train)),
            self.device,
            self.seed,
            teacher=self.lead(),
            progress=self.progress,
            checkpoint=self._file(f"{network.digest}.int8.pt"),
        )
        real = accuracy(module, held, self.device)
        return Trained(real, integers.export(), accuracy(integers, held, self.device))

    def _last(self, network: Network) -> Batches:
        """What is left to learn from once the candidates are compared."""
        train = self._data(TRAIN, network)
        return train.with_(self._data(HELD, network)) if self._refit else train

    def trained(self, network: Network) -> NetworkModule:
        """The network after the final recipe, in float.

        Raises:
            UsageError: TC822.
        """
        module = self._start(network)
        data, file = self._last(network), f"{network.digest}.pt"
        self._fit(module, network, data, self.plan.final, "train", file, self.lead())
        return module

    def _fit(
        self,
        module: NetworkModule,
        network: Network,
        data: Batches,
        recipe: Recipe,
        phase: str,
        file: str | None,
        teacher: Teacher | None = None,
    ) -> None:
        fit(
            module, data, recipe.within(network.activations, len(data)), self.device, self.seed,
            teacher=teacher, phase=phase, progress=self.progress, checkpoint=self._file(file),
        )  # fmt: skip

    def _new(self, network: Network) -> NetworkModule:
        return self.device.place(NetworkModule(network, self.seed))

    def _start(self, network: Network) -> NetworkModule:
        """What the final recipe starts from."""
        return self._new(network)

    def _data(self, part: str, network: Network) -> Batches:
        size = (network.input[1], network.input[2])
        if (part, size) not in self._batches:
            data = Batches.of(self._parts[part], self.encoding, self.device, size)
            self._batches[part, size] = data
        return self._batches[part, size]

    def _file(self, name: str | None) -> Path | None:
        if self.folder is None or name is None:
            return None
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / name

    def lead(self) -> Teacher | None:
        """The teacher of all networks, trained at its first use; None where the plan has none."""
        if self.plan.teacher is None:
            return None
        if self._teacher is None:
            large = teacher_network(self.task, self.plan.teacher_width)
            self._teacher = self._new(large)
            known = None if self._others is None else self._others / "teacher.pt"
            if known is not None and known.is_file():
                load_trained(self._teacher, known, self.device.device)
                self._teacher.eval()
            else:
                data = self._last(large)
                self._fit(self._teacher, large, data, self.plan.teacher, "teacher", "teacher.pt")
        return _at(self._teacher, self.task.shape[1:])


def _at(teacher: NetworkModule, size: Sequence[int]) -> Teacher:
    def scores(x: Tensor) -> Tensor:
        found: Tensor = teacher(at_size(x, tuple(size)))
        return found

    return scores


class OneShotTrainer(TrainEachTrainer):
    """Trains one supernet; candidates are slices of it.

    Implements `search.trainer.Trainer`.
    """

    _supernet: Supernet | None = None

    @property
    def supernet(self) -> Supernet:
        """The shared weights, trained or read from their checkpoint.

        Raises:
            UsageError: TC821, TC822.
        """
        if self._supernet is None:
            found = Supernet.of(self.space, self.task, self.seed, self._pool())
            self.device.place(found.shared)
            if self._others is None:
                data = self._data(TRAIN, found.largest)
                found.train(
                    data, self.plan.shared.within(found.activations, len(data)), self.device, self.seed,
                    progress=self.progress, checkpoint=self._file("supernet.pt"),
                )  # fmt: skip
            else:
                self._borrow(found, self._others / "supernet.pt")
            self._supernet = found
        return self._supernet

    def _borrow(self, supernet: Supernet, path: Path) -> None:
        """Take trained weights; those of a run that is not at its end are as good as they are.

        Raises:
            UsageError: TC821, there are none, or those of another space.
        """
        try:
            load_trained(supernet.shared, path, self.device.device)
        except FileNotFoundError as error:
            raise not_shared(f"there are no shared weights in '{path}'", str(path)) from error
        except RuntimeError as error:
            message = f"the weights in '{path}' are those of another space, scale or kind of sample"
            raise not_shared(message, str(path)) from error

    def prepare(self) -> None:
        """Train the supernet.

        Raises:
            UsageError: TC821, TC822.
        """
        _ = self.supernet

    def score(self, network: Network) -> float:
        """Accuracy of the subnet, its normalisations taken anew."""
        return accuracy(self._start(network), self._data(HELD, network), self.device)

    def _start(self, network: Network) -> NetworkModule:
        return self.supernet.subnet(network, self._data(TRAIN, network), self.device, self.plan.statistics)
