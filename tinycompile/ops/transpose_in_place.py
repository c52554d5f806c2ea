"""The kernels of transposes of a matrix in its own place.

Every element moves along a cycle of places (Windley, "Transposing matrices in a digital computer", 1959).
One place of each cycle is found beforehand, so the kernels need neither marks nor a search. An image that
arrives as planes so becomes one of pixels without a second image beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from tinycompile.ops.kernel import Arg, Data, In, Kernel, Out, Purpose, Site, Struct
from tinycompile.ops.layout import Transpose, merged
from tinycompile.ops.registry import kernels

#: Smaller tensors are not worth the time; more cycles than a share of the elements are not worth the flash.
_LEAST, _SHARE = 1024, 64


@lru_cache(maxsize=64)
def cycle_starts(rows: int, columns: int) -> np.ndarray:
    """int32: the lowest place of every cycle of more than one place, for a matrix [rows][columns]."""
    places = np.arange(rows * columns)
    source = places % rows * columns + places // rows
    lowest, ahead = places.copy(), source
    for _ in range(math.ceil(math.log2(len(places)))):
        # The lowest of twice as many places along the cycle.
        lowest, ahead = np.minimum(lowest, lowest[ahead]), ahead[ahead]
    return np.asarray(places[(lowest == places) & (source != places)], np.int32)


def _matrix(site: Site) -> tuple[int, int] | None:
    """(rows, columns) of the operand, where the result is its transpose."""
    assert isinstance(site.op, Transpose)
    sizes, perm = merged(site.ins[0].shape, site.op.perm)
    return (sizes[0], sizes[1]) if perm == (1, 0) else None


def _takes(itemsize: int) -> Callable[[Site], bool]:
    def accepts(site: Site) -> bool:
        x, matrix = site.ins[0], _matrix(site)
        if matrix is None or x.dtype.itemsize != itemsize or x.elements < _LEAST:
            return False
        return len(cycle_starts(*matrix)) * _SHARE <= x.elements

    return accepts


def _args(site: Site) -> tuple[Arg, ...]:
    matrix = _matrix(site)
    assert matrix is not None
    starts = cycle_starts(*matrix)
    sizes = (("rows", matrix[0]), ("columns", matrix[1]), ("cycles", len(starts)))
    return (In(0), Out(0), Data(starts, "cycles", Purpose.TABLE), Struct("tc_cycles_t", sizes))


def _cycles(site: Site) -> float:
    """Estimated Cortex-M4 cycles: per element, a division included."""
    return 19.0 * site.ins[0].elements + 60.0


kernels(
    Transpose,
    *(
        Kernel(
            f"tc_transpose_in_place_{bits}",
            _args,
            _takes(bits // 8),
            in_place=lambda site: ((0, 0),),
            cycles=_cycles,
            aliased=True,
            dtype="any",
        )
        for bits in (8, 32)
    ),
)
