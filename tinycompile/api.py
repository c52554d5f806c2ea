"""The public functions, with arguments as users have them: paths and arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tinycompile import artifact, compiler
from tinycompile.artifact import Artifact
from tinycompile.compiler import Compilation, EdgeType, Optimize, Options
from tinycompile.data import load_arrays
from tinycompile.frontends import Source
from tinycompile.quantize import QuantizeOptions, RangeMethod
from tinycompile.target import Board

Array = npt.NDArray[np.generic]
Calibration = str | Path | Array | Mapping[str, Array]


def compile(
    model: Source,
    board: str | Board = "host",
    *,
    calib: Calibration | None = None,
    input_shapes: Mapping[str, Sequence[int]] | None = None,
    name: str | None = None,
    optimize: Optimize = "balanced",
    io: EdgeType = "native",
    ram: int | None = None,
    flash: int | None = None,
    weights: str = "internal",
    regions: str | Sequence[str] | None = None,
    ranges: RangeMethod = "minmax",
    percentile: float = 99.99,
    bias_correction: bool = False,
    equalize: bool = False,
    keep_dead_channels: bool = False,
    check: bool = True,
    progress: Callable[[str], None] = lambda stage: None,
) -> Compilation:
    """Compile an ONNX model to C for a board.

    Args:
        model: path, bytes or ModelProto; float32, or int8 as QDQ.
        board: a name that `tinycompile boards` lists, the path of a board file, or a Board.
        calib: quantise a float model to int8 with these samples: the path of an .npz or .npy, an array
            [count, *shape] for a model with one input, or such arrays by input name.
        input_shapes, name: full shapes for inputs with free dimensions; prefix of the C symbols, or None.
        optimize, io: `ram`, `balanced` or `speed`; `native` takes and gives int8 tensors, `float32` converts.
        ram: budget in bytes; parts of the network are streamed row by row until it is met.
        flash, weights: budget in bytes of the default flash; where weights beyond it go, see `Options`.
        regions: memories of the board that may hold the arena, by preference; `auto` for all inside the chip;
            None for the default RAM. Where they do not hold whole tensors, they are a budget like `ram`.
        ranges, percentile: `minmax`, `percentile` (of the values that it keeps, in percent) or `mse`.
        bias_correction, equalize: correct biases by the mean error of weights; balance weight ranges first.
        keep_dead_channels: compute channels of int8 layers even where they are constant or unread.
        check: refuse a result that is larger than the board's memories.
        progress: called with the name of each stage as it starts.

    Raises:
        ModelError, UsageError, TargetError, DoesNotFitError: each with coded diagnostics.
    """
    options = Options(
        name=name,
        optimize=optimize,
        io=io,
        ram=ram,
        flash=flash,
        weights=weights,
        regions=(regions,) if isinstance(regions, str) else None if regions is None else tuple(regions),
        input_shapes={key: tuple(int(d) for d in shape) for key, shape in (input_shapes or {}).items()},
        quantize=QuantizeOptions(ranges, percentile, bias_correction, equalize),
        keep_dead_channels=keep_dead_channels,
    )
    calibration = None if calib is None else _arrays(calib)
    return compiler.compile(
        model, board, calibration=calibration, options=options, check=check, progress=progress
    )


def load(directory: str | Path) -> Artifact:
    """Read an output folder of `tinycompile compile` or `Compilation.save` back.

    Raises:
        UsageError: TC703.
    """
    return artifact.load(Path(directory))


def _arrays(data: Calibration) -> Mapping[str, Array]:
    if isinstance(data, str | Path):
        return load_arrays(data)
    return data if isinstance(data, Mapping) else {"": np.asarray(data)}
