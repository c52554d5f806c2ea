"""onnxruntime as reference, and comparisons in quantisation steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tinycompile.artifact import load
from tinycompile.compiler import Compilation
from tinycompile.execution import execute
from tinycompile.frontends.onnx_session import ReferenceSession
from tinycompile.ir import TensorType
from tinycompile.numeric import dequantize

Array = npt.NDArray[Any]


def onnxruntime_outputs(path: Path, samples: dict[str, Array]) -> list[Array]:
    """Per output [samples, *shape]; `samples` are [count, *shape] by input name, graph optimisations off."""
    session = ReferenceSession(path)
    count = len(next(iter(samples.values())))
    rows = [session.run({n: a[i] for n, a in samples.items()}) for i in range(count)]
    return [np.stack([row[name] for row in rows]) for name in session.output_names]


def random_samples(compilation: Compilation, count: int, seed: int = 0) -> dict[str, Array]:
    """Random data of the source model's own input types: floats in [0, 1), int8 over the full range."""
    rng = np.random.default_rng(seed)
    found = {}
    for name in compilation.imported.inputs:
        type_ = compilation.imported.type(name)
        shape = (count, *type_.shape)
        if type_.dtype.is_integer:
            low, high = type_.dtype.limits
            found[name] = rng.integers(low, high + 1, shape).astype(type_.dtype.numpy)
        else:
            found[name] = rng.uniform(0, 1, shape).astype(np.float32)
    return found


def on_host(compilation: Compilation, samples: dict[str, Array], folder: Path) -> list[Array]:
    """Outputs of the compiled C on this machine, [samples, *shape] per output."""
    artifact = load(compilation.save(folder / compilation.program.name))
    _, outputs = execute(artifact, "host", samples)
    return [outputs[p.name] for p in compilation.program.outputs]


def as_reals(array: Array, type_: TensorType) -> Array:
    """Outputs in the units of the source model."""
    return dequantize(array, type_.quant.scale0, type_.quant.zero0) if type_.quant else array


def steps_apart(got: Array, want: Array, type_: TensorType) -> Array:
    """Differences of quantised outputs in steps; a float reference is divided by the scale."""
    if want.dtype.kind == "i":
        return np.abs(got.astype(np.int64) - want.astype(np.int64))
    assert type_.quant is not None
    return np.rint(np.abs(as_reals(got, type_) - want) / type_.quant.scale0).astype(np.int64)
