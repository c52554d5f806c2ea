"""Packing: hand-made cases, an exhaustive oracle on small ones, and the public minimalloc instances."""

from __future__ import annotations

import csv
import os
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

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


DATA = Path(os.environ.get("TINYCOMPILE_DATA", Path(__file__).parents[3] / "shared" / "data")) / "minimalloc"
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


@pytest.mark.parametrize(
    ("name", "nodes"),
    [
        ("F", 1_000),
        ("J", 1_000),
        *(pytest.param(name, 50_000, marks=pytest.mark.slow) for name in ("A", "C", "D", "G", "H", "K")),
    ],
)
def test_minimalloc_instances_fit_their_capacity(name: str, nodes: int) -> None:
    path = DATA / f"{name}.{CAPACITY}.csv"
    if not path.is_file():
        pytest.skip(f"{path} is missing: set TINYCOMPILE_DATA to the folder that holds minimalloc/")
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    items = [PackItem(int(row["size"]), 1, int(row["lower"]), int(row["upper"])) for row in rows]
    result = pack(items, capacity=CAPACITY)
    check(items, result)
    assert result.peak <= CAPACITY
    assert result.nodes <= nodes
