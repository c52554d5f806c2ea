"""CIFAR-10 within the budgets of MLPerf Tiny's ResNet8, in stages that can be interrupted.

    python -m benchmarks.cifar_search OUT --minutes 9     again and again, until it says that all is trained
    python -m benchmarks.cifar_search OUT --finish        where a C compiler and the test images are

The first command needs a GPU, the second does not. Every call goes on where the one before was stopped; OUT
may be moved to another machine between them. `OUT/stages.json` says where each stage ran, and for how long.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinycompile.cli.console import working
from tinycompile.report.text import grouped, percent
from tinycompile.search.context import Job, set_up
from tinycompile.search.record import FILE, Record
from tinycompile.search.run import Place, finish, job_of, search
from tinycompile.search.settings import Plans, Settings, Strategy
from tinycompile.search.spaces import MCUNet
from tinycompile.search.training.factory import make_trainer

if TYPE_CHECKING:
    from tinycompile.search.training.trainer import TrainEachTrainer

DATA = "benchmarks.cifar:cifar10"
SPACE = "benchmarks.cifar_search:Shrunk"
BOARD = "nucleo-f446re"
#: Those of MLPerf Tiny's ResNet8: RAM of its usual plan, int8 weights, multiply-accumulates.
RAM, WEIGHTS, MACS = 16 << 10, 78 << 10, 12_500_000
#: The largest network of the front.
FRONT_RAM = 64 << 10
SHARED, STAGES = "shared", "stages.json"
#: Exit status of a call that was out of time before all stages were done.
UNFINISHED = 3


@dataclass(frozen=True)
class Shrunk(MCUNet):
    """The space of all stages but one: images may be made smaller, because without streams no network of
    this kind takes them whole in 16 KB."""

    resolutions: tuple[float, ...] = (0.75, 1.0)


@dataclass(frozen=True)
class Stage:
    """A part of the work.

    Attributes:
        settings: of its search.
        final: factor on the epochs of the last training of each network.
    """

    name: str
    title: str
    settings: Settings
    final: float = 1.0


@dataclass(frozen=True)
class Scale:
    """How much of everything: less of it for trying things out.

    Attributes:
        effort: factor on all epochs.
        trials: candidates of each search.
        winners: networks of the front that are trained to the end.
        workers: processes.
    """

    data: str = DATA
    effort: float = 1.0
    trials: int = 300
    winners: int = 6
    workers: int = 8
    device: str = "auto"


def stages(scale: Scale) -> Iterator[Stage]:
    """All stages in the order in which they need each other: supernet and teacher first, all have them."""
    base = Settings(
        board=BOARD, data=scale.data, space=SPACE, ram=RAM, macs=MACS, weights=WEIGHTS, tested=0.0,
        scale=False, trials=scale.trials, effort=scale.effort,
    )  # fmt: skip
    wide = replace(base, ram=FRONT_RAM, winners=scale.winners, ranked=0)
    yield Stage(SHARED, "supernet and teacher", wide)
    yield Stage("winner", "joint search", base)
    single = replace(base, space="resnet8", strategy=Strategy.TRAIN_EACH, trials=1, ranked=0)
    # Only trained: ResNet8 is over the RAM that the search keeps to, unless its plan is a stream.
    yield Stage("resnet8", "ResNet8, same recipe", replace(single, ram=FRONT_RAM, weights=None, macs=None))
    yield Stage("whole", "whole tensors only", replace(base, plans=Plans.WHOLE, ranked=0))
    yield Stage("front", "front of 4 to 64 KB", wide, final=0.4)


def stage_trainer(final: float, job: Job) -> TrainEachTrainer:
    """The trainer of a search, its last training shortened or lengthened."""
    return make_trainer(job, final=final)


def run_stage(stage: Stage, folder: Path, scale: Scale) -> None:
    """Do one stage, or what is left of it."""
    target, shared = folder / stage.name, folder / SHARED
    make = partial(stage_trainer, stage.final)
    with working(timed=True) as work:
        if stage.name == SHARED:
            target.mkdir(parents=True, exist_ok=True)
            prepared = set_up(stage.settings, notify=work)
            trainer = make(job_of(prepared, Place(target, device=scale.device), work))
            trainer.prepare()
            trainer.lead()
            return
        workers = 1 if stage.settings.trials == 1 else scale.workers
        place = Place(target, workers=workers, device=scale.device, shared=shared)
        search(stage.settings, place, make, work, resume=True)


def advance(folder: Path, scale: Scale, seconds: float) -> bool:
    """Run stages for so long, each in a process of its own; whether all are done."""
    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + seconds
    for stage in stages(scale):
        state = _state(folder)
        if state.get(stage.name, {}).get("done"):
            continue
        left = until - time.monotonic()
        if left <= 0:
            return False
        started = time.monotonic()
        done = _limited(["--stage", stage.name, *_arguments(scale), str(folder)], left)
        _note(folder, stage.name, done, time.monotonic() - started, scale.device)
        print(f"{stage.name}: {'done' if done else 'to be continued'}", flush=True)
        if not done:
            return False
    return True


def _limited(arguments: Sequence[str], seconds: float) -> bool:
    """Whether a process of this module came to its end in time; it is stopped with all its workers if not."""
    command = [sys.executable, "-m", "benchmarks.cifar_search", *arguments]
    process = subprocess.Popen(command, start_new_session=True)
    try:
        status = process.wait(seconds)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False
    if status:
        raise SystemExit(status)
    return True


def _arguments(scale: Scale) -> list[str]:
    return [part for name, value in asdict(scale).items() for part in (f"--{name}", str(value))]


def _state(folder: Path) -> dict[str, Any]:
    path = folder / STAGES
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def _note(folder: Path, name: str, done: bool, seconds: float, device: str) -> None:
    """Add a run to what is known of a stage."""
    state = _state(folder)
    before = state.get(name, {"seconds": 0.0, "runs": 0})
    total, runs = round(before["seconds"] + seconds, 1), before["runs"] + 1
    state[name] = {"done": done, "seconds": total, "runs": runs, "device": _device(device)}
    staged = folder / f".{STAGES}.new"
    staged.write_text(json.dumps(state, indent=1) + "\n")
    staged.replace(folder / STAGES)


def _device(name: str) -> str:
    import torch

    if name == "cpu" or not torch.cuda.is_available():
        return "CPU"
    return str(torch.cuda.get_device_name())


def proven(folder: Path, scale: Scale) -> Iterator[tuple[Stage, Record]]:
    """Compile and prove what the stages have trained; what was proven before is not done again."""
    for stage in stages(scale):
        target = folder / stage.name
        if stage.name == SHARED or not (target / FILE).is_file():
            continue
        record = Record.load(target)
        if any(w.proven is None for w in record.winners):
            with working(timed=True) as work:
                record = finish(target, work, data=scale.data)
        yield stage, record


def report(folder: Path, scale: Scale) -> str:
    """The table of all networks, and the time of all stages."""
    rows, ranks = [], []
    for stage, record in proven(folder, scale):
        rows += [_row(stage, winner.proven) for winner in record.winners if winner.proven is not None]
        ranking = record.found.get("ranking")
        if ranking and ranking["candidates"]:
            ranks.append(f"{stage.name}: rank correlation {ranking['spearman']} on {ranking['candidates']}")
    head = ("network", "test %", "images", "RAM", "flash", "MACs", "cycles", "plan")
    lines = [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]
    times = [
        f"{name}: {found['seconds']:,.0f} s on {found['device']}, in {found['runs']} runs"
        for name, found in _state(folder).items()
    ]
    return "\n".join([*lines, "", *times, *ranks])


def _row(stage: Stage, found: Mapping[str, Any]) -> tuple[str, ...]:
    cost = found["cost"]
    accuracy = percent(found["accuracy"]).removesuffix(" %")
    numbers = (grouped(cost[name]) for name in ("ram", "flash", "macs", "cycles"))
    return (stage.title, accuracy, grouped(found["samples"]), *numbers, cost["plan"])


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="CIFAR-10 within the budgets of ResNet8")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--finish", action="store_true")
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    for name, value in asdict(Scale()).items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    given = parser.parse_args()
    scale = Scale(**{name: getattr(given, name) for name in asdict(Scale())})
    if given.stage:
        (stage,) = (s for s in stages(scale) if s.name == given.stage)
        run_stage(stage, given.folder, scale)
        return 0
    if given.finish:
        print(report(given.folder, scale))
        return 0
    done = advance(given.folder, scale, 60 * given.minutes)
    print("all is trained" if done else "call it again")
    return 0 if done else UNFINISHED


if __name__ == "__main__":
    sys.exit(main())
