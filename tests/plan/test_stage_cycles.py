"""The estimated cost of driving a stage: events counted on streams worked out by hand."""

from __future__ import annotations

import pytest

from tinycompile.ir import DType, TensorType
from tinycompile.plan.rows import Feed, Links, occupancy
from tinycompile.plan.stage_cycles import Driven, copy_cycles, driven, tile_cycles
from tinycompile.plan.stage_types import Axis, Span, TileBuffer, TileCopy


def _chain(*, fed: bool) -> Links:
    """Four rows through a 1x1 operator and one with a window of three rows, padded by one."""
    feeds = ((Feed(0, 0, 1, 0, 1),), (Feed(0, 1, 1, 1, 3),))
    return Links((4, 4, 4), feeds, fed=(0,) if fed else (), kept=(2,))


def _count(links: Links) -> Driven:
    return driven(links, occupancy(links).capacity, (16, 16, 16))


def test_events_of_a_chain() -> None:
    """Row 0 asks for rows 0 and 1 of the ring, later rows for one more each, the last for none.

    Per row of the result: a look at the ring, per row that is missing one at the source and one more at the
    ring. The ring of three rows is full when its fourth arrives, and drops one: two rows of 16 bytes move.
    """
    found = _count(_chain(fed=False))
    assert (found.passes, found.rows, found.arrivals, found.slides) == (4, 8, 0, 1)
    assert found.checks == 4 + 4 + 4
    assert found.copied == copy_cycles(32)


def test_rows_that_arrive_are_found_again() -> None:
    """Each makes the driver start over: a pass, and the looks down to the source for its place and count."""
    found, still = _count(_chain(fed=True)), _count(_chain(fed=False))
    assert found.arrivals == 4 and found.rows == still.rows
    assert found.passes == still.passes + 4
    assert found.cycles > still.cycles


def test_copies_by_sixteen_four_and_one() -> None:
    sixteen, word, byte = (copy_cycles(n) - copy_cycles(0) for n in (16, 4, 1))
    assert copy_cycles(16 * 3 + 4 * 2 + 3) - copy_cycles(0) == 3 * sixteen + 2 * word + 3 * byte
    assert word < sixteen < 4 * word


def test_tiles_count_every_variant() -> None:
    """Two bands of two rows in three tiles of 4, 4 and 2 pixels of two bytes."""
    bands, columns = Axis(2, 0, 0), Axis(3, 0, 1)
    rows, cols = Span(((0, 2),), 2), Span(((0, 4), (8, 10)), 4)
    buffers = (TileBuffer("x", TensorType((1, 4, 10, 2), DType.INT8), rows, cols, 0),)
    copy = TileCopy(None, 0, rows, cols)
    without = tile_cycles(bands, columns, buffers, (object(),))
    once = tile_cycles(bands, columns, buffers, (object(), copy)) - without
    moved = 4 * (2 * copy_cycles(8) + copy_cycles(4))
    assert once > moved
    assert once - moved == pytest.approx(
        tile_cycles(bands, columns, buffers, (object(), TileCopy(None, 0, Span(((0, 0),), 0), cols)))
        - without
    )
