"""Packing: hand-made cases, an exhaustive oracle on small ones, and the public minimalloc instances."""

from __future__ import annotations

import csv
import os
import random
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.skips import skip_here
from tinycompile.plan.pack import PackItem, PackResult, pack
from tinycompile.plan.pack_search import Packer
from tinycompile.plan.pack_sections import Timeline, layout, sections_of


def check(items: list[PackItem], result: PackResult) -> None:
    """Assert what every packing must satisfy, item against item."""
    assert len(result.offsets) == len(items)
    for i, (item, offset) in enumerate(zip(items, result.offsets, strict=True)):
        assert offset >= 0
        assert offset % item.align == 0
        assert offset + item.size <= result.peak
        for other, base in zip(items[:i], result.offsets[:i], strict=True):
            apart = item.end <= other.start or other.end <= item.start
            assert apart or offset + item.size <= base or base + other.size <= offset
    assert result.max_load <= result.peak


def least_peak(items: list[PackItem]) -> int:
    """Try every order with each item at its lowest free offset: one of them gives an optimal packing."""
    best = sum(item.size + item.align for item in items)
    for order in permutations(items):
        placed: list[tuple[int, PackItem]] = []
        for item in order:
            near = [(at, p) for at, p in placed if p.start < item.end and item.start < p.end]
            tops = [0, *(-(-(at + p.size) // item.align) * item.align for at, p in near)]
            offset = min(
                top for top in tops if all(top + item.size <= at or at + p.size <= top for at, p in near)
            )
            placed.append((offset, item))
        best = min(best, max((at + p.size for at, p in placed), default=0))
    return best


@st.composite
def item_lists(draw: st.DrawFn, aligns: tuple[int, ...], largest: int = 9) -> list[PackItem]:
    items = []
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, 6))
        size, align = draw(st.integers(0, largest)), draw(st.sampled_from(aligns))
        items.append(PackItem(size, align, start, draw(st.integers(start + 1, 8))))
    return items


@settings(deadline=None)
@given(item_lists(aligns=(1,)))
def test_equals_the_exhaustive_oracle(items: list[PackItem]) -> None:
    result = pack(items)
    check(items, result)
    assert result.proven_optimal
    assert result.peak == least_peak(items)


@settings(deadline=None)
@given(item_lists(aligns=(4,), largest=20))
def test_one_alignment_equals_the_exhaustive_oracle(items: list[PackItem]) -> None:
    result = pack(items)
    check(items, result)
    assert result.proven_optimal
    assert result.peak == least_peak(items)


@settings(deadline=None)
@given(item_lists(aligns=(1, 2, 4, 8), largest=12))
def test_mixed_alignments_equal_the_exhaustive_oracle(items: list[PackItem]) -> None:
    result = pack(items)
    check(items, result)
    assert result.proven_optimal
    assert result.peak == least_peak(items)


@settings(deadline=None)
@given(item_lists(aligns=(1, 2, 4), largest=12), st.sampled_from(("TWA", "TAW", "WAT")))
def test_the_search_alone_decides_every_capacity(items: list[PackItem], heuristic: str) -> None:
    items = [item for item in items if item.size]
    assume(items)
    arranged = layout(Timeline.of(items), heuristic)
    best = least_peak(items)
    below, at = Packer(arranged, best - 1), Packer(arranged, best)
    assert below.solve(node_limit=100_000) is False
    assert at.solve(node_limit=100_000) is True
    assert max(at.offsets[p] + at.layout.size[p] for p in range(len(items))) == best


@settings(deadline=None)
@given(item_lists(aligns=(1, 4)))
def test_a_limit_still_gives_a_valid_packing(items: list[PackItem]) -> None:
    result = pack(items, node_limit=1)
    check(items, result)
    assert not result.proven_optimal or result.peak == least_peak(items)


@pytest.mark.parametrize("bad", [(-1, 1, 0, 1), (1, 0, 0, 1), (1, 1, 2, 2)])
def test_an_impossible_item_is_refused(bad: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="PackItem"):
        PackItem(*bad)


ZOO = Path(os.environ.get("TINYCOMPILE_ZOO", Path(__file__).parents[3] / "shared" / "zoo"))
DATA = ZOO.parent / "data" / "minimalloc"
CAPACITY = 1_048_576


def test_sections_are_the_maximal_sets() -> None:
    items = [PackItem(1, 1, 0, 4), PackItem(1, 1, 1, 2), PackItem(1, 1, 3, 6), PackItem(1, 1, 5, 7)]
    assert sections_of(items) == [{0, 1}, {0, 2}, {2, 3}]


def test_first_fit_reaches_the_bound_of_a_chain() -> None:
    chain = [PackItem(size, 16, i, i + 2) for i, size in enumerate((64, 256, 128, 32))]
    result = pack(chain)
    check(chain, result)
    assert (result.peak, result.max_load, result.proven_optimal, result.nodes) == (384, 384, True, 0)


def test_the_padding_of_the_topmost_item_is_not_counted() -> None:
    items = [PackItem(5, 4, 0, 1), PackItem(6, 4, 0, 1)]
    result = pack(items)
    check(items, result)
    assert (result.peak, result.max_load) == (13, 13)


def perfect_packing(columns: int, height: int) -> list[PackItem]:
    """Tiles that fill a rectangle of ``columns`` steps without a gap: fixed pseudo-random cuts and joins."""
    state = 7
    free = [0] * columns
    items = []
    while min(free) < height:
        start = free.index(min(free))
        level, end = free[start], start
        state = (state * 1103515245 + 12345) % 2**31
        wide, tall = 1 + state % 5, 1 + (state >> 8) % (height // 3)
        while end < columns and free[end] == level and end - start < wide:
            end += 1
        size = min(tall, height - level)
        items.append(PackItem(size, 1, start, end))
        free[start:end] = [level + size] * (end - start)
    return items


def test_the_search_fills_a_rectangle_without_a_gap() -> None:
    items = perfect_packing(columns=12, height=40)
    result = pack(items)
    check(items, result)
    assert result.method == "branch and bound"
    assert (result.peak, result.max_load, result.proven_optimal) == (40, 40, True)
    assert result.nodes < 5_000
    assert result == pack(items)


def test_a_capacity_ends_the_search_early() -> None:
    items = perfect_packing(columns=12, height=40)
    easy = pack(items, capacity=1_000)
    assert (easy.nodes, easy.proven_optimal) == (0, False)
    assert pack(items, capacity=easy.peak - 1).peak < easy.peak


def slices(seed: int, count: int, columns: int, height: int) -> list[PackItem]:
    """Cut a rectangle at random into ``count`` items, which therefore fit its height exactly."""
    rng = random.Random(seed)
    pieces = [(0, columns, 0, height)]
    while len(pieces) < count:
        areas = [(b - a) * (d - c) * rng.random() for a, b, c, d in pieces]
        a, b, c, d = pieces.pop(areas.index(max(areas)))
        if rng.random() < 0.6 and d - c > 1:
            cut = rng.randrange(c + 1, d)
            pieces += [(a, b, c, cut), (a, b, cut, d)]
        elif b - a > 1:
            cut = rng.randrange(a + 1, b)
            pieces += [(a, cut, c, d), (cut, b, c, d)]
        else:
            pieces.append((a, b, c, d))
    return [PackItem(d - c, 1, a, b) for a, b, c, d in pieces]


@pytest.mark.parametrize(
    ("count", "columns", "height"), [(40, 40, 1_000), (80, 60, 10_000), (150, 100, 10**6)]
)
@pytest.mark.parametrize("seed", range(4))
def test_slices_of_a_rectangle_are_packed_into_it(seed: int, count: int, columns: int, height: int) -> None:
    items = slices(seed, count, columns, height)
    result = pack(items)
    check(items, result)
    assert (result.peak, result.max_load, result.proven_optimal) == (height, height, True)


@settings(deadline=None)
@given(item_lists(aligns=(1, 4), largest=12), st.booleans())
def test_a_search_that_jumps_finds_no_packing_where_there_is_none(
    items: list[PackItem], lifted: bool
) -> None:
    items = [item for item in items if item.size]
    assume(items)
    arranged = layout(Timeline.of(items), "TWA")
    best = least_peak(items)
    assert not Packer(arranged, best - 1, jumps=True, lifted=lifted).solve(node_limit=10_000)


def test_jumps_reach_the_cause_of_a_dead_end_sooner() -> None:
    """Two independent slices at once: what went wrong in one is not undone by changing the other."""
    left, right = slices(16, 60, 40, 4_000), slices(17, 60, 40, 4_000)
    bridge = PackItem(1, 1, 0, 80)
    items = [*left, *(PackItem(i.size, 1, i.start + 40, i.end + 40) for i in right), bridge]
    arranged = layout(Timeline.of(items), "TWA")
    plain, jumping = Packer(arranged, 4_001), Packer(arranged, 4_001, jumps=True)
    assert plain.solve(node_limit=20_000)
    assert jumping.solve(node_limit=20_000)
    assert jumping.nodes < plain.nodes / 10


def instance(name: str) -> list[PackItem]:
    path = DATA / f"{name}.{CAPACITY}.csv"
    if not path.is_file():
        skip_here(f"{path} is missing: TINYCOMPILE_ZOO names the folder beside data/minimalloc")
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return [PackItem(int(row["size"]), 1, int(row["lower"]), int(row["upper"])) for row in rows]


@pytest.mark.parametrize(
    ("name", "nodes"),
    [
        ("B", 10_000),
        ("C", 10_000),
        ("F", 1_000),
        ("I", 10_000),
        ("J", 1_000),
        ("K", 10_000),
        *(pytest.param(name, 75_000, marks=pytest.mark.slow) for name in ("A", "D", "E", "G", "H")),
    ],
)
def test_minimalloc_instances_fit_their_capacity(name: str, nodes: int) -> None:
    items = instance(name)
    result = pack(items, capacity=CAPACITY)
    check(items, result)
    assert result.peak <= CAPACITY
    assert result.nodes <= nodes


@pytest.mark.parametrize("name", ["B", "C", "F", "G", "J", "K", pytest.param("I", marks=pytest.mark.slow)])
def test_they_fit_backwards_in_time_and_in_other_units(name: str) -> None:
    items = [PackItem(3 * item.size, 1, -item.end, -item.start) for item in instance(name)]
    result = pack(items, capacity=3 * CAPACITY)
    check(items, result)
    assert result.peak <= 3 * CAPACITY
