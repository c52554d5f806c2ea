"""Options that several verbs share, and how their text is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from tinycompile.errors import Diagnostic, UsageError, declare

TC_OPTION = declare(
    "TC706",
    "Bad option value",
    "The value of an option cannot be read; the message shows the form that it takes.",
)

#: Key in the context's `meta`: whether the verb was asked for JSON, for errors too.
JSON_KEY = "tinycompile.json"


class Optimize(StrEnum):
    """Values of --optimize."""

    ram = "ram"
    balanced = "balanced"
    speed = "speed"


class EdgeType(StrEnum):
    """Values of --io."""

    native = "native"
    float32 = "float32"


class Ranges(StrEnum):
    """Values of --ranges."""

    minmax = "minmax"
    percentile = "percentile"
    mse = "mse"


class Where(StrEnum):
    """Values of --on that execute C code."""

    host = "host"
    emulator = "emulator"
    qemu = "qemu"


def _remember(context: typer.Context, value: bool) -> bool:
    context.meta[JSON_KEY] = value
    return value


Json = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object on stdout.", callback=_remember, is_eager=True),
]
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="An ONNX file.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="An output folder of `tinycompile compile`.")]
BoardName = Annotated[
    str, typer.Option("--board", "-b", metavar="B", help="A board that `boards` lists, or a .toml file.")
]
Calib = Annotated[
    Path | None,
    typer.Option("--calib", metavar="F", help="Quantise to int8 with these samples (.npz or .npy)."),
]
InputShapes = Annotated[
    list[str] | None,
    typer.Option(
        "--input-shape", metavar="NAME=D,D,..", help="Shape of an input with free dimensions; repeatable."
    ),
]
Output = Annotated[Path | None, typer.Option("-o", metavar="DIR", help="Output folder; ./NAME without it.")]
PointsFolder = Annotated[
    Path | None,
    typer.Option(
        "-o",
        metavar="DIR",
        help="Write pareto.json and pareto.html here; `report DIR` draws the plans beside its own.",
    ),
]
OptimizeFor = Annotated[Optimize, typer.Option(help="What kernels and compiler flags favour.")]
Edges = Annotated[EdgeType, typer.Option("--io", help="Element type of a quantised model's edges.")]
Regions = Annotated[
    str | None,
    typer.Option(
        "--regions",
        metavar="auto|NAME,..",
        help="Memories for the arena, most wanted first; auto: all in the chip. Without: the default RAM.",
    ),
]
RangesBy = Annotated[Ranges, typer.Option(help="How calibration data become ranges.")]
Percentile = Annotated[
    float, typer.Option(metavar="P", min=50.0, max=100.0, help="Share of the values that `percentile` keeps.")
]
BiasCorrection = Annotated[
    bool, typer.Option("--bias-correction", help="Take the mean error of weights off the biases.")
]
Equalize = Annotated[bool, typer.Option("--equalize", help="Balance weight ranges of neighbouring layers.")]
KeepDeadChannels = Annotated[
    bool, typer.Option("--keep-dead-channels", help="Compute channels that are constant or unread, too.")
]
Samples = Annotated[
    Path | None,
    typer.Option("--input", metavar="F.npz", help="Samples; without it one random sample is used."),
]


def input_shapes(given: Sequence[str] | None) -> dict[str, tuple[int, ...]]:
    """`["x=1,3,96,96"]` as a mapping.

    Raises:
        UsageError: TC706.
    """
    found: dict[str, tuple[int, ...]] = {}
    for text in given or ():
        name, equals, dims = text.rpartition("=")
        parts = dims.replace("x", ",").split(",")
        if not equals or not name or not all(p.strip().isdecimal() and len(p) < 19 for p in parts):
            raise UsageError(
                Diagnostic(
                    TC_OPTION,
                    f"--input-shape {text!r} cannot be read",
                    (text,),
                    "write it as NAME=1,3,96,96",
                )
            )
        found[name] = tuple(int(p) for p in parts)
    return found


@dataclass(frozen=True)
class ModelOptions:
    """What is done with the model before it is planned."""

    calib: Calib = None
    input_shape: InputShapes = None
    io: Edges = EdgeType.native
    ranges: RangesBy = Ranges.minmax
    percentile: Percentile = 99.99
    bias_correction: BiasCorrection = False
    equalize: Equalize = False
    keep_dead_channels: KeepDeadChannels = False

    def choices(self) -> dict[str, Any]:
        """As keywords of `api.compile` and `api.explore`.

        Raises:
            UsageError: TC706.
        """
        return {
            "calib": self.calib,
            "input_shapes": input_shapes(self.input_shape),
            "io": self.io.value,
            "ranges": self.ranges.value,
            "percentile": self.percentile,
            "bias_correction": self.bias_correction,
            "equalize": self.equalize,
            "keep_dead_channels": self.keep_dead_channels,
        }


def region_names(text: str | None) -> tuple[str, ...] | None:
    """`auto` or `dtcm,axi_sram` as names; which of them exist is for the board to say."""
    return None if text is None else tuple(name.strip() for name in text.split(","))


def byte_count(text: str | None, option: str) -> int | None:
    """Bytes from `65536`, `64K`, `64KiB`, `1M` or `1G`; K is 1024.

    Args:
        option: which takes them, for the message.

    Raises:
        UsageError: TC706.
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)\s*([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if match is None or int(match.group(1)) == 0:
        message = f"{option} '{text}' is no number of bytes above 0"
        raise UsageError(Diagnostic(TC_OPTION, message, (text,), "write 65536, 64K or 1M"))
    return int(match.group(1)) * {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}[match.group(2).upper()]
