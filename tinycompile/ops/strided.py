"""Views of a dense tensor as sizes and strides, and what every strided kernel needs from them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from tinycompile.ir import DType
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Site, Struct

#: Dimensions that the movement kernels walk after merging (TC_MOVE_RANK).
MOVE_RANK = 8
#: Of the elements that are read: offset of the first, sizes and strides, in elements.
Walk = tuple[int, tuple[int, ...], tuple[int, ...]]


def dense_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """Element strides of a dense row-major tensor."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def merged_strides(sizes: Sequence[int], *strides: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """(sizes, strides, ...) of the same walk with as few dimensions as possible.

    Dimensions of size 1 are dropped, neighbours that every stride list walks evenly are merged. A
    walk of no dimensions stays empty.
    """
    kept: list[tuple[int, ...]] = []
    for entry in zip(sizes, *strides, strict=True):
        size, steps = entry[0], entry[1:]
        if size == 1:
            continue
        if kept and all(outer == inner * size for outer, inner in zip(kept[-1][1:], steps, strict=True)):
            kept[-1] = (kept[-1][0] * size, *steps)
        else:
            kept.append(entry)
    return tuple(tuple(entry[i] for entry in kept) for i in range(len(strides) + 1))


def padded_rank(values: Sequence[int], fill: int) -> tuple[int, ...]:
    """`values` with `fill` put before them up to the rank of the kernels."""
    return (*(fill,) * (MOVE_RANK - len(values)), *values)


def by_width(
    stem: str,
    args: Callable[[Site], tuple[Arg, ...]],
    accepts: Callable[[Site], bool] = lambda site: True,
    cycles: Callable[[Site], float] | None = None,
) -> tuple[Kernel, ...]:
    """The kernels `<stem>_8` to `<stem>_64`, chosen by the element size of operand 0."""
    return tuple(
        Kernel(f"{stem}_{bits}", args, _of_width(bits, accepts), cycles=cycles, dtype="any")
        for bits in (8, 16, 32, 64)
    )


def strided_kernels(walk: Callable[[Site], Walk], per_element: float, per_run: float) -> tuple[Kernel, ...]:
    """The kernels that copy the elements of a walk over operand 0 into a dense result."""

    def args(site: Site) -> tuple[Arg, ...]:
        offset, sizes, strides = walk(site)
        fields = (("size", padded_rank(sizes, 1)), ("stride", padded_rank(strides, 0)), ("offset", offset))
        return (In(0), Out(0), Struct("tc_strided_t", fields))

    def fits(site: Site) -> bool:
        return len(walk(site)[1]) <= MOVE_RANK

    def cycles(site: Site) -> float:
        return walk_cycles(walk(site)[1], per_element, per_run)

    return by_width("tc_strided", args, fits, cycles)


def walk_cycles(sizes: Sequence[int], per_element: float, per_run: float, call: float = 190.0) -> float:
    """Estimated Cortex-M4 cycles of a walk: per element, and per run along the last of its dimensions."""
    return per_element * math.prod(sizes) + per_run * math.prod(sizes[:-1]) + call


def _of_width(bits: int, accepts: Callable[[Site], bool]) -> Callable[[Site], bool]:
    return lambda site: site.ins[0].dtype.itemsize * 8 == bits and accepts(site)


def index_bytes(dtype: DType) -> int:
    """Bytes of an index that the kernels read.

    Raises:
        ValueError: it is neither int32 nor int64.
    """
    if dtype not in (DType.INT32, DType.INT64):
        raise ValueError(f"indices are int32 or int64, not {dtype.value}")
    return dtype.itemsize
