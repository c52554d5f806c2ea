"""`search.json`: what was asked, what was found, what was proven; and the folder that it lies in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.search.candidate import Candidate, Cost, pareto
from tinycompile.search.context import Search
from tinycompile.search.describe import architecture
from tinycompile.search.settings import Settings
from tinycompile.search.space import Value
from tinycompile.search.trials import Proxy, Ranking
from tinycompile.version import __version__

TC_FOLDER = declare(
    "TC845",
    "The folder of a search",
    "-o names a folder that is new or empty; with --resume, one in which a search was interrupted; with "
    "--finish, one whose search has trained its networks.",
)

FILE, STUDY, CHECKPOINTS, PAGE = "search.json", "study.db", "checkpoints", "pareto.html"


@dataclass(frozen=True)
class Winner:
    """A network that was trained to the end.

    Attributes:
        number: of its trial.
        model, folder: the ONNX file and the folder for its C, below that of the search.
        ram: bytes that its plan may take; None where nothing limits it.
        real: accuracy in float on the held-out samples, on which it was trained as well where settings say
            `refit`; quantised: in int8, simulated while training.
        proven: what `Finisher.finish` found; None before.
    """

    number: int
    point: Mapping[str, Value]
    architecture: str
    cost: Cost
    promised: float
    model: str
    folder: str
    ram: int | None
    real: float
    quantised: float
    proven: Mapping[str, Any] | None = None

    def object(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "cost": self.cost.object()}

    @staticmethod
    def read(found: Mapping[str, Any]) -> Winner:
        """What `object` wrote."""
        return Winner(**{**found, "cost": Cost.read(found["cost"])})


@dataclass(frozen=True)
class Record:
    """The state of a search on disk.

    Attributes:
        scale: width and resolution, where sampling decided them; None before.
        found: figures of the search for people and tools, as `findings` makes them.
    """

    settings: Settings
    scale: Mapping[str, Value] | None = None
    found: Mapping[str, Any] = field(default_factory=dict)
    winners: tuple[Winner, ...] = ()

    def object(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "tinycompile": __version__,
            "settings": self.settings.object(),
            "scale": None if self.scale is None else dict(self.scale),
            **self.found,
            "winners": [w.object() for w in self.winners],
        }

    def save(self, folder: Path) -> None:
        """Write `search.json` whole or not at all."""
        staged = folder / f".{FILE}.new"
        staged.write_text(json.dumps(self.object(), indent=1) + "\n", encoding="utf-8")
        os.replace(staged, folder / FILE)

    @staticmethod
    def load(folder: Path) -> Record:
        """The record of a folder.

        Raises:
            UsageError: TC845, there is none that can be read.
        """
        try:
            found = json.loads((folder / FILE).read_text(encoding="utf-8"))
            settings = Settings.read(found["settings"])
            winners = tuple(map(Winner.read, found["winners"]))
            rest = {
                k: v for k, v in found.items() if k not in ("tinycompile", "settings", "scale", "winners")
            }
            return Record(settings, found["scale"], rest, winners)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise folder_error(
                f"'{folder}' holds no {FILE} of a search", folder, "start one with -o"
            ) from error


def folder_error(message: str, folder: Path, hint: str) -> UsageError:
    """The error for a folder that cannot be used."""
    return UsageError(Diagnostic(TC_FOLDER, message, (str(folder),), hint))


def open_folder(folder: Path, settings: Settings, resume: bool) -> Record:
    """The record of a folder that is resumed, or a new one; nothing is written yet.

    Raises:
        UsageError: TC845, it holds something else.
    """
    if resume and (folder / FILE).exists():
        found = Record.load(folder)
        if found.settings.identity() != settings.identity():
            mine, theirs = settings.identity(), found.settings.identity()
            names = ", ".join(sorted(k for k in mine if mine[k] != theirs.get(k)))
            message = f"'{folder}' holds a search with other options: {names}"
            raise folder_error(message, folder, "repeat its options, or choose another -o")
        return Record(settings, found.scale, found.found, found.winners)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        hint = (
            "go on with --resume, or choose another -o" if (folder / FILE).exists() else "choose another -o"
        )
        raise folder_error(f"'{folder}' exists and is not empty", folder, hint)
    return Record(settings)


def begin_folder(folder: Path, record: Record) -> None:
    """Make the folder where there is none, and write the record.

    Raises:
        UsageError: TC845, it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        record.save(folder)
    except OSError as error:
        raise folder_error(
            f"'{folder}' cannot be written: {error.strerror}", folder, "choose another -o"
        ) from error


def findings(
    search: Search,
    candidates: Sequence[Candidate],
    refused: int,
    proxy: Proxy | None,
    ranking: Ranking | None,
    seconds: Mapping[str, float],
) -> dict[str, Any]:
    """What the trials showed, as plain JSON values; candidates in the order of their trials."""
    settings = search.settings
    front = pareto(candidates, settings.minimise)
    on_front = {c.number for c in front}
    budgets = search.budgets
    return {
        "board": search.board.name,
        "data": {
            "source": search.data.source,
            "digest": search.data.digest,
            "shape": list(search.data.shape),
            "classes": search.data.classes,
            "samples": [len(p) for p in (search.data.train, search.data.validation, search.data.test)],
        },
        "budgets": {"ram": budgets.ram, "flash": budgets.flash, "cycles": budgets.cycles},
        "explanation": None if search.explanation is None else search.explanation.object(),
        "trials": len(candidates) + refused,
        "refused": refused,
        "verdicts": {v.value: n for v, n in search.gate.counts.items()},
        "proxy": None if proxy is None else asdict(proxy),
        "ranking": None if ranking is None else asdict(ranking),
        "seconds": dict(seconds),
        "front": [c.number for c in front],
        "candidates": [
            {
                "number": c.number,
                "accuracy": c.accuracy,
                "cost": c.cost.object(),
                "front": c.number in on_front,
                "architecture": architecture(search.space, c.point, search.task),
                "point": dict(c.point),
                "proxy": c.proxy,
                "alone": c.alone,
                "seconds": c.seconds,
            }
            for c in candidates
        ],
    }
