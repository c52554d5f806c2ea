"""The public functions, with arguments as users have them: paths and arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypedDict, Unpack

import numpy as np
import numpy.typing as npt

from tinycompile import artifact, compiler, exploration
from tinycompile.artifact import Artifact
from tinycompile.compiler import Compilation, EdgeType, Optimize, Options, WeightsInRam
from tinycompile.data import load_arrays
from tinycompile.exploration import Exploration
from tinycompile.frontends import Source
from tinycompile.measure import measure
from tinycompile.plan.rules import Edge, StageKind
from tinycompile.quantize import QuantizeOptions, RangeMethod
from tinycompile.target import Board

Array = npt.NDArray[np.generic]
Calibration = str | Path | Array | Mapping[str, Array]


class Choices(TypedDict, total=False):
    """What `compile` and `explore` can be told; every key may be left out.

    Attributes:
        calib: quantise a float model to int8 with these samples: the path of an .npz or .npy, an array
            [count, *shape] for a model with one input, or such arrays by input name.
        input_shapes: full shapes for inputs with free dimensions.
        name: prefix of the C symbols; None derives it from the file name.
        optimize: `ram`, `balanced` (the default) or `speed`.
        io: `native` takes and gives the int8 tensors of a quantised model, `float32` converts at the edges.
        ram: budget in bytes for arena and context; the fastest plan that meets it by the cost model.
        flash: budget in bytes for weights and code; without a compiler for the board, the weights alone.
        weights: where those go for which the default flash, or its budget, has no room: `internal` (nowhere,
            the default), the name of a memory-mapped external flash (`qspi` for the only one), or `fetch` (a
            file that the application reads through callbacks). Not for `explore`.
        weights_in_ram: `auto` lets start-up code copy the weights that are read most from a flash with wait
            states into what is left of the default RAM, or of `ram`; `off` is the default. Not for `explore`.
        stages: which stages a plan may have: `auto` (the default), `whole`, `stream` or `patch`.
        recompute: most multiply-accumulates that may be executed again, in percent; None for any number.
        patches: (rows, columns) of patches, with `stages` patch; None lets the planner choose.
        split: number of calls in the patch stage, with `stages` patch; None lets the planner choose.
        input: `rows` lets the application give the first input row by row, so that it is never in RAM whole.
        output: `rows` lets it take the first output row by row.
        regions: memories of the board that may hold the arena, in order of preference; `auto` for all inside
            the chip, fastest first; None for the default RAM. Where they do not hold whole tensors, they are
            a budget like `ram`. Not for `explore`.
        ranges: how calibration data become ranges: `minmax` (the default), `percentile` or `mse`.
        percentile: share of the values that `percentile` keeps, in percent; 99.99 without it.
        bias_correction: take the mean error of quantised weights off the biases.
        equalize: balance the weight ranges of neighbouring layers first.
        keep_dead_channels: compute channels of int8 layers even where they are constant or unread.
    """

    calib: Calibration | None
    input_shapes: Mapping[str, Sequence[int]] | None
    name: str | None
    optimize: Optimize
    io: EdgeType
    ram: int | None
    flash: int | None
    weights: str
    weights_in_ram: WeightsInRam
    stages: Literal["auto", "whole", "stream", "patch"]
    recompute: float | None
    patches: tuple[int, int] | None
    split: int | None
    input: Literal["ram", "rows"]
    output: Literal["ram", "rows"]
    regions: str | Sequence[str] | None
    ranges: RangeMethod
    percentile: float
    bias_correction: bool
    equalize: bool
    keep_dead_channels: bool


def compile(
    model: Source,
    board: str | Board = "host",
    *,
    check: bool = True,
    progress: Callable[[str], None] = lambda stage: None,
    **choices: Unpack[Choices],
) -> Compilation:
    """Compile an ONNX model to C for a board.

    Args:
        model: path, bytes or ModelProto; float32, or int8 as QDQ.
        board: a name that `tinycompile boards` lists, the path of a board file, or a Board.
        check: refuse a result that is larger than the board's memories.
        progress: called with the name of each stage as it starts.
        choices: `Choices` as keywords.

    Raises:
        ModelError, UsageError, TargetError, DoesNotFitError: each with coded diagnostics.
    """
    options = _options(choices)
    calibration = _samples(choices.get("calib"))
    compilation = compiler.compile(
        model, board, calibration=calibration, options=options, check=check, progress=progress
    )
    if options.flash is not None:
        progress("measure code")
        measure(compilation)
    return compilation


def explore(
    model: Source,
    board: str | Board = "host",
    *,
    progress: Callable[[str], None] = lambda stage: None,
    count: Callable[[int, int], None] = lambda done, total: None,
    **choices: Unpack[Choices],
) -> Exploration:
    """The plans of a model that are worth choosing from: less RAM for more work.

    Args:
        model, board, progress, choices: as for `compile`. `ram` says which plan is marked as chosen; without
            it the board's RAM does.
        count: called with the number of candidates that were tried, and of all.

    Raises:
        ModelError, UsageError, TargetError: each with coded diagnostics.
    """
    calibration = _samples(choices.get("calib"))
    return exploration.explore(
        model, board, calibration=calibration, options=_options(choices), progress=progress, count=count
    )


def load(directory: str | Path) -> Artifact:
    """Read an output folder of `tinycompile compile` or `Compilation.save` back.

    Raises:
        UsageError: TC703.
    """
    return artifact.load(Path(directory))


def _options(choices: Choices) -> Options:
    recompute, shapes = choices.get("recompute"), choices.get("input_shapes") or {}
    regions = choices.get("regions")
    return Options(
        name=choices.get("name"),
        optimize=choices.get("optimize", "balanced"),
        io=choices.get("io", "native"),
        ram=choices.get("ram"),
        flash=choices.get("flash"),
        weights=choices.get("weights", "internal"),
        weights_in_ram=choices.get("weights_in_ram", "off"),
        stages=StageKind(choices.get("stages", "auto")),
        recompute=math.inf if recompute is None else recompute / 100,
        patches=choices.get("patches"),
        split=choices.get("split"),
        input=Edge(choices.get("input", "ram")),
        output=Edge(choices.get("output", "ram")),
        regions=(regions,) if isinstance(regions, str) else None if regions is None else tuple(regions),
        input_shapes={key: tuple(int(d) for d in shape) for key, shape in shapes.items()},
        quantize=QuantizeOptions(
            choices.get("ranges", "minmax"),
            choices.get("percentile", 99.99),
            choices.get("bias_correction", False),
            choices.get("equalize", False),
        ),
        keep_dead_channels=choices.get("keep_dead_channels", False),
    )


def _samples(data: Calibration | None) -> Mapping[str, Array] | None:
    if data is None:
        return None
    if isinstance(data, str | Path):
        return load_arrays(data)
    return data if isinstance(data, Mapping) else {"": np.asarray(data)}
