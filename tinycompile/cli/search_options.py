"""Options of `search`, and how their text is read."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tinycompile.cli.options import TC_OPTION, byte_count
from tinycompile.errors import Diagnostic, UsageError
from tinycompile.search import get_space
from tinycompile.search.candidate import Figure
from tinycompile.search.settings import Plans, Settings, Strategy, fixed_choices

Data = Annotated[
    str | None,
    typer.Option(
        "--data", metavar="F.npz|MODULE:FUNCTION", help="Labelled samples: x and y, see docs/search.md."
    ),
]
SearchFolder = Annotated[Path | None, typer.Option("-o", metavar="DIR", help="Folder for the results.")]
SpaceName = Annotated[
    str,
    typer.Option("--space", metavar="S", help="mcunet, resnet, resnet8, dscnn, or MODULE:CLASS of your own."),
]
HowTrained = Annotated[
    Strategy, typer.Option("--strategy", help="Candidates share one set of weights, or each is trained.")
]
Cycles = Annotated[
    str | None, typer.Option("--cycles", metavar="N", help="Budget of estimated cycles, e.g. 4M.")
]
Macs = Annotated[
    str | None, typer.Option("--macs", metavar="N", help="Most multiply-accumulates, e.g. 12.5M.")
]
WeightBytes = Annotated[
    str | None,
    typer.Option(
        "--weight-bytes", metavar="BYTES", help="Most int8 weights and int32 biases, before packing."
    ),
]
MayPlan = Annotated[
    Plans, typer.Option("--plans", help="What memory plans may have: anything, or whole tensors only.")
]
Minimise = Annotated[
    str,
    typer.Option(
        "--minimise", metavar="F,..", help="Objectives beside accuracy: some of ram, flash, cycles; or none."
    ),
]
Fix = Annotated[
    list[str] | None,
    typer.Option("--fix", metavar="CHOICE=VALUE", help="Decide a choice of the space; repeatable."),
]
DecideScale = Annotated[
    bool,
    typer.Option("--scale/--all-scales", help="Decide width and resolution by sampling before the search."),
]
TestShare = Annotated[
    float,
    typer.Option("--test-share", metavar="F", help="Of the samples, for the test, where the data name none."),
]
Trials = Annotated[int, typer.Option("--trials", metavar="N", help="Candidates to evaluate in all.")]
Population = Annotated[int, typer.Option("--population", metavar="N", help="Candidates of a generation.")]
TimeLimit = Annotated[
    str | None, typer.Option("--time", metavar="T", help="No candidate begins later than this: 90s, 10m, 2h.")
]
Seed = Annotated[int, typer.Option("--seed", metavar="S", help="Repeats a run of one worker on a CPU.")]
Winners = Annotated[
    int, typer.Option("--winners", metavar="N", help="Networks to train to the end, spread over the front.")
]
SharedFrom = Annotated[
    Path | None,
    typer.Option("--shared-from", metavar="DIR", help="Take supernet and teacher of the search in DIR."),
]
CheckRanking = Annotated[
    int,
    typer.Option(
        "--check-ranking", metavar="N", help="With one-shot: candidates to train by themselves beside it."
    ),
]
Effort = Annotated[float, typer.Option("--effort", metavar="F", help="Factor on the epochs of all training.")]
ProxyName = Annotated[
    str, typer.Option("--proxy", metavar="P", help="With train-each: naswot, synflow or grad-norm.")
]
Among = Annotated[
    int,
    typer.Option(
        "--among", metavar="N", help="Candidates that the proxy chooses one of, once it ranks well."
    ),
]
Storage = Annotated[
    str | None,
    typer.Option("--storage", metavar="URL", help="Where the study is kept; DIR/study.db without it."),
]
StudyName = Annotated[
    str | None, typer.Option("--study", metavar="NAME", help="The study's name there; DIR's without it.")
]
Workers = Annotated[int, typer.Option("--workers", metavar="N", min=1, help="Processes on this machine.")]
WorkerNumber = Annotated[
    int,
    typer.Option(
        "--worker", metavar="N", min=0, help="Number of this process among those of other machines."
    ),
]
DeviceName = Annotated[str, typer.Option("--device", metavar="D", help="auto, cpu, cuda or cuda:N.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the search in DIR, or start it.")]
Explain = Annotated[
    bool, typer.Option("--explain", help="Only show what the space offers within the budgets.")
]
Samples = Annotated[int, typer.Option("--samples", metavar="N", min=1, help="Of the space, with --explain.")]
Shape = Annotated[
    str | None, typer.Option("--shape", metavar="CxHxW", help="With --explain and no data: of a sample.")
]
Classes = Annotated[int, typer.Option("--classes", metavar="N", min=2, help="With --explain and no data.")]
Finalists = Annotated[
    int,
    typer.Option(
        "--finalists", metavar="N", help="Choose winners among N candidates, each trained briefly by itself."
    ),
]
Refit = Annotated[
    bool, typer.Option("--refit", help="Train winners also on the samples that candidates are compared with.")
]
TrainOnly = Annotated[
    bool, typer.Option("--train-only", help="Stop at model.onnx; `--finish` compiles, here or elsewhere.")
]
Finish = Annotated[
    bool, typer.Option("--finish", help="Only compile and prove what the search in DIR has trained.")
]

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def settings(given: Mapping[str, Any]) -> Settings:
    """The settings of a search from the verb's parameters by name.

    Raises:
        UsageError: TC706, TC811, TC844.
    """
    recompute = given["recompute"]
    same = ("space", "strategy", "plans", "scale", "trials", "population", "seed", "winners", "effort")
    return Settings(
        board=required(given["board"], "--board"),
        data=given["data"] or "",
        ram=byte_count(given["ram"], "--ram"),
        flash=byte_count(given["flash"], "--flash"),
        cycles=cycle_count(given["cycles"]),
        macs=cycle_count(given["macs"], "--macs"),
        weights=byte_count(given["weight_bytes"], "--weight-bytes"),
        minimise=figures(given["minimise"]),
        optimize=given["optimize"].value,
        input=given["source"],
        recompute=math.inf if recompute is None else recompute / 100,
        tested=given["test_share"],
        fixed=fixed_choices(get_space(given["space"]), pairs(given["fix"])),
        seconds=seconds(given["time"]),
        proxy=given["proxy"],
        ranked=given["check_ranking"],
        among=given["among"],
        finalists=given["finalists"],
        refit=given["refit"],
        **{name: given[name] for name in same},
    )


def seconds(text: str | None) -> float | None:
    """Seconds from `90`, `90s`, `10m` or `2h`.

    Raises:
        UsageError: TC706.
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip().lower())
    if match is None or not float(match.group(1)):
        raise _bad(f"--time '{text}' is no time", text, "write 90s, 10m or 2h")
    return float(match.group(1)) * _SECONDS[match.group(2)]


def cycle_count(text: str | None, option: str = "--cycles") -> int | None:
    """A count from `4000000`, `4000k` or `4M`; thousands are decimal.

    Raises:
        UsageError: TC706.
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmg]?)", text.strip().lower())
    if match is None or not float(match.group(1)):
        raise _bad(f"{option} '{text}' is no count", text, "write 4000000 or 4M")
    return round(float(match.group(1)) * {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}[match.group(2)])


def figures(text: str) -> tuple[Figure, ...]:
    """`ram,cycles` as figures; `none` for none.

    Raises:
        UsageError: TC706.
    """
    names = [] if text.strip() == "none" else [name.strip() for name in text.split(",")]
    if not set(names) <= set(Figure) or len(set(names)) != len(names):
        raise _bad(f"--minimise '{text}' cannot be read", text, "write some of ram,flash,cycles, or none")
    return tuple(Figure(name) for name in names)


def pairs(texts: Sequence[str] | None) -> dict[str, str]:
    """`["width=0.5"]` as a mapping.

    Raises:
        UsageError: TC706.
    """
    found = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise _bad(f"--fix '{text}' cannot be read", text, "write it as CHOICE=VALUE")
        found[name.strip()] = value.strip()
    return found


def sample_shape(text: str) -> tuple[int, int, int]:
    """`3x32x32` as channels, height, width.

    Raises:
        UsageError: TC706.
    """
    match = re.fullmatch(r"(\d{1,4})x(\d{1,5})x(\d{1,5})", text.strip().lower())
    if match is None or "0" in match.groups():
        raise _bad(f"--shape '{text}' cannot be read", text, "write channels x height x width: 3x32x32")
    channels, height, width = (int(g) for g in match.groups())
    return channels, height, width


def required(value: str | None, option: str) -> str:
    """A value that only some uses of the verb need.

    Raises:
        UsageError: TC706.
    """
    if value is None:
        raise _bad(f"{option} is missing", option, f"give {option}")
    return value


def _bad(message: str, origin: str, hint: str) -> UsageError:
    return UsageError(Diagnostic(TC_OPTION, message, (origin,), hint))
