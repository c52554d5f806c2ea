"""Bands that end where their readers need it, and rings that lie in each other: rows followed by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from tinycompile.plan.rows import Feed, Links, occupancy

_HEIGHT = 25


def _chain(layers: int, band: int, shorts: tuple[int, ...]) -> Links:
    """A whole source, and 3x3 windows in bands one behind the other; the last result is kept."""
    feeds = tuple((Feed(0, ring, band, 1 + short, band + 2),) for ring, short in enumerate(shorts))
    heights = (_HEIGHT,) * (layers + 1)
    return Links(heights, feeds, kept=(layers,), bands=(band,) * layers, shorts=shorts)


def _in_step(layers: int, band: int) -> Links:
    """The last bands begin at row 0; those before them end one row further each."""
    return _chain(layers, band, tuple(-(layers - 1 - layer) % band for layer in range(layers)))


@pytest.mark.parametrize("band", [2, 3, 4, 8])
def test_a_ring_holds_one_band_and_what_the_window_adds(band: int) -> None:
    apart, together = occupancy(_chain(4, band, (0,) * 4)), occupancy(_in_step(4, band))
    assert apart.capacity[1:4] == (2 * band + 1,) * 3
    assert together.capacity[1:4] == (band + 2,) * 3


@pytest.mark.parametrize("band", [2, 3, 4])
def test_bands_cover_all_rows_once(band: int) -> None:
    links = _in_step(4, band)
    for ring in range(1, 5):
        ends, numbers = [0], []
        while ends[-1] < _HEIGHT:
            numbers.append(links.number(ring, ends[-1]))
            ends.append(links.after(ring, ends[-1]))
        assert numbers == list(range(len(numbers)))
        sizes = [b - a for a, b in pairwise(ends)]
        assert sizes[0] == band - links.short(ring) and set(sizes[1:-1]) <= {band}


def test_a_row_is_there_when_it_is_read() -> None:
    """Replayed with row numbers in the places of the rings, which slide early or late."""
    plain = _in_step(4, 4)
    for links in (plain, replace(plain, eager=(1,), high=(2, 3)), replace(plain, eager=(1, 2, 3))):
        found = occupancy(links)
        made, base = links.start(), [-place for place in links.first_places(found.capacity)]
        for ring in found.made:
            end = links.after(ring, made[ring])
            if end - base[ring] > found.capacity[ring]:
                base[ring] = links.first_needed(ring, made)
            assert made[ring] - base[ring] >= 0 and end - base[ring] <= found.capacity[ring]
            (feed,) = links.feeds[ring - 1]
            low, high = feed.rows(links.number(ring, made[ring]), _HEIGHT)
            assert base[feed.ring] <= low and high <= made[feed.ring]
            made[ring] = end
            for other in links.slide_after(ring):
                base[other] = max(base[other], links.first_needed(other, made))
        assert made == [_HEIGHT] * 5


def test_early_and_late_rings_keep_their_rows_at_either_end() -> None:
    """Between two bands: the rows of windows lie at the bottom of an eager ring, at the top of any other."""
    plain = _in_step(4, 4)
    links = replace(plain, eager=(1,), high=(2, 3))
    found = occupancy(links)
    middle = found.steps // 2
    for ring, waiting in ((1, (0, 2)), (2, (4, 6)), (3, (4, 6))):
        places = {(low, high) for start, end, low, high in found.uses[ring] if start <= middle < end}
        spans = {(low, high) for start, _, low, high in found.uses[ring] if 8 < start < found.steps - 8}
        assert places <= spans and spans == {(0, 6), waiting}
