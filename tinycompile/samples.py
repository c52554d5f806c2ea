"""Inputs for when the user gives none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tinycompile.plan.program import Port

SEED = 0


def random_samples(
    ports: Sequence[Port], count: int = 1, seed: int = SEED
) -> dict[str, npt.NDArray[np.generic]]:
    """[count, *shape] per input: normal floats, the whole range of quantised integers, random booleans.

    Integers that stand for themselves may be indices, for which only 0 is safe, so they are 0.
    """
    rng = np.random.default_rng(seed)
    return {port.name: _random(rng, port, count) for port in ports}


def _random(rng: np.random.Generator, port: Port, count: int) -> npt.NDArray[np.generic]:
    dtype, shape = port.type.dtype, (count, *port.source_type.shape)
    if dtype.numpy.kind == "f":
        return rng.standard_normal(shape).astype(dtype.numpy)
    if dtype.numpy.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype.numpy)
    if port.type.quantised:
        low, high = dtype.limits
        return rng.integers(low, high, shape, endpoint=True).astype(dtype.numpy)
    return np.zeros(shape, dtype.numpy)
