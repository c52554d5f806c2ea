"""CIFAR-10 within the budgets of MLPerf Tiny's ResNet8, in stages that can be interrupted.

    python -m benchmarks.cifar_search OUT --minutes 9     again and again, until it says that all is trained
    python -m benchmarks.cifar_search OUT --finish        where a C compiler and the test images are

The first command needs a GPU, the second does not. Every call goes on where the one before was stopped; OUT
may be moved to another machine between them. `OUT/stages.json` says where each stage ran, and for how long.
Stages that do not need each other run at once. Their networks are too small to fill a large GPU, so they
share it best with CUDA MPS (`nvidia-cuda-mps-control -d` before the first call).
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
from tinycompile.search.candidate import Figure
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
SUPERNET, TEACHER = "supernet", "teacher"
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
        first: makes what all others take their weights from, or follow.
    """

    name: str
    title: str
    settings: Settings
    final: float = 1.0
    first: bool = False


@dataclass(frozen=True)
class Scale:
    """How much of everything: less of it for trying things out.

    Attributes:
        effort: factor on all epochs.
        trials: candidates of each search.
        winners: networks of the front that are trained to the end.
        finalists: candidates of the other searches that are trained briefly by themselves.
        workers: processes of each search.
    """

    data: str = DATA
    effort: float = 1.0
    trials: int = 240
    winners: int = 5
    finalists: int = 6
    workers: int = 5
    device: str = "auto"


def stages(scale: Scale) -> Iterator[Stage]:
    """All stages, those that the others need first."""
    base = Settings(
        board=BOARD, data=scale.data, space=SPACE, ram=RAM, macs=MACS, weights=WEIGHTS, tested=0.0,
        recompute=0.0, minimise=(), scale=False, trials=scale.trials, effort=scale.effort, ranked=0,
        finalists=scale.finalists, refit=True,
    )  # fmt: skip
    wide = replace(
        base, ram=FRONT_RAM, minimise=(Figure.RAM,), winners=scale.winners, ranked=6, finalists=0
    )  # fmt: skip
    yield Stage(SUPERNET, "shared weights", wide, first=True)
    yield Stage(TEACHER, "teacher", wide, first=True)
    yield Stage("winner", "joint search", base)
    single = replace(base, space="resnet8", strategy=Strategy.TRAIN_EACH, trials=1, finalists=0)
    # Only trained: ResNet8 is over the RAM that the search keeps to, unless its plan is a stream.
    yield Stage("resnet8", "ResNet8, same recipe", replace(single, ram=FRONT_RAM, weights=None, macs=None))
    yield Stage("whole", "whole tensors only", replace(base, plans=Plans.WHOLE))
    yield Stage("front", "front of 4 to 64 KB", wide, final=0.25)


def stage_trainer(final: float, job: Job) -> TrainEachTrainer:
    """The trainer of a search, its last training shortened or lengthened."""
    return make_trainer(job, final=final)


def run_stage(stage: Stage, folder: Path, scale: Scale) -> None:
    """Do one stage, or what is left of it."""
    target, shared = folder / stage.name, folder / SHARED
    make = partial(stage_trainer, stage.final)
    with working(timed=True) as work:
        if stage.first:
            prepared = set_up(stage.settings, notify=work)
            trainer = make(job_of(prepared, Place(shared, device=scale.device), work))
            if stage.name == SUPERNET:
                trainer.prepare()
            else:
                trainer.lead()
            return
        workers = 1 if stage.settings.trials == 1 else scale.workers
        place = Place(target, workers=workers, device=scale.device, shared=shared)
        search(stage.settings, place, make, work, resume=True)


def advance(folder: Path, scale: Scale, seconds: float, only: Sequence[str] = ()) -> bool:
    """Run all stages, or only some, for so long, each in a process of its own; whether they are done."""
    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + seconds
    for first in (True, False):
        state = _state(folder)
        wanted = [s for s in stages(scale) if s.first is first and (not only or s.name in only)]
        left = [s for s in wanted if not state.get(s.name, {}).get("done")]
        if left and not _together(left, folder, scale, until):
            return False
    return True


def _together(left: Sequence[Stage], folder: Path, scale: Scale, until: float) -> bool:
    """Run stages at once; whether all came to their end in time. Those that did not are stopped.

    Raises:
        SystemExit: one of them failed.
    """
    command = [sys.executable, "-m", "benchmarks.cifar_search", *_arguments(scale), str(folder), "--stage"]
    started = time.monotonic()
    running = {s.name: subprocess.Popen([*command, s.name], start_new_session=True) for s in left}
    try:
        while running and time.monotonic() < until:
            time.sleep(0.2)
            for name in [n for n, process in running.items() if process.poll() is not None]:
                status = running.pop(name).returncode
                _note(folder, name, status == 0, time.monotonic() - started, scale.device)
                print(f"{name}: {'done' if status == 0 else f'failed with {status}'}", flush=True)
                if status:
                    raise SystemExit(status)
    finally:
        for name, process in running.items():
            os.killpg(process.pid, signal.SIGKILL)  # with all its workers
            process.wait()
            _note(folder, name, False, time.monotonic() - started, scale.device)
            print(f"{name}: to be continued", flush=True)
    return not running


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
        if stage.first or not (target / FILE).is_file():
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
    times.append(f"in all {_wall(folder, scale):,.0f} s")
    return "\n".join([*lines, "", *times, *ranks])


def _wall(folder: Path, scale: Scale) -> float:
    """Seconds from the first beginning to the last end, pauses between calls left out."""
    state = _state(folder)
    return sum(
        max(state[s.name]["seconds"] for s in stages(scale) if s.first is first and s.name in state)
        for first in (True, False)
    )


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
    parser.add_argument("--only", default="", help="stages to run, with commas between")
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
    only = tuple(filter(None, given.only.split(",")))
    done = advance(given.folder, scale, 60 * given.minutes, only)
    print(("all of these are done" if only else "all is trained") if done else "call it again")
    return 0 if done else UNFINISHED


if __name__ == "__main__":
    sys.exit(main())
