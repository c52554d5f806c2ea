"""When one piece of code can serve several calls of a kernel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinycompile.ops import Arg, Data, Struct


def alike(variants: Sequence[tuple[Arg, ...]]) -> bool:
    """True when argument lists differ in the contents of parameter blocks only."""
    first = variants[0]
    return all(
        len(v) == len(first) and all(_same(x, y) for x, y in zip(first, v, strict=True)) for v in variants[1:]
    )


def _same(a: Arg, b: Arg) -> bool:
    if isinstance(a, Data) and isinstance(b, Data):
        return a.array is b.array or np.array_equal(a.array, b.array)
    if isinstance(a, Struct) and isinstance(b, Struct):
        return a.ctype == b.ctype
    return a == b
