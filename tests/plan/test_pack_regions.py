"""Packing into several memories: valid, complete where it can be, hot shapes in the fast memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinycompile.plan.pack import PackItem, pack
from tinycompile.plan.pack_regions import Memory, RegionPacking, pack_regions
from tinycompile.plan.pack_shapes import Shape

STEPS = 6


def buffer(size: int, start: int, end: int) -> Shape:
    """A plain buffer, aligned to 8."""
    return Shape(size, 8, ((start, end, 0, size),))


@st.composite
def shapes(draw: st.DrawFn, most: int = 8) -> list[Shape]:
    found = []
    for _ in range(draw(st.integers(1, most))):
        start = draw(st.integers(0, STEPS - 1))
        end = draw(st.integers(start + 1, STEPS))
        size = 8 * draw(st.integers(1, 12))
        if end - start > 1 and draw(st.booleans()):
            middle = draw(st.integers(start + 1, end - 1))
            low = 8 * draw(st.integers(0, size // 8 - 1))
            found.append(Shape(size, 8, ((start, middle, 0, size), (middle, end, low, size))))
        else:
            found.append(buffer(size, start, end))
    return found


def check(
    found: RegionPacking, given_: Sequence[Shape], heat: Sequence[int], memories: Sequence[Memory]
) -> None:
    """Nothing overlaps, offsets are aligned, the figures are those of the offsets."""
    for memory in range(len(memories)):
        inside = [i for i in range(len(given_)) if found.home[i] == memory]
        ends = [found.offsets[i] + given_[i].size for i in inside]
        assert found.used[memory] == max(ends, default=0)
        for step in range(STEPS):
            taken: set[int] = set()
            for i in inside:
                for start, end, low, high in given_[i].spans:
                    if start <= step < end:
                        here = set(range(found.offsets[i] + low, found.offsets[i] + high))
                        assert not taken & here
                        taken |= here
    assert all(offset % shape.align == 0 for offset, shape in zip(found.offsets, given_, strict=True))
    assert found.cost == sum(h * memories[m].cost for h, m in zip(heat, found.home, strict=True))
    over = [u > m.capacity for u, m in zip(found.used, memories, strict=True)]
    assert any(over) == bool(found.unplaced) == (not found.fits)
    assert all(over[found.home[i]] for i in found.unplaced)


@given(shapes(), st.data())
@settings(max_examples=80, deadline=None)
def test_valid_grouped_and_the_same_again(given_: list[Shape], data: st.DataObject) -> None:
    count = len(given_)
    heat = data.draw(st.lists(st.integers(0, 1000), min_size=count, max_size=count))
    sizes = data.draw(st.lists(st.integers(0, 30), min_size=1, max_size=3))
    memories = [Memory(8 * size, cost) for cost, size in enumerate(sizes)]
    groups = data.draw(st.lists(st.lists(st.integers(0, count - 1), min_size=1, max_size=3), max_size=2))
    found = pack_regions(given_, heat, groups, memories)
    check(found, given_, heat, memories)
    for group in groups:
        assert len({found.home[i] for i in group}) == 1
    assert pack_regions(given_, heat, groups, memories) == found


@given(shapes(most=5), st.data())
@settings(max_examples=60, deadline=None)
def test_plain_buffers_cost_what_exhaustion_says(given_: list[Shape], data: st.DataObject) -> None:
    """Every assignment of a few buffers to two or three memories, each packed exactly."""
    plain = [buffer(s.size, s.start, s.end) for s in given_]
    heat = data.draw(st.lists(st.integers(1, 50), min_size=len(plain), max_size=len(plain)))
    sizes = data.draw(st.lists(st.integers(1, 16), min_size=2, max_size=3))
    memories = [Memory(8 * size, cost) for cost, size in enumerate(sizes)]
    best = _exhaustive(plain, heat, memories)
    found = pack_regions(plain, heat, [], memories)
    check(found, plain, heat, memories)
    assert found.fits == (best is not None)
    if best is not None:
        assert found.cost == best
    assert found.proven


def _exhaustive(given_: list[Shape], heat: Sequence[int], memories: Sequence[Memory]) -> int | None:
    best: int | None = None
    for home in product(range(len(memories)), repeat=len(given_)):
        for index, memory in enumerate(memories):
            items = [
                PackItem(s.size, s.align, s.start, s.end)
                for s, h in zip(given_, home, strict=True)
                if h == index
            ]
            if items and pack(items).peak > memory.capacity:
                break
        else:
            cost = sum(h * memories[m].cost for h, m in zip(heat, home, strict=True))
            best = cost if best is None else min(best, cost)
    return best


@pytest.mark.parametrize("seed", range(12))
def test_full_memories_are_found(seed: int) -> None:
    """Memories that are cut into buffers at every step: there is a solution, and hardly any slack."""
    dice = Random(seed)
    memories = [Memory(8 * dice.randint(10, 16), cost) for cost in range(3)]
    given_, step = [], 0
    while step < STEPS:
        length = min(dice.randint(1, 3), STEPS - step)
        for memory in memories:
            left = memory.capacity
            while left:
                size = min(8 * dice.randint(2, 8), left)
                given_.append(buffer(size, step, step + length))
                left -= size
        step += length
    dice.shuffle(given_)
    heat = [dice.randint(1, 99) * s.size for s in given_]
    found = pack_regions(given_, heat, [], memories)
    check(found, given_, heat, memories)
    assert found.fits


def test_the_hottest_must_give_way_to_what_fits_nowhere_else() -> None:
    """First fit by heat puts the hot small buffer into the large fast memory, where the big one has to go."""
    given_ = [buffer(64, 0, 2), buffer(512, 0, 2), buffer(448, 0, 2)]
    memories = [Memory(512, 0), Memory(512, 1)]
    found = pack_regions(given_, [10_000, 10, 20], [], memories)
    assert found.fits and found.proven
    assert found.home == (0, 1, 0)
    tight = [Memory(560, 0), Memory(64, 1)]
    found = pack_regions([buffer(64, 0, 2), buffer(560, 0, 2)], [10_000, 10], [], tight)
    assert found.fits
    assert found.home == (1, 0)


@given(shapes())
@settings(max_examples=40, deadline=None)
def test_one_memory_where_everything_fits_into_the_fastest(given_: list[Shape]) -> None:
    room = sum(s.size for s in given_)
    found = pack_regions(given_, [1] * len(given_), [], [Memory(room, 0), Memory(8 * room, 1)])
    assert set(found.home) == {0}
    assert found.used[1] == 0 and found.cost == 0 and found.proven


def test_the_hot_ones_are_in_the_fast_memory() -> None:
    given_ = [buffer(128, 0, 4) for _ in range(6)]
    heat = [5, 900, 7, 800, 3, 700]
    found = pack_regions(given_, heat, [], [Memory(384, 0), Memory(384, 1)])
    assert [i for i, home in enumerate(found.home) if home == 0] == [1, 3, 5]


def test_what_does_not_fit_is_named() -> None:
    given_ = [buffer(256, 0, 1), buffer(1000, 0, 1), buffer(64, 1, 2)]
    memories = [Memory(256, 0), Memory(896, 1)]
    found = pack_regions(given_, [1, 1, 1], [], memories)
    assert found.unplaced == (1,)
    assert found.proven
    assert found.used[found.home[1]] - memories[found.home[1]].capacity == 104
    check(found, given_, [1, 1, 1], memories)


def test_a_total_keeps_buffers_together() -> None:
    """Apart they take 200 bytes although never more than 104 are alive."""
    given_ = [buffer(96, 0, 1), buffer(104, 1, 2)]
    memories = [Memory(96, 0), Memory(512, 1)]
    assert sum(pack_regions(given_, [9, 1], [], memories).used) == 200
    together = pack_regions(given_, [9, 1], [], memories, total=150)
    assert together.used == (0, 104) and together.fits


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="heat"):
        pack_regions([buffer(8, 0, 1)], [], [], [Memory(8, 0)])
    with pytest.raises(ValueError, match="negative"):
        Memory(-1, 0)
