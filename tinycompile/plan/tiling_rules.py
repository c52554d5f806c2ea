"""Which calls are worth tiling together, from bytes of rows alone."""

from __future__ import annotations

#: Calls that are tiled together, at most.
LONGEST = 4
#: Columns of a tile.
WIDTHS = (2, 4, 8, 16)
#: Rows that are made at once where halos are computed again: more rows share a halo.
BANDS = (1, 2, 3, 4)


def pays(widest: int, result: int, source: int, reach: int) -> bool:
    """Whether tiling may save memory: wide rows vanish, and what is kept instead is narrower.

    Args:
        widest: bytes of a row of the first call's result, the widest of all that are made.
        result, source: bytes of a row of what is made and of what is read.
        reach: most rows that a call behind the first reads for one.
    """
    return 2 * widest >= 3 * result and (reach == 1 or 2 * widest > 3 * source)
