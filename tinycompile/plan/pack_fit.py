"""First-fit packings: fast, and on most networks already at the max-load bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from tinycompile.plan.pack_types import PackItem

_Key = Callable[[PackItem], tuple[int, ...]]

#: The orders in which first fit is tried; earlier ones win ties.
_ORDERS: dict[str, _Key] = {
    "size": lambda item: (-item.size, item.start),
    "area": lambda item: (-item.size * (item.end - item.start), item.start),
    "lifetime": lambda item: (item.start - item.end, -item.size),
    "start": lambda item: (item.start, -item.size),
    "end": lambda item: (-item.end, -item.size),
}


def max_load(items: Sequence[PackItem]) -> int:
    """Return the largest sum of the sizes that are alive at one step, sizes padded to the common alignment.

    With one alignment for all, every item but the topmost of a step occupies its padded size; the topmost
    may leave its padding out, so the smallest possible saving is given back.
    """
    best = 0
    for step in {item.start for item in items}:
        alive = [item for item in items if item.start <= step < item.end]
        unit = math.gcd(*(item.align for item in alive))
        padded = [-(-item.size // unit) * unit for item in alive]
        slack = max((p - item.size for p, item in zip(padded, alive, strict=True)), default=0)
        best = max(best, sum(padded) - slack)
    return best


def first_fit(items: Sequence[PackItem], order: Sequence[int]) -> tuple[int, ...]:
    """Place the items in ``order``, each at its lowest free offset; returns one offset per item."""
    offsets = [0] * len(items)
    placed: list[int] = []
    for index in order:
        item = items[index]
        offset = 0
        for other in placed:
            below = items[other]
            if below.start >= item.end or item.start >= below.end:
                continue
            if offsets[other] >= offset + item.size:
                break
            offset = max(offset, align_up(offsets[other] + below.size, item.align))
        offsets[index] = offset
        placed.append(index)
        placed.sort(key=offsets.__getitem__)
    return tuple(offsets)


def first_fits(items: Sequence[PackItem]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield (name of the order, offsets) for every first-fit order."""
    for name, key in _ORDERS.items():
        order = sorted(range(len(items)), key=lambda index, key=key: (*key(items[index]), index))  # type: ignore[misc]
        yield f"first fit by {name}", first_fit(items, order)


def peak_of(items: Sequence[PackItem], offsets: Sequence[int]) -> int:
    """Return the bytes of the arena that the offsets need."""
    return max((offset + item.size for item, offset in zip(items, offsets, strict=True)), default=0)


def align_up(value: int, align: int) -> int:
    """Return the least multiple of ``align`` that is not below ``value``."""
    return -(-value // align) * align
